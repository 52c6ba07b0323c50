"""Stage intake: files in data/input/<campaign>/ become raw_base."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline.contracts.dataset import read_stamp
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, Intake, schema_of
from mensageria_pipeline.defs.metadata import markdown_table, masked_preview, table_metadata, table_schema
from mensageria_pipeline.defs.progress import rows_progress
from mensageria_pipeline.defs.shell import CHECKS, OWNERS, campaigns, definition_of, partition_of, readable_errors
from mensageria_pipeline.intake.ingest import IngestReport, ingest
from mensageria_pipeline.project import Project


@dg.asset(
    key=Asset.RAW_BASE.value, group_name="intake", partitions_def=campaigns, owners=OWNERS, kinds={"python", "parquet"},
    check_specs=CHECKS["raw_base"],
    description=(
        "**Base bruta**: every row of every file of the campaign, as it came. One Parquet file per file content; "
        "the same content under another name is the same intake. All columns are text."
    ),
)  # fmt: skip
def raw_base(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        with project.preparation_lock(partition.key):
            definition, settle_s = definition_of(project, partition), project.settings.input_settle_s
            limits = project.settings.limits
            progress = rows_progress(context, project, partition, Asset.RAW_BASE)
            report = ingest(
                project.layout, project.registry, partition, definition, settle_s, limits,
                lambda rows: progress(rows, None),
            )  # fmt: skip
        folder = project.layout.partition_dir(Asset.RAW_BASE, partition.key)
        latest = report.intakes[-1]
        yield dg.MaterializeResult(
            metadata=table_metadata(
                sum(intake.row_count for intake in report.intakes), folder,
                masked_preview(latest.path, [*PROVENANCE_NAMES[1:], *latest.columns], latest.columns),
            ) | {
                "dagster/column_schema": table_schema(schema_of(latest.columns)),
                "nome original": project.registry.name_owners().get(partition.campaign, partition.campaign),
                "como foi lido": dg.MetadataValue.md(_reading_table(latest)),
                "recebidos": dg.MetadataValue.md(_intakes_table(report)),
            }
        )  # fmt: skip
        yield _files_usable(report)


def _intakes_table(report: IngestReport) -> str:
    new = {intake.content_hash for intake in report.new}
    rows = [
        (
            i.file_name,
            i.row_count,
            i.received_at.isoformat(timespec="seconds"),
            i.content_hash[:12],
            "sim" if i.content_hash in new else "",
        )
        for i in report.intakes
    ]
    return markdown_table(["arquivo", "linhas", "recebido em", "sha256", "novo"], rows)


def _reading_table(intake: Intake) -> str:
    """How the latest list was understood, as `mensageria inspect` says it."""
    stamp = read_stamp(intake.path)
    reading = dict(stamp.facts.get("reading", {})) if stamp else {}
    shown = [(name, "TAB" if value == "\t" else value) for name, value in reading.items() if value not in (None, [], 0)]
    return markdown_table(
        ["o quê", "encontrado"],
        [(name, " ".join(map(str, value)) if isinstance(value, list) else f"`{value}`") for name, value in shown],
    )


def _files_usable(report: IngestReport) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not report.refused,
        check_name="files_usable",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "recusados": dg.MetadataValue.md(markdown_table(["arquivo", "motivo"], report.refused)),
            "já processados": ", ".join(report.already) or "—",
            "ainda crescendo": ", ".join(report.growing) or "—",
        },
    )
