"""The engine: messages of one provider on their way, bounded, paced, retried and recorded.

The order of a message's life, which everything else depends on: a slot (never more than `max_in_flight` in
doubt), the pacing token, its intent on disk, the request, its answer on disk, the slot given back.
"""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.contracts.window import SendWindow
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.journal import Event, Line, now_us
from mensageria_pipeline.sending.pacing import Slots, TokenBucket
from mensageria_pipeline.sending.policy import (
    LONGEST_WAIT_S,
    MAX_DELAYED,
    MAX_IN_FLIGHT,
    LanePolicy,
    LaneReport,
    StopReason,
)
from mensageria_pipeline.sending.providers.contract import Result, Verdict, all_alike
from mensageria_pipeline.sending.retry import asked_s, wait_s

_POLL_S = 0.2


class Record(Protocol):
    async def record(self, lines: Sequence[Line]) -> None: ...


@dataclass(slots=True)
class Unit:
    """Messages that go out in one request, and what this run knows of them."""

    messages: list[Message]
    tries: int = 0
    first_tried_at: float = 0.0
    doubtful: set[str] = field(default_factory=set)
    """Ids with an earlier attempt that may have arrived."""


@dataclass(slots=True)
class Lane:
    """One provider's messages, from first to last. `run` once."""

    provider: str
    policy: LanePolicy
    source: Iterator[tuple[Message, bool]]
    """Messages to send, each with whether an earlier attempt may have arrived."""
    send: Callable[[Sequence[Message]], Awaitable[list[Result]]]
    recorder: Record
    suppress: Callable[[Sequence[Message], dict[str, str]], None]
    """Puts addresses on the suppression list: the messages, and message id → code."""
    is_suppressed: Callable[[str], bool]
    window: SendWindow
    slots: Slots
    stop_requested: threading.Event
    clock: Callable[[], float]
    draw: Random
    report: LaneReport = field(init=False)
    _bucket: TokenBucket = field(init=False)
    _delayed: list[tuple[float, int, Unit]] = field(default_factory=list)
    _ticket: Iterator[int] = field(default_factory=itertools.count)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _is_drained: bool = False
    _failing_since: float | None = None
    _fatal: LedgerError | None = None

    def __post_init__(self) -> None:
        self.report = LaneReport(self.provider)
        self._bucket = TokenBucket(self.policy.rate_per_s, self.clock)

    async def run(self) -> LaneReport:
        """Send until nothing is left, something stops it, or only waiting is left. Raises LedgerError."""
        try:
            while (unit := await self._next_unit()) is not None:
                await self.slots.acquire(len(unit.messages))
                may_leave = await self._bucket.take(len(unit.messages), self._may_go_on)
                held = await self._last_look(unit) if may_leave else len(unit.messages)
                if held:
                    await self.slots.release(held)
                if not may_leave:
                    break
                if not unit.messages:
                    continue
                task = asyncio.create_task(self._deliver(unit))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks)
        if self._fatal:
            raise self._fatal
        return self.report

    # What goes next.

    async def _next_unit(self) -> Unit | None:
        while self._may_go_on():
            now = self.clock()
            if self._delayed and self._delayed[0][0] <= now:
                return heapq.heappop(self._delayed)[2]
            if not self._is_drained and self._delayed_count() < MAX_DELAYED:
                unit = await self._read_unit()
                if unit:
                    return unit
                continue
            if self._delayed and self._delayed[0][0] - now > LONGEST_WAIT_S:
                self._wait(datetime.now(UTC) + timedelta(seconds=self._delayed[0][0] - now), "wait_throttled")
            elif self._delayed:
                await asyncio.sleep(min(self._delayed[0][0] - now, _POLL_S))
            elif self._tasks:
                await asyncio.wait(self._tasks, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED)
            else:
                return None
        return None

    def _delayed_count(self) -> int:
        return len(self._delayed) * self.policy.batch_size

    def _may_go_on(self) -> bool:
        """False once something stopped the lane or it has to wait for another run."""
        if self.stop_requested.is_set():
            self._stop(StopReason.REQUESTED)
        now = datetime.now(UTC)
        if not self.window.is_open(now) and not self.window.is_expired(now):
            # A window that will not open again still has messages to expire at its end.
            self._wait(self.window.next_opening(now) or self.window.expires_at, "wait_window")
        return self.report.stop is None and self.report.wait_reason is None

    async def _read_unit(self) -> Unit | None:
        """The next messages that may go, after those that need no request have got their outcome."""
        unit = Unit([])
        decided: list[Line] = []
        is_expired = self.window.is_expired(datetime.now(UTC))
        while len(unit.messages) < self.policy.batch_size and len(decided) < MAX_IN_FLIGHT:
            message, may_have_arrived = next(self.source, (None, False))
            if message is None:
                self._is_drained = True
                break
            outcome = self._decided_without_request(message, is_expired=is_expired)
            if outcome is None:
                unit.messages.append(message)
            elif not may_have_arrived:
                decided.append(self._line(message, outcome[0], code=outcome[1], attempt=0))
            if may_have_arrived:
                unit.doubtful.add(message.message_id)
        if decided:
            await self._record(decided)
        return unit if unit.messages else None

    async def _last_look(self, unit: Unit) -> int:
        """Decide once more, now that the unit may leave: time has passed. How many of its messages do not."""
        is_expired = self.window.is_expired(datetime.now(UTC))
        leaving, decided, held = [], [], 0
        for message in unit.messages:
            outcome = self._decided_without_request(message, is_expired=is_expired)
            if outcome is None:
                leaving.append(message)
                continue
            held += 1
            if message.message_id not in unit.doubtful:
                decided.append(self._line(message, outcome[0], code=outcome[1], attempt=0))
        unit.messages = leaving
        if decided:
            await self._record(decided)
        return held

    def _decided_without_request(self, message: Message, *, is_expired: bool) -> tuple[str, str] | None:
        if message.problem:
            return Outcome.REJECTED, message.problem
        if self.is_suppressed(message.address_key):
            return Outcome.SUPPRESSED, "dead_address"
        if is_expired:
            return Outcome.EXPIRED, "not_after"
        return None

    # One request.

    async def _deliver(self, unit: Unit) -> None:
        try:
            unit.tries += 1
            unit.first_tried_at = unit.first_tried_at or self.clock()
            await self._record([self._line(m, Event.ATTEMPTING) for m in unit.messages])
            started = self.clock()
            results = await self._answers(unit)
            latency_ms = (self.clock() - started) * 1000
            await self._settle(unit, results, latency_ms)
        except LedgerError as error:
            self._fatal = error
            self._stop(StopReason.LEDGER)
        finally:
            await self.slots.release(len(unit.messages))

    async def _answers(self, unit: Unit) -> list[Result]:
        try:
            return await self.send(unit.messages)
        except Exception as error:  # noqa: BLE001 - an adapter's defect: the messages may have left
            self._stop(StopReason.INTERNAL, type(error).__name__)
            return all_alike(unit.messages, Verdict.UNKNOWN, "internal_error")

    async def _settle(self, unit: Unit, results: list[Result], latency_ms: float) -> None:
        """Record the answers, and put what is to be tried again back in line."""
        by_id = {result.message_id: result for result in results}
        pairs = [
            (m, by_id.get(m.message_id) or Result(m.message_id, Verdict.UNKNOWN, "no_result")) for m in unit.messages
        ]
        dead = {m.message_id: r.code or "" for m, r in pairs if r.verdict is Verdict.INVALID_ADDRESS}
        lines = [self._line(m, _event(r.verdict), r, latency_ms=latency_ms) for m, r in pairs]
        self._watch([result for _, result in pairs])
        again = [(m, r) for m, r in pairs if self._goes_again(r)]
        unit.doubtful |= {r.message_id for _, r in pairs if r.verdict is Verdict.UNKNOWN}
        if again and self._has_given_up(unit):
            lines += self._given_up(unit, again)
        elif again:
            self._delay(unit, again)
        await self._record(lines)
        if dead:
            await asyncio.to_thread(self.suppress, [m for m, _ in pairs if m.message_id in dead], dead)

    def _goes_again(self, result: Result) -> bool:
        if result.verdict is Verdict.UNKNOWN:
            return self.policy.on_unknown is OnUnknown.RESEND
        return result.verdict in {Verdict.THROTTLED, Verdict.RETRY}

    def _delay(self, unit: Unit, again: list[tuple[Message, Result]]) -> None:
        results = [result for _, result in again]
        wait, asked = wait_s(self.policy.retry, unit.tries, results, self.draw), asked_s(results)
        if asked > LONGEST_WAIT_S:
            self._wait(datetime.now(UTC) + timedelta(seconds=asked), "wait_throttled")
        if asked and any(result.verdict is Verdict.THROTTLED for result in results):
            self._bucket.hold_until(self.clock() + min(wait, LONGEST_WAIT_S))
        retried = replace(unit, messages=[replace(m, attempt=m.attempt + 1) for m, _ in again])
        heapq.heappush(self._delayed, (self.clock() + wait, next(self._ticket), retried))

    def _has_given_up(self, unit: Unit) -> bool:
        return self.clock() - unit.first_tried_at >= self.policy.retry.give_up_s

    def _given_up(self, unit: Unit, again: list[tuple[Message, Result]]) -> list[Line]:
        """Messages that were surely not sent expire; in-doubt ones stay unknown, throttled ones pending."""
        if any(result.verdict is Verdict.THROTTLED for _, result in again):
            self._wait(datetime.now(UTC) + timedelta(seconds=LONGEST_WAIT_S), "wait_throttled")
        return [
            self._line(message, Outcome.EXPIRED, code="gave_up", attempt=0)
            for message, result in again
            if result.verdict is Verdict.RETRY and message.message_id not in unit.doubtful
        ]

    def _watch(self, results: list[Result]) -> None:
        """Stop at once on refused credentials, and after a while without any real answer."""
        refused = next((r for r in results if r.verdict is Verdict.CREDENTIALS), None)
        if refused:
            self._stop(StopReason.CREDENTIALS, refused.code)
        elif not all(r.verdict in {Verdict.RETRY, Verdict.UNKNOWN} for r in results):
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = self.clock()
        elif self.clock() - self._failing_since >= self.policy.unreachable_s:
            self._stop(StopReason.UNREACHABLE, results[0].code)

    # Records.

    async def _record(self, lines: Sequence[Line]) -> None:
        await self.recorder.record(lines)
        self.report.events.update(line.event for line in lines)

    def _line(
        self, message: Message, event: str, result: Result | None = None, *,
        code: str | None = None, attempt: int | None = None, latency_ms: float | None = None,
    ) -> Line:  # fmt: skip
        return Line(
            message.message_id, self.policy.mode, message.attempt if attempt is None else attempt, str(event), now_us(),
            result.code if result else code, result.provider_message_id if result else None, latency_ms,
            *((message.address_key, message.edition) if event == Event.ATTEMPTING else ()),
        )  # fmt: skip

    def _stop(self, reason: StopReason, code: str | None = None) -> None:
        if self.report.stop is None:
            self.report.stop, self.report.code = reason, code

    def _wait(self, until: datetime | None, reason: str) -> None:
        if self.report.wait_reason is None:
            self.report.wait_until, self.report.wait_reason = until, reason


def _event(verdict: Verdict) -> str:
    """How an answer stands in the journal: refused credentials mean that the message was surely not sent."""
    return Event.RETRY if verdict is Verdict.CREDENTIALS else verdict.value
