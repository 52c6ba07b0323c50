"""Stage sending: messages become send_results. Any run may be killed or repeated; the ledger decides."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from mensageria_pipeline.contracts.campaign import CampaignDefinition
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.send_results import SEND_RESULTS
from mensageria_pipeline.defs.metadata import counts_chart, lineage, markdown_table, table_metadata, table_schema
from mensageria_pipeline.defs.progress import Pace
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
from mensageria_pipeline.errors import LedgerError, MensageriaError, StaleInputError
from mensageria_pipeline.preparation import take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.dispatch import ProgressSink
from mensageria_pipeline.sending.hold import hold_campaign
from mensageria_pipeline.sending.ledger.leases import new_owner
from mensageria_pipeline.sending.send import SendReport, recorded_problem, send_messages, verified_plan
from mensageria_pipeline.texts import say

_ASSET = Asset.SEND_RESULTS.value
_LOG_EVERY_S = 10.0


@dg.asset(
    key=_ASSET, deps=[Asset.MESSAGES.value], group_name="sending", partitions_def=campaigns, owners=OWNERS,
    kinds={"python", "parquet", "sqlite"}, check_specs=CHECKS[_ASSET],
    description=(
        "**Envios**: 1 row per message with its outcome, attempts and latency. Sends every message that has no "
        "outcome yet, and only those: materializing again sends nothing twice."
    ),
)  # fmt: skip
def send_results(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        partition = partition_of(context)
        definition = definition_of(project, partition)
        with hold_campaign(
            project.ledger, partition.key, new_owner(context.run.run_id), _follower(context, project, partition)
        ) as hold:
            try:
                plan = verified_plan(project.layout, partition.key, definition)
            except StaleInputError as error:
                if result := failed_check(error, _ASSET):
                    yield result
                raise
            take_in_lists(project)
            _check_release(context, project, partition, definition, plan.fingerprint)
            report = send_messages(
                project.layout,
                project.ledger,
                project.settings,
                hold,
                definition,
                _progress(context, project, partition),
                plan.fingerprint,
            )
        yield dg.MaterializeResult(metadata=_metadata(project, partition, report))
        yield passed("input_fingerprint", _ASSET, mensagens=report.plan.fingerprint)
        yield _conserved(report)
        yield _complete(report, partition.key)
        if report.problem and not _is_in_run(context, Asset.CAMPAIGN_REPORT):
            raise report.problem


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


def _check_release(
    context: dg.AssetExecutionContext, project: Project, partition: Partition, definition: CampaignDefinition, plan: str
) -> None:
    """A person's launch releases this plan; a sensor's goes on only with what a person or the definition released."""
    if not definition.needs_release:
        return
    is_sensor = "dagster/sensor_name" in context.run.tags and "dagster/parent_run_id" not in context.run.tags
    if not is_sensor:
        project.ledger.release(partition.key, plan)
    elif not project.ledger.is_released(partition.key, plan):
        raise MensageriaError("not_released", campaign=partition.key)


def _progress(context: dg.AssetExecutionContext, project: Project, partition: Partition) -> ProgressSink:
    """Progress for other processes each second; in the run a handful of lines and observations, ever rarer."""
    pace = Pace()

    def report(settled: int, total: int) -> None:
        with contextlib.suppress(LedgerError):  # told again in a second; the senders notice what is wrong
            project.ledger.report_progress(partition.key, total, settled)
        if pace.is_due():
            context.log.info(say("progress", settled=settled, total=total))
            metadata = {"decididas": settled, "mensagens": total}
            context.log_event(dg.AssetObservation(_ASSET, partition=partition.key, metadata=metadata))

    return report


def _metadata(project: Project, partition: Partition, report: SendReport) -> dict[str, Any]:
    tally = report.tally
    counts = tally.outcomes | {"unknown": tally.unknown, "pending": tally.pending}
    named = {say(f"outcome_{name}"): count for name, count in counts.items()}
    same = {
        name: [name]
        for name in ("message_id", "mode", "edition", "provider", "channel", "person", "intake", "row_number")
    }
    return table_metadata(tally.messages, project.layout.partition_dir(Asset.SEND_RESULTS, partition.key)) | {
        "dagster/column_schema": table_schema(SEND_RESULTS),
        "dagster/column_lineage": lineage(Asset.MESSAGES, same),
        "resultados": dg.MetadataValue.md(counts_chart(named, "resultado")),
        "latência por provedor": dg.MetadataValue.md(_latency_table(report)),
        "modo": ", ".join(mode.value for mode in report.modes),
        "tentativas": tally.attempts,
        "decididas nesta execução": report.settled,
        "mensagens por segundo": round(report.settled / report.sent_s, 1) if report.sent_s else 0.0,
        "provedores": dg.MetadataValue.md(_lanes_table(report)),
        "processos de envio": report.processes,
    }


def _lanes_table(report: SendReport) -> str:
    """How each provider's sending went in this run."""
    heads = ["provedor", "enviadas", "por segundo", "reduções por 429", "disjuntor abriu"]
    rows = [
        [lane.provider, lane.events["attempting"], round(lane.rate_per_s, 1), lane.slowed, lane.breaker_openings]
        for lane in report.lanes
    ]
    return markdown_table(heads, rows)


def _latency_table(report: SendReport) -> str:
    """Request to answer of the attempts that decided, in ms."""
    heads = ["provedor", "respostas", "média (ms)", "p50 (ms)", "p95 (ms)", "p99 (ms)"]
    return markdown_table(heads, [[provider, answered, *times] for provider, answered, *times in report.latencies])


def _conserved(report: SendReport) -> dg.AssetCheckResult:
    tally = report.tally
    is_conserved = tally.is_conserved and tally.messages == report.plan.row_count
    return dg.AssetCheckResult(
        passed=is_conserved, check_name="messages_conserved", severity=dg.AssetCheckSeverity.ERROR,
        metadata={"mensagens": tally.messages, "planejadas": report.plan.row_count, "resultados": dict(tally.outcomes),
                  "em dúvida": tally.unknown, "pendentes": tally.pending},
    )  # fmt: skip


def _complete(report: SendReport, campaign: str) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"pendentes": report.tally.pending, "em dúvida": report.tally.unknown}
    if report.wait_reason == "wait_paused":
        metadata["motivo"] = say("paused", campaign=campaign, pending=report.tally.pending)
    elif report.wait_reason:
        due = report.wait_until.isoformat(timespec="seconds") if report.wait_until else "—"
        metadata["motivo"] = say("waiting", pending=report.tally.pending, reason=say(report.wait_reason), due=due)
    elif report.problem:
        metadata["motivo"] = report.problem.text()
    return dg.AssetCheckResult(
        passed=report.tally.is_complete, check_name="complete", severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )
