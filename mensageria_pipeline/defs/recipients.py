"""Stage recipients: raw_base becomes validated_recipients and rejected_recipients."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.recipients import RejectedRecipients, ValidatedRecipients
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
from mensageria_pipeline.defs.metadata import counts_table, lineage, masked_preview, table_metadata, table_schema
from mensageria_pipeline.defs.progress import rows_progress
from mensageria_pipeline.errors import ContractError
from mensageria_pipeline.recipients.validate import RecipientsSummary
from mensageria_pipeline.reports.rejects import Rejects, write_rejects
from mensageria_pipeline.services.kept_receipts import apply_receipts
from mensageria_pipeline.services.preparation import judge_recipients, take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say

_VALIDATED, _REJECTED = Asset.VALIDATED_RECIPIENTS.value, Asset.REJECTED_RECIPIENTS.value


def _spec(name: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        name,
        deps=[Asset.RAW_BASE.value, Asset.SUPPRESSIONS.value],
        group_name="recipients",
        partitions_def=campaigns,
        owners=OWNERS,
        kinds={"python", "pandas", "parquet"},
        description=description,
    )


@dg.multi_asset(
    name="recipients",
    specs=[
        _spec(_VALIDATED, describe("description_validated_recipients")),
        _spec(_REJECTED, describe("description_rejected_recipients")),
    ],
    check_specs=CHECKS[_VALIDATED],
)
def recipients(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        try:
            with project.preparation_lock(partition.key):
                definition = definition_of(project, partition)
                take_in_lists(project)
                apply_receipts(project)
                summary = judge_recipients(
                    project.layout,
                    project.ledger,
                    partition,
                    definition,
                    rows_progress(context, project, partition, Asset.VALIDATED_RECIPIENTS),
                )
                rejects = write_rejects(project.layout, partition.key)
        except ContractError as error:
            if result := failed_check(error, _VALIDATED):
                yield result
            raise
        yield dg.MaterializeResult(asset_key=_VALIDATED, metadata=_validated_metadata(project, partition, summary))
        yield dg.MaterializeResult(
            asset_key=_REJECTED, metadata=_rejected_metadata(project, partition, summary, rejects)
        )
        yield passed("contract", _VALIDATED, {say("meta_rows"): summary.validated.row_count})
        yield passed(
            "rows_conserved", _VALIDATED, {say("meta_rows"): summary.row_count, say("meta_fates"): dict(summary.fates)}
        )


def _validated_metadata(project: Project, partition: Partition, summary: RecipientsSummary) -> dict[str, Any]:
    path = project.layout.table(Asset.VALIDATED_RECIPIENTS, partition.key)
    shown = ["file_name", "row_number", "person", "channel", "address"]
    sources = {"file_name": ["_file_name"], "row_number": ["_row_number"], "intake": ["_intake"]}
    roles = list(dict.fromkeys(summary.roles.values()))
    sources |= {"person": roles, "address": roles, "channel": roles, "fields": list(summary.columns)}
    return table_metadata(summary.validated.row_count, path, masked_preview(path, shown, ["person", "address"])) | {
        "dagster/column_schema": table_schema(ValidatedRecipients),
        "dagster/column_lineage": lineage(Asset.RAW_BASE, sources),
        say("meta_columns_recognized"): dict(summary.roles),
        say("meta_rows_cleaned"): summary.cleaned_count,
    }


def _rejected_metadata(
    project: Project, partition: Partition, summary: RecipientsSummary, rejects: Rejects
) -> dict[str, Any]:
    path = project.layout.table(Asset.REJECTED_RECIPIENTS, partition.key)
    shown = ["file_name", "row_number", "fate", "code", "column", "reason"]
    return table_metadata(summary.rejected.row_count, path, masked_preview(path, shown, [])) | {
        "dagster/column_schema": table_schema(RejectedRecipients),
        "dagster/column_lineage": lineage(
            Asset.RAW_BASE, {"file_name": ["_file_name"], "row_number": ["_row_number"], "intake": ["_intake"]}
        ),
        say("meta_fates"): dg.MetadataValue.md(counts_table(summary.fates, say("meta_fate"))),
        say("meta_to_correct"): rejects.row_count,
        **{
            say("meta_workbook_to_correct", number=number): dg.MetadataValue.path(str(path))
            for number, path in enumerate(rejects.paths, start=1)
        },
        say("meta_reasons"): dg.MetadataValue.md(counts_table(summary.codes, say("meta_reason"))),
    }
