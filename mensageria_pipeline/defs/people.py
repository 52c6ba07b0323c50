"""Group people: the lists in data/suppressions/ become the ledger's opt-outs."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline.contracts.dataset import fingerprint_of
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.defs.metadata import counts_table, markdown_table
from mensageria_pipeline.defs.shell import OWNERS, readable_errors
from mensageria_pipeline.defs.tick import run_of
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.people.opt_out_lists import ImportReport, list_files
from mensageria_pipeline.preparation import take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.texts import say

_ASSET = Asset.SUPPRESSIONS.value
_SHOWN_LISTS = 50
_ATTEMPTS = 3


@dg.asset(
    key=_ASSET, group_name="people", owners=OWNERS, kinds={"python", "sqlite"},
    check_specs=[
        dg.AssetCheckSpec("rows_understood", asset=_ASSET, description="Every row of the new lists names somebody.")
    ],
    description=(
        "**Supressões**: who must not be messaged. Every list in data/suppressions/ is taken into the ledger once; "
        "lists only ever add. Campaigns look at it when they prepare, and again at the moment of sending."
    ),
)  # fmt: skip
def suppressions(project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        report = take_in_lists(project)
        standing = project.ledger.suppressions.standing_counts()
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(standing.values()),
                "listas novas": len(report.new),
                "em vigor": dg.MetadataValue.md(counts_table(standing, "motivo")),
                "listas": dg.MetadataValue.md(_lists_table(project)),
            }
        )
        yield _rows_understood(report)


def _lists_table(project: Project) -> str:
    """The latest lists and what each brought."""
    head = ["lista", "campanha", "recebida em", "linhas", "novas", "já constavam", "sem pedido", "sem identificação"]
    rows = [
        (each.file_name, each.campaign or "todas", each.imported_at.isoformat(timespec="seconds"), each.row_count,
         each.added, each.already, each.ignored, each.unreadable)
        for each in project.ledger.suppressions.lists()[:_SHOWN_LISTS]
    ]  # fmt: skip
    return markdown_table(head, rows)


def _rows_understood(report: ImportReport) -> dg.AssetCheckResult:
    troubled = {
        each.counts.file_name: ", ".join(map(str, each.unreadable_rows)) for each in report.new if each.unreadable_rows
    }
    return dg.AssetCheckResult(
        passed=not troubled, check_name="rows_understood", severity=dg.AssetCheckSeverity.WARN,
        metadata={"sem identificação": dg.MetadataValue.md(markdown_table(["lista", "linhas"], troubled.items()))},
    )  # fmt: skip


suppressions_job = dg.define_asset_job(
    "take_in_suppressions",
    selection=dg.AssetSelection.assets(_ASSET),
    executor_def=dg.in_process_executor,
    description="Recebe as listas novas de data/suppressions/.",
)


@dg.sensor(
    job=suppressions_job,
    name="suppression_lists",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Uma lista nova em data/suppressions/ vale em segundos, também para o que já está sendo enviado.",
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
