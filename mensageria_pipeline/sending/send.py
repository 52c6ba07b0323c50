"""messages → send_results: verify the input, send what is left, record, and write down what became of it."""

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.campaign import HOW_NOT_WHAT, CampaignDefinition
from mensageria_pipeline.contracts.dataset import Stamp, read_stamp, share_file
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.raw_base import list_intakes, raw_fingerprint
from mensageria_pipeline.errors import LeaseLostError, LedgerError, MensageriaError, StaleInputError
from mensageria_pipeline.sending.deliveries import NONE, deliveries_of, write_receipts
from mensageria_pipeline.sending.dispatch import Dispatch, ProgressSink
from mensageria_pipeline.sending.hold import CampaignHold
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.control import Order, Wait
from mensageria_pipeline.sending.policy import UNREACHABLE_S, LaneReport, StopReason
from mensageria_pipeline.sending.providers.contract import Provider, ProviderConfig
from mensageria_pipeline.sending.providers.registry import create_provider
from mensageria_pipeline.sending.provision import provider_config
from mensageria_pipeline.sending.results import Results, Tally
from mensageria_pipeline.settings import Settings

_logger = logging.getLogger(__name__)
_IN_DOUBT = "stopped_unknown"


@dataclass(slots=True)
class SendReport:
    """How a sending ended. `problem` says why work is left undone; None for done or merely waiting."""

    plan: Stamp
    tally: Tally = field(default_factory=Tally)
    sent_s: float = 0.0
    settled: int = 0
    """Messages that got their final outcome in this run."""
    problem: MensageriaError | None = None
    wait_until: datetime | None = None
    wait_reason: str | None = None
    modes: Sequence[Mode] = ()
    lanes: Sequence[LaneReport] = ()
    """How each provider's sending ended."""
    processes: int = 1
    """Senders that worked side by side."""
    latencies: Sequence[tuple[Any, ...]] = ()
    """Provider, answers, mean, p50, p95 and p99 in ms, over all messages of the plan."""


def verified_plan(layout: Layout, partition: str, definition: CampaignDefinition, plan: Path | None = None) -> Stamp:
    """The stamp of the messages to send, once each step is found to belong to the one before.

    `plan` is the messages file where it is held under another name. Raises StaleInputError naming the step to
    materialize again. Nothing is sent then.
    """
    messages = (read_stamp(plan) if plan else None) or _stamp(layout, Asset.MESSAGES, partition)
    if messages.facts.get("purged_at"):
        raise StaleInputError("campaign_purged", campaign=partition)
    recipients = _stamp(layout, Asset.VALIDATED_RECIPIENTS, partition)
    current = raw_fingerprint(list_intakes(layout, partition))
    expected = (
        (Asset.VALIDATED_RECIPIENTS, recipients.inputs.get(Asset.RAW_BASE.value), current, Asset.RAW_BASE.value),
        (Asset.VALIDATED_RECIPIENTS, recipients.inputs.get("definition"), definition.judging_version,
         f"{partition}.yaml"),
        (Asset.MESSAGES, messages.inputs.get(Asset.VALIDATED_RECIPIENTS.value), recipients.fingerprint,
         Asset.VALIDATED_RECIPIENTS.value),
        (Asset.MESSAGES, messages.inputs.get("definition"), definition.fingerprint(without=HOW_NOT_WHAT),
         f"{partition}.yaml"),
    )  # fmt: skip
    for asset, found, wanted, changed in expected:
        if found != wanted:
            raise StaleInputError("step_stale", asset=asset.value, campaign=partition, changed=changed)
    return messages


def send_messages(
    layout: Layout,
    ledger: Ledger,
    settings: Settings,
    hold: CampaignHold,
    definition: CampaignDefinition,
    on_progress: ProgressSink = lambda _settled, _total: None,
    released_plan: str | None = None,
) -> SendReport:
    """Send every message of the held campaign's plan that has no outcome yet, and write what became of all.

    With `released_plan` only the plan of that fingerprint is sent: another one may have taken its place.
    An interrupt (BaseException in this thread) lets requests in flight end, records them, and is raised
    again. Raises StaleInputError and SettingsError before the first message; LedgerError when what was sent
    cannot be recorded.
    """
    partition = hold.lease.scope
    with held_plan(layout, partition) as path:
        plan = verified_plan(layout, partition, definition, path)
        if released_plan not in {None, plan.fingerprint}:
            raise StaleInputError("step_stale", asset=Asset.MESSAGES, campaign=partition, changed="messages")
        providers = _providers(path, provider_config(settings, ledger.key, partition, definition))
        known_wait = ledger.wait(partition)
        report = SendReport(plan, modes=sorted({p.capabilities.mode for p in providers}))
        dispatch = Dispatch(
            hold, path, ledger, settings, definition, tuple(p.name for p in providers),
            layout.sending_dir(partition), layout.pacing_dir,
        )  # fmt: skip
        started, is_lost = time.monotonic(), False
        try:
            _read_lanes(report, dispatch.run(on_progress))
            _read_order(report, dispatch.order)
        except LeaseLostError:
            is_lost = True  # the results are the other run's to write
            raise
        except LedgerError as error:
            report.problem = error
        finally:
            report.sent_s, report.settled = time.monotonic() - started, dispatch.settled_count
            report.processes = dispatch.processes
            if not is_lost:
                _write_results(layout, ledger, partition, path, report)
                _remember_wait(ledger, partition, report, known_wait)
    _log(report)
    return report


def _log(report: SendReport) -> None:
    for lane in report.lanes:
        _logger.info(
            "lane ended", extra={"provider": lane.provider, "events": dict(lane.events), "stop": lane.stop,
                                 "code": lane.code, "rate_per_s": round(lane.rate_per_s, 1), "slowed": lane.slowed},
        )  # fmt: skip
    tally = report.tally
    _logger.info(
        "sending ended",
        extra={"settled": report.settled, "seconds": round(report.sent_s, 3), "outcomes": tally.outcomes,
               "unknown": tally.unknown, "pending": tally.pending,
               "problem": report.problem.key if report.problem else None, "waits_for": report.wait_reason},
    )  # fmt: skip


def refresh_results(layout: Layout, ledger: Ledger, partition: str, plan: Path) -> None:
    """Write send_results of a held plan anew, after a person's decision. Sends nothing."""
    stamp = read_stamp(plan)
    assert stamp is not None  # noqa: S101 - it is held
    found = recorded_problem(layout, partition)
    problem = found if found and found.key != _IN_DOUBT else None
    _write_results(layout, ledger, partition, plan, SendReport(stamp, problem=problem))


@contextlib.contextmanager
def held_plan(layout: Layout, partition: str) -> Iterator[Path]:
    """The messages file under a name of our own: another run may put a newer one in its place meanwhile."""
    source = layout.table(Asset.MESSAGES, partition)
    held = source.with_name(f".held-{os.getpid()}.parquet")
    for leftover in source.parent.glob(".held-*.parquet"):  # of a killed sender: only one sends at a time
        leftover.unlink(missing_ok=True)
    try:
        share_file(source, held)
    except FileNotFoundError:
        raise StaleInputError("step_missing", asset=Asset.MESSAGES.value, campaign=partition) from None
    try:
        yield held
    finally:
        held.unlink(missing_ok=True)


def recorded_problem(layout: Layout, partition: str) -> MensageriaError | None:
    """Why the last sending of today's plan left work undone, as its results say; None where it did not."""
    plan = _stamp(layout, Asset.MESSAGES, partition)
    for path in layout.partition_dir(Asset.SEND_RESULTS, partition).glob("*.parquet"):
        stamp = read_stamp(path)
        if stamp and stamp.inputs.get(Asset.MESSAGES.value) == plan.fingerprint and stamp.facts.get("problem"):
            return MensageriaError(stamp.facts["problem"]["key"], **stamp.facts["problem"]["values"])
    return None


def _stamp(layout: Layout, asset: Asset, partition: str) -> Stamp:
    stamp = read_stamp(layout.table(asset, partition))
    if stamp is None:
        raise StaleInputError("step_missing", asset=asset.value, campaign=partition)
    return stamp


def _providers(path: Path, config: ProviderConfig) -> list[Provider]:
    """The adapters that the plan needs; a missing setting is found here, before the first message."""
    names = pc.unique(pq.read_table(path, columns=["provider"])["provider"]).to_pylist()
    return [create_provider(name, config) for name in sorted(names)]


_STOP_TEXTS = {
    StopReason.CREDENTIALS: "stopped_credentials",
    StopReason.UNREACHABLE: "stopped_unreachable",
    StopReason.MALFORMED: "stopped_malformed",
    StopReason.INTERNAL: "stopped_internal",
}


def _read_lanes(report: SendReport, lanes: Sequence[LaneReport]) -> None:
    """Take the first reason for stopping, and the earliest moment at which a waiting lane goes on."""
    report.lanes = lanes
    for lane in lanes:
        if lane.stop in _STOP_TEXTS and report.problem is None:
            report.problem = MensageriaError(
                _STOP_TEXTS[lane.stop],
                provider=lane.provider,
                code=lane.code or "—",
                seconds=round(UNREACHABLE_S),
                pending="?",
                unknown="?",
            )
        if lane.wait_reason and (
            report.wait_until is None or (lane.wait_until and lane.wait_until < report.wait_until)
        ):
            report.wait_until, report.wait_reason = lane.wait_until, lane.wait_reason


def _read_order(report: SendReport, order: Order | None) -> None:
    """A pause is a wait without an end; what a cancellation left is settled."""
    if order is Order.PAUSE:
        report.wait_reason, report.wait_until = "wait_paused", None


def _write_results(layout: Layout, ledger: Ledger, partition: str, path: Path, report: SendReport) -> None:
    """Whatever happened: write what is known and why it ended.

    Raises the reason for stopping, or LedgerError, when not even that can be written.
    """
    try:
        deliveries = NONE
        if ledger.receipts.has_any(partition):
            deliveries = deliveries_of(write_receipts(layout, partition, ledger.receipts.of(partition)))
        with Results(path, ledger.journal(partition), deliveries=deliveries) as results:
            report.tally, report.latencies = results.tally(), results.latencies()
            _explain(report, partition)
            problem = {"key": report.problem.key, "values": dict(report.problem.values)} if report.problem else None
            results.export(layout, partition, {Asset.MESSAGES.value: report.plan.fingerprint}, {"problem": problem})
    except OSError as error:
        problem_type = type(error).__name__
        unwritable = LedgerError("ledger_unwritable", problem=problem_type, path=layout.processed_dir.name)
        raise report.problem or unwritable from None


def _remember_wait(ledger: Ledger, partition: str, report: SendReport, known: Wait | None) -> None:
    """Until when the campaign waits; where it does not, the wait that this sending began with is over.

    Another one that came meanwhile stays: somebody resumed a campaign that was just being paused.
    """
    if report.wait_until:
        ledger.set_wait(partition, Wait(partition, report.wait_until, report.wait_reason or ""))
    elif known:
        ledger.end_wait(known)


def _explain(report: SendReport, partition: str) -> None:
    """Complete the reason with counts; in-doubt messages that nobody will resend are a reason of their own."""
    if report.problem is not None and "pending" in report.problem.values:
        report.problem.values |= {"pending": report.tally.pending, "unknown": report.tally.unknown}
    if report.problem is None and report.tally.unknown and not report.wait_reason:
        report.problem = MensageriaError(_IN_DOUBT, unknown=report.tally.unknown, campaign=partition)
