"""Stage messages: validated_recipients become messages."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.messages import SCHEMA
from mensageria_pipeline.defs.metadata import lineage, masked_preview, table_metadata, table_schema
from mensageria_pipeline.defs.progress import rows_progress
from mensageria_pipeline.defs.shell import (
    CHECKS,
    OWNERS,
    campaigns,
    definition_of,
    failed_check,
    partition_of,
    passed,
    readable_errors,
)
from mensageria_pipeline.errors import ContractError, TemplateError
from mensageria_pipeline.messages.plan import plan_messages
from mensageria_pipeline.project import Project

_ASSET = Asset.MESSAGES.value
_SOURCES = {
    "message_id": ["person", "channel", "revision"],
    "title": ["fields"],
    "body": ["fields"],
    "data": ["fields"],
}


@dg.asset(
    key=_ASSET, deps=[Asset.VALIDATED_RECIPIENTS.value], group_name="messages", partitions_def=campaigns, owners=OWNERS,
    kinds={"python", "parquet"}, check_specs=CHECKS[_ASSET],
    description=(
        "**Mensagens**: 1 row per message, rendered, with the name that it keeps for ever. Correcting the template "
        "changes what pending messages say and sends nothing again."
    ),
)  # fmt: skip
def messages(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        try:
            with project.preparation_lock(partition.key):
                report = plan_messages(
                    project.layout, partition, definition_of(project, partition), project.ledger.key,
                    rows_progress(context, project, partition, Asset.MESSAGES),
                )  # fmt: skip
        except (TemplateError, ContractError) as error:
            if result := failed_check(error, _ASSET):
                yield result
            raise
        path = project.layout.table(Asset.MESSAGES, partition.key)
        shown = ["message_id", "row_number", "channel", "address", "provider", "mode", "problem"]
        same = {name: [name] for name in ("intake", "row_number", "person", "channel", "address")}
        yield dg.MaterializeResult(
            metadata=table_metadata(report.stamp.row_count, path, masked_preview(path, shown, ["address"]))
            | {
                "dagster/column_schema": table_schema(SCHEMA),
                "dagster/column_lineage": lineage(Asset.VALIDATED_RECIPIENTS, same | _SOURCES),
                "provedores": dict(report.providers),
                "sem texto (não serão enviadas)": report.problems,
            }
        )
        yield passed("placeholders", _ASSET, campos=", ".join(report.placeholders) or "—")
        yield passed("rows_conserved", _ASSET, mensagens=report.stamp.row_count)
