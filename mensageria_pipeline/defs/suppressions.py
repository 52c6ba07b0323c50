"""Group people: the lists in data/suppressions/ become the ledger's opt-outs."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline.defs.common_specs import OWNERS, describe, readable_errors
from mensageria_pipeline.defs.metadata import counts_table, markdown_table
from mensageria_pipeline.defs.tick import run_of
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import fingerprint_of
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.suppressions.opt_out_lists import ImportSummary, list_files
from mensageria_pipeline.texts import say

_ASSET = Asset.SUPPRESSIONS.value
_SHOWN_LISTS = 50
_ATTEMPTS = 3


@dg.asset(
    key=_ASSET,
    group_name="people",
    owners=OWNERS,
    kinds={"python", "sqlite"},
    check_specs=[
        dg.AssetCheckSpec("rows_understood", asset=_ASSET, description=describe("description_check_rows_understood"))
    ],
    description=describe("description_suppressions"),
)
def suppressions(project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        summary = take_in_lists(project)
        standing = project.ledger.suppressions.standing_counts()
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(standing.values()),
                say("meta_lists_new"): len(summary.new),
                say("meta_standing"): dg.MetadataValue.md(counts_table(standing, say("meta_reason"))),
                say("meta_lists"): dg.MetadataValue.md(_lists_table(project)),
            }
        )
        yield _rows_understood(summary)


def _lists_table(project: Project) -> str:
    """The latest lists and what each brought."""
    head = [
        say("meta_list"),
        say("meta_campaign"),
        say("meta_list_received_at"),
        say("meta_rows"),
        say("meta_added"),
        say("meta_already_standing"),
        say("meta_ignored"),
        say("meta_nobody"),
    ]
    rows = [
        (
            each.file_name,
            each.campaign or say("meta_every"),
            each.imported_at.isoformat(timespec="seconds"),
            each.row_count,
            each.added,
            each.already,
            each.ignored,
            each.unreadable,
        )
        for each in project.ledger.suppressions.lists()[:_SHOWN_LISTS]
    ]
    return markdown_table(head, rows)


def _rows_understood(summary: ImportSummary) -> dg.AssetCheckResult:
    troubled = {
        each.counts.file_name: ", ".join(map(str, each.unreadable_rows)) for each in summary.new if each.unreadable_rows
    }
    return dg.AssetCheckResult(
        passed=not troubled,
        check_name="rows_understood",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            say("meta_nobody"): dg.MetadataValue.md(
                markdown_table([say("meta_list"), say("meta_rows")], troubled.items())
            )
        },
    )


suppressions_job = dg.define_asset_job(
    "take_in_suppressions",
    selection=dg.AssetSelection.assets(_ASSET),
    executor_def=dg.in_process_executor,
    description=describe("description_suppressions_job"),
)


@dg.sensor(
    job=suppressions_job,
    name="suppression_lists",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=describe("description_suppression_lists"),
)
def suppression_lists(
    context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    try:
        known = {(each.content_hash, each.campaign) for each in project.ledger.suppressions.lists()}
        found = [(project.registry.content_hash(path), campaign) for path, campaign in list_files(project.layout)]
    except (MensageriaError, OSError) as error:
        reason = error.text() if isinstance(error, MensageriaError) else type(error).__name__
        yield dg.SkipReason(say("tick_lists_trouble", reason=reason))
        return
    new = sorted(set(found) - known)
    if not new:
        yield dg.SkipReason(say("tick_lists_nothing", folder=project.layout.suppressions_dir.name))
        return
    # The same new lists ask for one run, and for another where it died; a list that changes asks anew.
    reason = f"suppressions:{fingerprint_of({'lists': new})}"
    for attempt in range(1, _ATTEMPTS + 1):
        run = run_of(context.instance, f"{reason}:{attempt}")
        if run is None:
            context.log.info(say("tick_lists_new", count=len(new)))
            yield dg.RunRequest(run_key=f"{reason}:{attempt}")
            return
        if not run.is_finished:
            break
    yield dg.SkipReason(say("tick_lists_tried", count=len(new)))
