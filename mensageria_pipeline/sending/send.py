"""messages → send_results: verify the input, send what is left, record, and write down what became of it."""

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import pyarrow.compute as pc
import pyarrow.parquet as pq
import uvloop

from mensageria_pipeline.contracts.campaign import HOW_NOT_WHAT, CampaignDefinition, OnUnknown
from mensageria_pipeline.contracts.dataset import Stamp, read_stamp
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.raw_base import list_intakes, raw_fingerprint
from mensageria_pipeline.errors import LedgerError, MensageriaError, StaleInputError
from mensageria_pipeline.sending.engine import MAX_IN_FLIGHT, Lane, LanePolicy, LaneReport, Slots, StopReason
from mensageria_pipeline.sending.journal import Journal, States
from mensageria_pipeline.sending.ledger import Ledger, Wait
from mensageria_pipeline.sending.providers.contract import (
    HttpProvider,
    Provider,
    ProviderConfig,
    SendingProvider,
)
from mensageria_pipeline.sending.providers.registry import create_provider
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.sending.results import Results, Tally
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.settings import Settings

_logger = logging.getLogger(__name__)
FILE_NAME = "part-0.parquet"
_READ_ROWS = 1_000
_REPORT_EVERY_S = 1.0

ProgressSink = Callable[[int, int], None]
"""Called about once a second with (messages settled, messages in all)."""


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


def verified_plan(layout: Layout, partition: str, definition: CampaignDefinition) -> Stamp:
    """The stamp of the messages to send, once each step is found to belong to the one before.

    Raises StaleInputError naming the step to materialize again. Nothing is sent then.
    """
    messages = _stamp(layout, Asset.MESSAGES, partition)
    recipients = _stamp(layout, Asset.VALIDATED_RECIPIENTS, partition)
    current = raw_fingerprint(list_intakes(layout, partition))
    expected = (
        (Asset.VALIDATED_RECIPIENTS, recipients.inputs.get(Asset.RAW_BASE.value), current, Asset.RAW_BASE.value),
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
    partition: str,
    definition: CampaignDefinition,
    on_progress: ProgressSink = lambda _settled, _total: None,
) -> SendReport:
    """Send every message of the partition's plan that has no outcome yet, and write what became of all.

    An interrupt (BaseException in this thread) lets requests in flight end, records them, and is raised
    again. Raises StaleInputError and SettingsError before the first message; LedgerError when what was sent
    cannot be recorded.
    """
    plan = verified_plan(layout, partition, definition)
    path = layout.partition_dir(Asset.MESSAGES, partition) / FILE_NAME
    journal = ledger.journal(partition)
    providers = _providers(path, ProviderConfig(settings, definition.simulation))
    report = SendReport(plan, modes=sorted({p.capabilities.mode for p in providers}))
    sending = _Sending(path, journal, ledger, settings, partition, definition, providers)
    started = time.monotonic()
    try:
        lanes = sending.run(on_progress)
        _read_lanes(report, lanes)
    except LedgerError as error:
        report.problem = error
    finally:
        journal.close()
        report.sent_s, report.settled = time.monotonic() - started, sending.settled_count
        _write_results(layout, ledger, partition, path, report, definition, providers)
    _logger.info("%s: %d settled in %.1f s, %d pending", partition, report.settled, report.sent_s, report.tally.pending)
    return report


def write_results(layout: Layout, ledger: Ledger, partition: str) -> Tally:
    """Write send_results and attempts from the ledger as it is now, without sending."""
    path = layout.partition_dir(Asset.MESSAGES, partition) / FILE_NAME
    plan = _stamp(layout, Asset.MESSAGES, partition)
    journal = ledger.journal(partition) if ledger.has_journal(partition) else None
    with Results(path, journal) as results:
        tally = results.tally()
        results.export(layout, partition, {Asset.MESSAGES.value: plan.fingerprint}, {})
    return tally


def recorded_problem(layout: Layout, partition: str) -> MensageriaError | None:
    """Why the last sending of today's plan left work undone, as its results say; None where it did not."""
    plan = _stamp(layout, Asset.MESSAGES, partition)
    for path in layout.partition_dir(Asset.SEND_RESULTS, partition).glob("*.parquet"):
        stamp = read_stamp(path)
        if stamp and stamp.inputs.get(Asset.MESSAGES.value) == plan.fingerprint and stamp.facts.get("problem"):
            return MensageriaError(stamp.facts["problem"]["key"], **stamp.facts["problem"]["values"])
    return None


def _stamp(layout: Layout, asset: Asset, partition: str) -> Stamp:
    stamp = read_stamp(layout.partition_dir(asset, partition) / FILE_NAME)
    if stamp is None:
        raise StaleInputError("step_missing", asset=asset.value, campaign=partition)
    return stamp


def _providers(path: Path, config: ProviderConfig) -> list[Provider]:
    """The adapters that the plan needs; a missing setting is found here, before the first message."""
    names = pc.unique(pq.read_table(path, columns=["provider"])["provider"]).to_pylist()
    return [create_provider(name, config) for name in sorted(names)]


@dataclass(slots=True)
class _Sending:
    """One sending of a plan: a thread with an event loop, a lane per provider."""

    path: Path
    journal: Journal
    ledger: Ledger
    settings: Settings
    partition: str
    definition: CampaignDefinition
    providers: Sequence[Provider]
    settled_count: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lanes: list[Lane] = field(default_factory=list)

    def run(self, on_progress: ProgressSink) -> list[LaneReport]:
        """Run the loop beside this thread, which only watches: an interrupt lands here, not in the loop."""
        outcome: list[list[LaneReport] | BaseException] = []
        states = {mode: self.journal.states(mode) for mode in {p.capabilities.mode for p in self.providers}}
        settled, total = self._counts(states)
        thread = threading.Thread(target=self._run_loop, args=(states, outcome), name="sender", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(_REPORT_EVERY_S)
                self.settled_count = self._settled_now()
                on_progress(settled + self.settled_count, total)
        except BaseException:
            self._stop.set()
            thread.join()
            raise
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _counts(self, states: Mapping[Mode, States]) -> tuple[int, int]:
        table = pq.read_table(self.path, columns=["message_id", "mode"])
        pairs = zip(table["message_id"].to_pylist(), table["mode"].to_pylist(), strict=True)
        return sum(message_id in states[Mode(mode)].final for message_id, mode in pairs), table.num_rows

    def _settled_now(self) -> int:
        finals = ("accepted", "rejected", "invalid_address", "expired", "suppressed")
        return sum(lane.report.events[event] for lane in self._lanes for event in finals)

    def _run_loop(self, states: Mapping[Mode, States], outcome: list[list[LaneReport] | BaseException]) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                outcome.append(runner.run(self._send_all(states)))
        except BaseException as error:  # noqa: BLE001 - carried to the watching thread, which raises it
            outcome.append(error)

    async def _send_all(self, states: Mapping[Mode, States]) -> list[LaneReport]:
        slots = Slots(MAX_IN_FLIGHT)
        async with contextlib.AsyncExitStack() as stack:
            recorder = await stack.enter_async_context(Recorder(self.journal.append))
            for provider in self.providers:
                send = await self._sender(provider, stack)
                self._lanes.append(self._lane(provider, send, recorder, slots, states[provider.capabilities.mode]))
            reports = await asyncio.gather(*(lane.run() for lane in self._lanes), return_exceptions=True)
        for report in reports:
            if isinstance(report, BaseException):
                raise report
        return [report for report in reports if isinstance(report, LaneReport)]

    async def _sender(self, provider: Provider, stack: contextlib.AsyncExitStack):  # type: ignore[no-untyped-def]
        if isinstance(provider, SendingProvider):
            return provider.send
        assert isinstance(provider, HttpProvider)  # noqa: S101 - the contract knows two kinds
        transport = HttpTransport(provider, self.settings.timeout_s, MAX_IN_FLIGHT)
        return (await stack.enter_async_context(transport)).send

    def _lane(self, provider: Provider, send, recorder: Recorder, slots: Slots, states: States) -> Lane:  # type: ignore[no-untyped-def]
        can = provider.capabilities
        suppressed = self.ledger.suppressed(can.mode)
        on_unknown = self.definition.on_unknown or can.on_unknown
        policy = LanePolicy(
            can.mode, min(can.batch_size, MAX_IN_FLIGHT), on_unknown, can.retry, self.definition.rate_per_s
        )
        return Lane(
            provider=provider.name, policy=policy, send=send, recorder=recorder, slots=slots,
            source=messages_left(self.path, provider.name, states, on_unknown),
            suppress=lambda messages, codes: self._suppress(can.mode, messages, codes),
            is_suppressed=suppressed.__contains__, window=self.definition.send_window,
            stop_requested=self._stop, clock=time.monotonic, draw=Random(),  # noqa: S311 - jitter
        )  # fmt: skip

    def _suppress(self, mode: Mode, messages: Sequence[Message], codes: Mapping[str, str]) -> None:
        self.ledger.suppress(
            {"address_key": message.address_key, "mode": mode.value, "channel": message.channel,
             "reason": codes[message.message_id], "campaign": self.partition}
            for message in messages
        )  # fmt: skip


def messages_left(path: Path, provider: str, states: States, on_unknown: OnUnknown) -> Iterator[tuple[Message, bool]]:
    """What is left to send through `provider`: the plan without what has an outcome; in doubt only if resent.

    Each with whether an earlier attempt may have arrived. Streams: memory does not grow with the plan.
    """
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        for batch in file.iter_batches(_READ_ROWS):
            for row in batch.filter(pc.equal(batch["provider"], provider)).to_pylist():
                if row["message_id"] in states.final:
                    continue
                touched = states.unsettled.get(row["message_id"])
                is_in_doubt = touched is not None and touched.is_in_doubt
                if not (is_in_doubt and on_unknown is OnUnknown.HOLD):
                    yield _message(row, touched.attempts + 1 if touched else 1), is_in_doubt


def _message(row: Mapping[str, str], attempt: int) -> Message:
    return Message(
        row["message_id"], row["channel"], row["address"], row["address_key"], row["title"], row["body"],
        json.loads(row["data"]), row["problem"], attempt,
    )  # fmt: skip


_STOP_TEXTS = {
    StopReason.CREDENTIALS: "stopped_credentials",
    StopReason.UNREACHABLE: "stopped_unreachable",
    StopReason.INTERNAL: "stopped_internal",
}


def _read_lanes(report: SendReport, lanes: Sequence[LaneReport]) -> None:
    """Take the first reason for stopping, and the earliest moment at which a waiting lane goes on."""
    for lane in lanes:
        if lane.stop in _STOP_TEXTS and report.problem is None:
            report.problem = MensageriaError(
                _STOP_TEXTS[lane.stop], provider=lane.provider, code=lane.code or "—", seconds=60, pending="?"
            )
        if lane.wait_reason and (
            report.wait_until is None or (lane.wait_until and lane.wait_until < report.wait_until)
        ):
            report.wait_until, report.wait_reason = lane.wait_until, lane.wait_reason


def _write_results(
    layout: Layout, ledger: Ledger, partition: str, path: Path, report: SendReport,
    definition: CampaignDefinition, providers: Sequence[Provider],
) -> None:  # fmt: skip
    """Whatever happened: write what is known and why it ended, and until when the campaign waits."""
    journal = ledger.journal(partition) if ledger.has_journal(partition) else None
    with Results(path, journal) as results:
        report.tally = results.tally()
        _explain(report, partition, definition, providers)
        problem = {"key": report.problem.key, "values": dict(report.problem.values)} if report.problem else None
        results.export(layout, partition, {Asset.MESSAGES.value: report.plan.fingerprint}, {"problem": problem})
    wait = Wait(partition, report.wait_until, report.wait_reason or "") if report.wait_until else None
    with contextlib.suppress(LedgerError):
        ledger.set_wait(partition, wait)


def _explain(report: SendReport, partition: str, definition: CampaignDefinition, providers: Sequence[Provider]) -> None:
    """Complete the reason with counts; held in-doubt messages are a reason of their own."""
    if report.problem is not None and "pending" in report.problem.values:
        report.problem.values["pending"] = report.tally.pending
    holds = any((definition.on_unknown or p.capabilities.on_unknown) is OnUnknown.HOLD for p in providers)
    if report.problem is None and report.tally.unknown and holds:
        report.problem = MensageriaError("stopped_unknown", unknown=report.tally.unknown, campaign=partition)
