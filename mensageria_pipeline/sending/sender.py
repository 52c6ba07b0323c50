"""The sender of one plan: a thread with an event loop, and in it a lane per provider."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import uvloop

from mensageria_pipeline.contracts.campaign import CampaignDefinition, OnUnknown
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES
from mensageria_pipeline.sending.engine import Lane
from mensageria_pipeline.sending.journal import Journal, States
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.pacing import Slots
from mensageria_pipeline.sending.policy import MAX_IN_FLIGHT, LanePolicy, LaneReport
from mensageria_pipeline.sending.providers.contract import Capabilities, HttpProvider, Provider, Result, SendingProvider
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.sending.transport import HttpTransport

_READ_ROWS = 1_000
_REPORT_EVERY_S = 1.0
_REFRESH_S = 2.0

ProgressSink = Callable[[int, int], None]
"""Called about once a second with (messages settled, messages in all)."""
Send = Callable[[Sequence[Message]], Awaitable[list[Result]]]


@dataclass(slots=True)
class Sender:
    """One sending of a plan. `run` once."""

    path: Path
    journal: Journal
    ledger: Ledger
    timeout_s: float
    partition: str
    definition: CampaignDefinition
    providers: Sequence[Provider]
    settled_count: int = 0
    """Messages that got their final outcome from this sender."""
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
        return sum(lane.report.events[outcome.value] for lane in self._lanes for outcome in FINAL_OUTCOMES)

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

    async def _sender(self, provider: Provider, stack: contextlib.AsyncExitStack) -> Send:
        if isinstance(provider, SendingProvider):
            return provider.send
        assert isinstance(provider, HttpProvider)  # noqa: S101 - the contract knows two kinds
        transport = HttpTransport(provider, self.timeout_s, MAX_IN_FLIGHT)
        return (await stack.enter_async_context(transport)).send

    def _lane(self, provider: Provider, send: Send, recorder: Recorder, slots: Slots, states: States) -> Lane:
        can = provider.capabilities
        suppressed = Suppressed(self.ledger, can.mode)
        on_unknown = self.definition.on_unknown or can.on_unknown
        policy = LanePolicy(
            can.mode, _batch_size(can, self.definition.rate_per_s), on_unknown, can.retry, self.definition.rate_per_s
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


class Suppressed:
    """The suppression list as it is now: additions of others show up within `_REFRESH_S`."""

    def __init__(self, ledger: Ledger, mode: Mode) -> None:
        self._ledger, self._mode = ledger, mode
        self._read_at, self._keys = datetime.now(UTC), set(ledger.suppressed(mode))

    def __contains__(self, address_key: str) -> bool:
        now = datetime.now(UTC)
        if (now - self._read_at).total_seconds() >= _REFRESH_S:
            # A little overlap: another process stamps its additions before it commits them.
            since = self._read_at - timedelta(seconds=10 * _REFRESH_S)
            self._read_at, added = now, self._ledger.suppressed(self._mode, since)
            self._keys |= added
        return address_key in self._keys


def _batch_size(can: Capabilities, rate_per_s: float | None) -> int:
    """Messages per request: no more than a tenth of a second's worth, or a batch would be a burst."""
    most = min(can.batch_size, MAX_IN_FLIGHT)
    return max(1, min(most, int(rate_per_s / 10))) if rate_per_s else most


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


def _message(row: Mapping[str, Any], attempt: int) -> Message:
    return Message(
        row["message_id"], row["channel"], row["address"], row["address_key"], row["title"], row["body"],
        json.loads(row["data"]), int(row["edition"]), row["problem"], attempt,
    )  # fmt: skip
