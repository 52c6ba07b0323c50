"""Stage messages: validated_recipients become messages."""

from collections.abc import Iterator, Sequence

import dagster as dg

from mensageria_pipeline.contracts.messages import SCHEMA
from mensageria_pipeline.defs.common_specs import (
    CHECKS,
    OWNERS,
    campaigns,
    definition_of,
    describe,
    failed_check,
    partition_of,
    passed,
    readable_errors,
)
from mensageria_pipeline.defs.metadata import lineage, markdown_table, masked_preview, table_metadata, table_schema
from mensageria_pipeline.defs.progress import rows_progress
from mensageria_pipeline.errors import ContractError, TemplateError
from mensageria_pipeline.sending.leaving import Leaving, leaving
from mensageria_pipeline.services.preparation import plan_campaign
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.release import note_planned
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say

_ASSET = Asset.MESSAGES.value
_SOURCES = {
    "message_id": ["person", "channel", "revision"],
    "title": ["fields"],
    "body": ["fields"],
    "data": ["fields"],
}


@dg.asset(
    key=_ASSET,
    deps=[Asset.VALIDATED_RECIPIENTS.value],
    group_name="messages",
    partitions_def=campaigns,
    owners=OWNERS,
    kinds={"python", "parquet"},
    check_specs=CHECKS[_ASSET],
    description=describe("description_messages"),
)
def messages(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        try:
            with project.preparation_lock(partition.key):
                summary = plan_campaign(
                    project.layout,
                    project.ledger,
                    partition,
                    definition_of(project, partition),
                    rows_progress(context, project, partition, Asset.MESSAGES),
                )
        except (TemplateError, ContractError) as error:
            if result := failed_check(error, _ASSET):
                yield result
            raise
        note_planned(partition.key, summary.stamp.fingerprint)
        path = project.layout.table(Asset.MESSAGES, partition.key)
        shown = ["message_id", "row_number", "channel", "address", "provider", "mode", "problem"]
        same = {name: [name] for name in ("intake", "row_number", "person", "channel", "address")}
        yield dg.MaterializeResult(
            metadata=table_metadata(summary.stamp.row_count, path, masked_preview(path, shown, ["address"]))
            | {
                "dagster/column_schema": table_schema(SCHEMA),
                "dagster/column_lineage": lineage(Asset.VALIDATED_RECIPIENTS, same | _SOURCES),
                say("meta_fingerprint"): summary.stamp.fingerprint,
                say("meta_would_leave"): _would_leave(leaving(path, project.ledger.journal(partition.key))),
                say("meta_providers"): dict(summary.providers),
                say("meta_without_text"): summary.problems,
            }
        )
        yield passed("placeholders", _ASSET, {say("meta_fields"): ", ".join(summary.placeholders) or "—"})
        yield passed("rows_conserved", _ASSET, {say("meta_messages"): summary.stamp.row_count})


def _would_leave(found: Sequence[Leaving]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(
        markdown_table(
            [say("meta_provider"), say("meta_channel"), say("meta_mode"), say("meta_messages")],
            [
                (each.provider, say(f"channel_{each.channel}"), say(f"mode_{each.mode}"), each.messages)
                for each in found
            ],
        )
    )
