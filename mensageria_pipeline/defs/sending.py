"""Stage sending: messages become send_results. Any run may be killed or repeated; the ledger decides."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

import dagster as dg

from mensageria_pipeline.analytics.campaign import open_campaign
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.send_results import SEND_RESULTS
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
from mensageria_pipeline.defs.metadata import counts_chart, lineage, markdown_table, table_metadata, table_schema
from mensageria_pipeline.defs.progress import Pace
from mensageria_pipeline.defs.release import how_to_release, is_released
from mensageria_pipeline.errors import LedgerError, MensageriaError, StaleInputError
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.sending.dispatch import ProgressSink
from mensageria_pipeline.sending.plan_snapshot import recorded_problem, verified_plan
from mensageria_pipeline.sending.results import Results
from mensageria_pipeline.sending.send import send_messages
from mensageria_pipeline.sending.send_summary import SendSummary
from mensageria_pipeline.services.kept_receipts import apply_receipts
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import Stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import moment

_ASSET = Asset.SEND_RESULTS.value
_LOG_EVERY_S = 10.0


@dg.asset(
    key=_ASSET,
    deps=[Asset.MESSAGES.value],
    group_name="sending",
    partitions_def=campaigns,
    owners=OWNERS,
    kinds={"python", "parquet", "sqlite"},
    check_specs=CHECKS[_ASSET],
    description=describe("description_send_results"),
    output_required=False,
)
def send_results(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        definition = definition_of(project, partition)
        with lease_campaign(
            project.ledger, partition.key, new_owner(context.run.run_id), _follower(context, project, partition)
        ) as campaign_lease:
            try:
                plan = verified_plan(project.layout, partition.key, definition)
            except StaleInputError as error:
                if result := failed_check(error, _ASSET):
                    yield result
                raise
            take_in_lists(project)
            apply_receipts(project)
            if not is_released(context, project, partition.key, definition, plan.fingerprint):
                yield from _not_released(context, project, partition, plan, definition.send_window.zone)
                return
            try:
                summary = send_messages(
                    project.layout,
                    project.ledger,
                    project.settings,
                    campaign_lease,
                    definition,
                    _progress(context, project, partition),
                    plan.fingerprint,
                )
            except BaseException:  # interrupted, or taken over: what is known is not to look like a failure
                with contextlib.suppress(MensageriaError):
                    yield from _unfinished(
                        project, partition, plan, definition.send_window.zone, say("sending_ended_early")
                    )
                raise
        yield dg.MaterializeResult(metadata=_metadata(project, partition, summary))
        yield passed("input_fingerprint", _ASSET, {say("meta_messages"): summary.plan.fingerprint})
        yield _conserved(summary)
        yield _complete(summary, partition.key, definition.send_window.zone)
        if summary.problem and not _is_in_run(context, Asset.CAMPAIGN_REPORT):
            raise summary.problem


def problem_of_this_run(context: dg.AssetExecutionContext, project: Project) -> MensageriaError | None:
    """Why this run's sending left work undone, for the last asset to end the run with; None for no reason."""
    return recorded_problem(project.layout, context.partition_key) if _is_in_run(context, Asset.SEND_RESULTS) else None


def _is_in_run(context: dg.AssetExecutionContext, asset: Asset) -> bool:
    return dg.AssetKey(asset.value) in context.job_def.asset_layer.selected_asset_keys


def _follower(context: dg.AssetExecutionContext, project: Project, partition: Partition) -> Callable[[], None]:
    """Says, while another run sends this partition, how far it is."""
    next_log_at = 0.0

    def follow() -> None:
        nonlocal next_log_at
        progress = project.ledger.progress(partition.key)
        if progress and time.monotonic() >= next_log_at:
            context.log.info(say("following", settled=progress.done, total=progress.total))
            next_log_at = time.monotonic() + _LOG_EVERY_S

    return follow


def _not_released(
    context: dg.AssetExecutionContext, project: Project, partition: Partition, plan: Stamp, zone: tzinfo
) -> Iterator[dg.AssetCheckResult]:
    """What a run says that ends before the first message, green: nothing went wrong, a person has not spoken."""
    sentence = how_to_release(context, partition.key, plan.fingerprint)
    context.log.warning(sentence)
    yield from _unfinished(project, partition, plan, zone, sentence)


def _unfinished(
    project: Project, partition: Partition, plan: Stamp, zone: tzinfo, reason: str
) -> Iterator[dg.AssetCheckResult]:
    """The checks as the ledger has them now: one that nobody evaluates would look failed."""
    with Results(project.layout.table(Asset.MESSAGES, partition.key), project.ledger.journal(partition.key)) as results:
        summary = SendSummary(plan, tally=results.tally())
    yield passed("input_fingerprint", _ASSET, {say("meta_messages"): plan.fingerprint})
    yield _conserved(summary)
    yield _complete(summary, partition.key, zone, reason)


def _progress(context: dg.AssetExecutionContext, project: Project, partition: Partition) -> ProgressSink:
    """Progress for other processes each second; in the run a handful of lines and observations, ever rarer."""
    pace = Pace()

    def tell(settled: int, total: int) -> None:
        with contextlib.suppress(LedgerError):  # told again in a second; the senders notice what is wrong
            project.ledger.report_progress(partition.key, total, settled)
        if pace.is_due():
            context.log.info(say("progress", settled=settled, total=total))
            metadata = {say("meta_settled"): settled, say("meta_messages"): total}
            context.log_event(dg.AssetObservation(_ASSET, partition=partition.key, metadata=metadata))

    return tell


def _metadata(project: Project, partition: Partition, summary: SendSummary) -> dict[str, Any]:
    tally = summary.tally
    counts = tally.outcomes | {"unknown": tally.unknown, "pending": tally.pending}
    named = {say(f"outcome_{name}"): count for name, count in counts.items()}
    same = {
        name: [name]
        for name in ("message_id", "mode", "edition", "provider", "channel", "person", "intake", "row_number")
    }
    return table_metadata(tally.messages, project.layout.partition_dir(Asset.SEND_RESULTS, partition.key)) | {
        "dagster/column_schema": table_schema(SEND_RESULTS),
        "dagster/column_lineage": lineage(Asset.MESSAGES, same),
        say("meta_outcomes"): dg.MetadataValue.md(counts_chart(named, say("meta_outcome"))),
        say("meta_latencies"): dg.MetadataValue.md(_latency_table(project, partition.key)),
        say("meta_mode"): ", ".join(mode.value for mode in summary.modes),
        say("meta_attempts"): tally.attempts,
        say("meta_settled_in_run"): summary.settled,
        say("meta_messages_per_s"): round(summary.settled / summary.sent_s, 1) if summary.sent_s else 0.0,
        say("meta_providers"): dg.MetadataValue.md(_lanes_table(summary)),
        say("meta_processes"): summary.processes,
    }


def _lanes_table(summary: SendSummary) -> str:
    """How each provider's sending went in this run."""
    heads = [
        say("meta_provider"),
        say("meta_sent"),
        say("meta_per_second"),
        say("meta_slowed"),
        say("meta_breaker_opened"),
    ]
    rows = [
        [lane.provider, lane.events["attempting"], round(lane.rate_per_s, 1), lane.slowed, lane.breaker_openings]
        for lane in summary.lanes
    ]
    return markdown_table(heads, rows)


def _latency_table(project: Project, partition: str) -> str:
    """Request to answer of the attempts with an answer, in ms."""
    heads = [say("meta_provider"), say("meta_mode"), say("meta_answers"), say("meta_mean_ms")]
    heads += ["p50 (ms)", "p95 (ms)", "p99 (ms)"]
    with open_campaign(project.layout, partition) as campaign:
        rows = campaign.ask("latency")
    return markdown_table(heads, [[row["provider"], row["mode"], row["answered"], *_times(row)] for row in rows])


def _times(row: Mapping[str, Any]) -> list[float]:
    return [round(row[f"latency_{name}_ms"], 1) for name in ("avg", "p50", "p95", "p99")]


def _conserved(summary: SendSummary) -> dg.AssetCheckResult:
    tally = summary.tally
    is_conserved = tally.is_conserved and tally.messages == summary.plan.row_count
    return dg.AssetCheckResult(
        passed=is_conserved,
        check_name="messages_conserved",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            say("meta_messages"): tally.messages,
            say("meta_planned"): summary.plan.row_count,
            say("meta_outcomes"): dict(tally.outcomes),
            say("meta_unknown"): tally.unknown,
            say("meta_pending"): tally.pending,
        },
    )


def _complete(summary: SendSummary, campaign: str, zone: tzinfo, reason: str = "") -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {say("meta_pending"): summary.tally.pending, say("meta_unknown"): summary.tally.unknown}
    if reason:
        metadata[say("meta_reason")] = reason
    elif summary.wait_reason in {"wait_paused", "wait_restored"}:
        key = summary.wait_reason.removeprefix("wait_")
        metadata[say("meta_reason")] = say(key, campaign=campaign, pending=summary.tally.pending)
    elif summary.wait_reason:
        due = moment(summary.wait_until, zone)
        metadata[say("meta_reason")] = say(
            "waiting", pending=summary.tally.pending, reason=say(summary.wait_reason), due=due
        )
    elif summary.problem:
        metadata[say("meta_reason")] = summary.problem.text()
    return dg.AssetCheckResult(
        passed=summary.tally.is_complete, check_name="complete", severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )
