"""The loop of one provider: takes units from the queue through permit, token, last look and intent."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.window import SendWindow
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.sending.breaker import Breaker
from mensageria_pipeline.sending.engine.dead_addresses import DeadAddresses
from mensageria_pipeline.sending.engine.delivery import Delivery
from mensageria_pipeline.sending.engine.lane_journal import LaneJournal
from mensageria_pipeline.sending.engine.leave import Leave
from mensageria_pipeline.sending.engine.permits import Permit, PermitPool
from mensageria_pipeline.sending.engine.ports import Clock, Record, Send, Source, Suppressions
from mensageria_pipeline.sending.engine.preflight import Preflight
from mensageria_pipeline.sending.engine.retries import Retries
from mensageria_pipeline.sending.engine.tasks import Tasks
from mensageria_pipeline.sending.engine.unit import CHUNK, Unit
from mensageria_pipeline.sending.engine.unit_queue import UnitQueue
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.pacing import Bucket
from mensageria_pipeline.sending.policy import LONGEST_WAIT_S, SIT_S, LanePolicy, StopReason, StopSwitch

_POLL_S = 0.2
_LEAST_WAIT_S = 0.001
_COMPANY_S = 0.002
"""At full load: how long a chunk waits for more permits to come free, so that its commit serves many messages."""


@dataclass(slots=True)
class Lane:
    """One provider's messages, from first to last. `run` once."""

    provider: str
    policy: LanePolicy
    source: Source
    send: Send
    refusal: Callable[[Message], str | None]
    """Why a message cannot be sent through the provider at all."""
    recorder: Record
    suppressions: Suppressions
    window: SendWindow
    permits: PermitPool
    buckets: Sequence[Bucket]
    """The campaign's own pace, and its credential's: a message needs a token of each."""
    stop_switch: StopSwitch
    clock: Clock
    draw: Random
    route: str = ""
    """Which provider and account its intents name."""
    holds_lease: Callable[[], bool] = lambda: True
    """Whether the shard that it writes to is surely its sender's."""
    summary: LaneSummary = field(init=False)
    _tasks: Tasks = field(default_factory=Tasks)
    _breaker: Breaker = field(init=False)
    _journal: LaneJournal = field(init=False)
    _preflight: Preflight = field(init=False)
    _queue: UnitQueue = field(init=False)
    _delivery: Delivery = field(init=False)

    def __post_init__(self) -> None:
        self.summary = LaneSummary(self.provider)
        self._breaker = Breaker(self.clock)
        self._journal = LaneJournal(self.recorder, self.summary, self.policy.mode, self.route)
        self._preflight = Preflight(self.suppressions, self.refusal, self.window, self._journal)
        self._queue = UnitQueue(self.source, self.policy.batch_size, self._preflight, self.clock)
        self._delivery = Delivery(
            self.send,
            self._journal,
            Retries(self.policy, self._queue, self._journal, self.summary, self.clock, self.draw),
            DeadAddresses(self.suppressions, self._journal, self._tasks),
            self._breaker,
            self.buckets[-1],
            self.summary,
            self.clock,
            Leave(self.policy.connections, self.holds_lease, self.stop_switch),
        )

    async def run(self) -> LaneSummary:
        """Send until nothing is left, something stops it, or only waiting is left. Raises LedgerError."""
        try:
            while (units := await self._next_units()) is not None:
                await self._begin(units)
        except LedgerError:
            self.summary.stop_for(StopReason.LEDGER)
            raise
        finally:
            await self._tasks.join()
            await self.recorder.flush()
            self.summary.slowed = sum(bucket.decreases for bucket in self.buckets)
            self.summary.breaker_openings = self._breaker.openings
        if self.recorder.error:
            raise self.recorder.error
        return self.summary

    # What goes next.

    async def _next_units(self) -> list[Unit] | None:
        """The next requests that may be begun together; None when nothing is left or something stops the lane."""
        while self._may_go_on():
            if not await self.permits.wait_for(self.policy.batch_size, self._may_go_on):
                break
            if self.permits.free < CHUNK and self._tasks:
                await asyncio.sleep(_COMPANY_S)
            permitted = self._breaker.permits(self._delivery.under_way)
            units = await self._take(permitted) if permitted else []
            if units:
                return units
            if permitted and self._queue.is_empty and not self._tasks:
                return None
            await self._wait_for_change()
        return None

    async def _take(self, most_units: int) -> list[Unit]:
        self.suppressions.refresh()
        limit = min(CHUNK, self.permits.free, *(bucket.burst() for bucket in self.buckets))
        return await self._queue.take(limit, most_units, self.stop_switch.is_set)

    def _may_go_on(self) -> bool:
        """False once something stopped the lane or it has to wait for another run."""
        if self.stop_switch.is_set():
            self.summary.stop_for(StopReason.REQUESTED)
        elif self.recorder.error:
            self.summary.stop_for(StopReason.LEDGER)
        elif self._breaker.failing_for_s() >= self.policy.unreachable_s:
            reason = StopReason.UNREACHABLE if self._breaker.is_silent else StopReason.FAILING
            self.summary.stop_for(reason, self.summary.code)
        now = datetime.now(UTC)
        if not self.window.is_open(now) and not self.window.is_expired(now):
            # A window that will not open again still has messages to expire at its end.
            self.summary.wait_until(self.window.next_opening(now) or self.window.expires_at, "wait_window")
        return self.summary.stop is None and self.summary.wait is None

    async def _wait_for_change(self) -> None:
        """Sleep until something may be due: a delayed unit, an answer, or the breaker."""
        due_in_s = self._queue.due_in_s
        if due_in_s is None:
            due_in_s = _POLL_S
        poll_s = max(_LEAST_WAIT_S, min(due_in_s, _POLL_S))
        if self._tasks:
            await self._tasks.wait_for_one(poll_s)
        elif due_in_s > SIT_S and self._queue.is_waiting_for_deferred:
            self.summary.wait_for(due_in_s, "wait_greylisted")
        elif due_in_s > LONGEST_WAIT_S:
            self.summary.wait_for(due_in_s, "wait_throttled")
        else:
            await asyncio.sleep(poll_s)

    # How it leaves.

    async def _begin(self, units: list[Unit]) -> None:
        """Take units through permit, token and last look. Raises LedgerError."""
        with self.permits.take(sum(len(unit.messages) for unit in units)) as permit:
            if not await self._token(permit.count):
                return
            units = self._permitted_still(units)
            count = await self._preflight.last_look(units)
            if count:
                self._leave([unit for unit in units if unit.messages], permit.split(count))

    async def _token(self, count: int) -> bool:
        for bucket in self.buckets:
            if not await bucket.take(count, self._may_go_on):
                return False
        return True

    def _permitted_still(self, units: list[Unit]) -> list[Unit]:
        """Those that may leave now that their token is there; the breaker may have opened meanwhile."""
        permitted = self._breaker.permits(self._delivery.under_way)
        for unit in units[permitted:]:
            self._queue.put_back(unit)
        return units[:permitted]

    def _leave(self, units: list[Unit], permit: Permit) -> None:
        """From here on they are on their way; the next chunk is made ready meanwhile."""
        for _ in units:
            self._breaker.began()
        self._delivery.under_way += len(units)
        intents = [self._journal.intent(message) for unit in units for message in unit.messages]
        self._tasks.spawn(self._launch(units, intents, permit), permit)

    async def _launch(self, units: list[Unit], intents: list[Line], permit: Permit) -> None:
        """Let requests leave once their intents are on disk."""
        try:
            await self._journal.record(intents)
        except LedgerError:
            self._delivery.under_way -= len(units)
            return
        for unit in units:
            own = permit.split(len(unit.messages))
            self._tasks.spawn(self._delivery.deliver(unit, own), own)
