"""Stage recipients: raw_base becomes validated_recipients and rejected_recipients."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.recipients import RejectedRecipients, ValidatedRecipients
from mensageria_pipeline.defs.metadata import counts_table, lineage, masked_preview, table_metadata, table_schema
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
from mensageria_pipeline.errors import ContractError
from mensageria_pipeline.preparation import judge_recipients, take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.recipients.validate import RecipientsReport
from mensageria_pipeline.reports.rejects import Rejects, write_rejects

_VALIDATED, _REJECTED = Asset.VALIDATED_RECIPIENTS.value, Asset.REJECTED_RECIPIENTS.value


def _spec(name: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        name, deps=[Asset.RAW_BASE.value, Asset.SUPPRESSIONS.value], group_name="recipients",
        partitions_def=campaigns, owners=OWNERS,
        kinds={"python", "pandas", "parquet"}, description=description,
    )  # fmt: skip


@dg.multi_asset(
    name="recipients",
    specs=[
        _spec(_VALIDATED, "**Destinatários válidos**: 1 row per person and channel that may be messaged."),
        _spec(_REJECTED, "**Quem não recebe**: 1 row per row that is not messaged, with fate, code and a sentence."),
    ],
    check_specs=CHECKS[_VALIDATED],
)  # fmt: skip
def recipients(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        try:
            with project.preparation_lock(partition.key):
                definition = definition_of(project, partition)
                take_in_lists(project)
                report = judge_recipients(
                    project.layout, project.ledger, partition, definition,
                    rows_progress(context, project, partition, Asset.VALIDATED_RECIPIENTS),
                )  # fmt: skip
                rejects = write_rejects(project.layout, partition.key)
        except ContractError as error:
            if result := failed_check(error, _VALIDATED):
                yield result
            raise
        yield dg.MaterializeResult(asset_key=_VALIDATED, metadata=_validated_metadata(project, partition, report))
        yield dg.MaterializeResult(
            asset_key=_REJECTED, metadata=_rejected_metadata(project, partition, report, rejects)
        )
        yield passed("contract", _VALIDATED, linhas=report.validated.row_count)
        yield passed("rows_conserved", _VALIDATED, linhas=report.row_count, destinos=dict(report.fates))


def _validated_metadata(project: Project, partition: Partition, report: RecipientsReport) -> dict[str, Any]:
    path = project.layout.table(Asset.VALIDATED_RECIPIENTS, partition.key)
    shown = ["file_name", "row_number", "person", "channel", "address"]
    sources = {"file_name": ["_file_name"], "row_number": ["_row_number"], "intake": ["_intake"]}
    roles = list(dict.fromkeys(report.roles.values()))
    sources |= {"person": roles, "address": roles, "channel": roles, "fields": list(report.columns)}
    return table_metadata(report.validated.row_count, path, masked_preview(path, shown, ["person", "address"])) | {
        "dagster/column_schema": table_schema(ValidatedRecipients),
        "dagster/column_lineage": lineage(Asset.RAW_BASE, sources),
        "colunas reconhecidas": dict(report.roles),
    }


def _rejected_metadata(
    project: Project, partition: Partition, report: RecipientsReport, rejects: Rejects
) -> dict[str, Any]:
    path = project.layout.table(Asset.REJECTED_RECIPIENTS, partition.key)
    shown = ["file_name", "row_number", "fate", "code", "column", "reason"]
    return table_metadata(report.rejected.row_count, path, masked_preview(path, shown, [])) | {
        "dagster/column_schema": table_schema(RejectedRecipients),
        "dagster/column_lineage": lineage(
            Asset.RAW_BASE, {"file_name": ["_file_name"], "row_number": ["_row_number"], "intake": ["_intake"]}
        ),
        "destinos": dg.MetadataValue.md(counts_table(report.fates, "destino")),
        "a corrigir": rejects.row_count,
        **{
            f"planilha para corrigir {number}": dg.MetadataValue.path(str(path))
            for number, path in enumerate(rejects.paths, start=1)
        },
        "motivos": dg.MetadataValue.md(counts_table(report.codes, "motivo")),
    }
