"""Stage receipts: what came back is asked for, understood, and shown beside the results."""

from collections.abc import Iterator, Sequence

import dagster as dg

from mensageria_pipeline.contracts.receipts import RECEIPTS
from mensageria_pipeline.defs.common_specs import OWNERS, describe, readable_errors
from mensageria_pipeline.defs.metadata import markdown_table, table_schema
from mensageria_pipeline.receipts.poll import PollSummary, ask_for_receipts, waiting_for_answer
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.services.kept_receipts import ProcessSummary
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say

_ASSET = Asset.RECEIPTS.value
_CHECK = "reports_understood"


@dg.asset(
    key=_ASSET,
    deps=[Asset.SEND_RESULTS.value],
    group_name="receipts",
    owners=OWNERS,
    kinds={"python", "parquet", "sqlite"},
    check_specs=[
        dg.AssetCheckSpec(_CHECK, asset=_ASSET, description=describe("description_check_receipts_understood")),
    ],
    description=describe("description_receipts"),
)
def receipts(project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        asked = ask_for_receipts(project)
        found = process_receipts(project)
        yield dg.MaterializeResult(
            metadata={
                "dagster/column_schema": table_schema(RECEIPTS),
                "dagster/row_count": project.ledger.receipts.counts().done,
                say("meta_receipts_taken"): found.taken,
                say("meta_receipts_waiting"): sum(found.waiting.values()),
                say("meta_receipts_unmatched"): found.awaiting_match,
                say("meta_addresses_suppressed"): found.suppressed,
                say("meta_doubts_settled"): found.settled,
                say("meta_receipts_misdated"): found.misdated,
                say("meta_campaigns"): ", ".join(found.campaigns) or "—",
                say("meta_questions"): dg.MetadataValue.md(_asked_table(asked)),
            }
        )
        yield _understood(found, asked)


def _asked_table(asked: Sequence[PollSummary]) -> str:
    heads = [say("meta_provider"), say("meta_asked"), say("meta_answered"), say("meta_problem")]
    return markdown_table(heads, [[a.provider, a.asked, a.answered, a.problem or ""] for a in asked])


def _understood(found: ProcessSummary, asked: Sequence[PollSummary]) -> dg.AssetCheckResult:
    problems = {each.provider: each.problem for each in asked if each.problem}
    return dg.AssetCheckResult(
        passed=not (found.unlisted or found.unreadable or found.troubled or problems),
        check_name=_CHECK,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            say("meta_receipts_unlisted"): found.unlisted,
            say("meta_receipts_unreadable"): found.unreadable,
            say("meta_campaigns_troubled"): dict(found.troubled),
            say("meta_without_answer"): problems,
        },
    )


receipts_job = dg.define_asset_job(
    "take_in_receipts",
    selection=dg.AssetSelection.assets(_ASSET),
    executor_def=dg.in_process_executor,
    description=describe("description_receipts_job"),
)


@dg.sensor(
    job=receipts_job,
    name="receipts_arrived",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=describe("description_receipts_arrived"),
)
def receipts_arrived(
    context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]
) -> dg.RunRequest | dg.SkipReason:
    if not project.ledger.receipts.has_news():
        return dg.SkipReason(say("tick_receipts_nothing"))
    runs = context.instance.get_runs(dg.RunsFilter(job_name=receipts_job.name), limit=1)
    if runs and not runs[0].is_finished:
        return dg.SkipReason(say("tick_receipts_running", run=runs[0].run_id[:8]))
    # No run key: reports that a failed run left are asked for again, at the pace of the ticks.
    return dg.RunRequest()


@dg.schedule(
    job=receipts_job,
    cron_schedule="*/15 * * * *",
    execution_timezone="America/Sao_Paulo",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=describe("description_ask_regularly"),
)
def ask_regularly(project: dg.ResourceParam[Project]) -> dg.RunRequest | dg.SkipReason:
    if project.ledger.receipts.counts().unfinished or waiting_for_answer(project):
        return dg.RunRequest()
    return dg.SkipReason(say("tick_receipts_nothing"))
