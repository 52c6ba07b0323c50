"""Stage intake: files in data/input/<campaign>/ become raw_base."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, Intake, schema_of
from mensageria_pipeline.defs.common_specs import (
    CHECKS,
    OWNERS,
    campaigns,
    definition_of,
    describe,
    partition_of,
    readable_errors,
)
from mensageria_pipeline.defs.metadata import markdown_table, masked_preview, table_metadata, table_schema
from mensageria_pipeline.defs.progress import rows_progress
from mensageria_pipeline.intake.ingest import IngestSummary, ingest
from mensageria_pipeline.services.disk_space import check_room
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say


@dg.asset(
    key=Asset.RAW_BASE.value,
    group_name="intake",
    partitions_def=campaigns,
    owners=OWNERS,
    kinds={"python", "parquet"},
    check_specs=CHECKS["raw_base"],
    description=describe("description_raw_base"),
)
def raw_base(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        check_room(project)
        with project.preparation_lock(partition.key):
            definition, settle_s = definition_of(project, partition), project.settings.input_settle_s
            limits = project.settings.limits
            progress = rows_progress(context, project, partition, Asset.RAW_BASE)
            summary = ingest(
                project.layout,
                project.registry,
                partition,
                definition,
                settle_s,
                limits,
                lambda rows: progress(rows, None),
            )
        folder = project.layout.partition_dir(Asset.RAW_BASE, partition.key)
        latest = summary.intakes[-1]
        yield dg.MaterializeResult(
            metadata=table_metadata(
                sum(intake.row_count for intake in summary.intakes),
                folder,
                masked_preview(latest.path, [*PROVENANCE_NAMES[1:], *latest.columns], latest.columns),
            )
            | {
                "dagster/column_schema": table_schema(schema_of(latest.columns)),
                say("meta_original_name"): project.registry.name_owners().get(partition.campaign, partition.campaign),
                say("meta_how_read"): dg.MetadataValue.md(_reading_table(latest)),
                say("meta_received"): dg.MetadataValue.md(_intakes_table(summary)),
            }
        )
        yield _files_usable(summary)


def _intakes_table(summary: IngestSummary) -> str:
    new = {intake.content_hash for intake in summary.new}
    rows = [
        (
            i.file_name,
            i.row_count,
            i.received_at.isoformat(timespec="seconds"),
            i.content_hash[:12],
            say("meta_yes") if i.content_hash in new else "",
        )
        for i in summary.intakes
    ]
    return markdown_table(
        [say("meta_file"), say("meta_rows"), say("meta_received_at"), "sha256", say("meta_new")], rows
    )


def _reading_table(intake: Intake) -> str:
    """How the latest list was understood, as `mensageria inspect` says it."""
    stamp = read_stamp(intake.path)
    reading = dict(stamp.facts.get("reading", {})) if stamp else {}
    shown = [(name, "TAB" if value == "\t" else value) for name, value in reading.items() if value not in (None, [], 0)]
    return markdown_table(
        [say("meta_what"), say("meta_found")],
        [(name, " ".join(map(str, value)) if isinstance(value, list) else f"`{value}`") for name, value in shown],
    )


def _files_usable(summary: IngestSummary) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not summary.refused,
        check_name="files_usable",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            say("meta_refused"): dg.MetadataValue.md(
                markdown_table([say("meta_file"), say("meta_reason")], summary.refused)
            ),
            say("meta_already_processed"): ", ".join(summary.already) or "—",
            say("meta_still_growing"): ", ".join(summary.growing) or "—",
        },
    )
