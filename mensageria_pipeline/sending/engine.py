"""The engine: messages of one provider on their way, bounded, paced, retried and recorded.

The order of a message's life, which everything else depends on: a slot (never more than `max_in_flight` in
doubt), the pacing token, a last look, its intent on disk, the request, its answer on disk, the slot given
back. Messages go in chunks up to the intent, so that one commit serves many, and alone from there on.
"""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.contracts.window import SendWindow
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.breaker import Breaker
from mensageria_pipeline.sending.ledger.journal import Event, Line, now_us
from mensageria_pipeline.sending.pacing import Bucket, Slots
from mensageria_pipeline.sending.policy import (
    LONGEST_WAIT_S,
    MAX_DELAYED,
    LanePolicy,
    LaneReport,
    StopReason,
    StopSwitch,
)
from mensageria_pipeline.sending.providers.contract import Result, Verdict, all_alike
from mensageria_pipeline.sending.retry import asked_s, wait_s

CHUNK = 128
"""Messages that share one commit of their intents, at most."""
_POLL_S = 0.2
_COMPANY_S = 0.002
"""At full load: how long a chunk waits for more slots to come free, so that its commit serves many messages."""
_DEAD_S = 0.1
"""How long dead addresses gather before they go to the suppression list together."""

_ATTEMPTING, _ACCEPTED = Event.ATTEMPTING.value, Outcome.ACCEPTED.value
_EVENT = {verdict: verdict.value for verdict in Verdict} | {
    Verdict.CREDENTIALS: Event.RETRY.value,  # surely not sent
    Verdict.MALFORMED: Outcome.REJECTED.value,
}
"""How an answer stands in the journal."""


class Record(Protocol):
    """The journal, as the engine needs it; `Recorder` is one."""

    error: LedgerError | None

    async def record(self, lines: Sequence[Line]) -> None:
        """Return when the lines are on disk. Raises LedgerError."""

    def submit(self, lines: Sequence[Line], slots: Slots | None = None, held: int = 0) -> object:
        """Write lines soon, and give back `held` of `slots` then."""

    async def flush(self) -> None:
        """Return when all submitted lines are on disk, or cannot be."""


class Suppressions(Protocol):
    """The suppression list, as the engine needs it."""

    def refresh(self) -> None:
        """Take in what others have added; called before each chunk."""

    def code(self, message: Message) -> str | None:
        """Why a message must not be sent; None where nothing forbids it."""

    def add(self, dead: Sequence[tuple[Message, str]]) -> None:
        """Put the addresses of messages on the list, each with the provider's code. Blocks. Raises LedgerError."""


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
    refusal: Callable[[Message], str | None]
    """Why a message cannot be sent through the provider at all."""
    recorder: Record
    suppressions: Suppressions
    window: SendWindow
    slots: Slots
    buckets: Sequence[Bucket]
    """The campaign's own pace, and its credential's: a message needs a token of each."""
    stop_switch: StopSwitch
    clock: Callable[[], float]
    draw: Random
    report: LaneReport = field(init=False)
    _breaker: Breaker = field(init=False)
    _mode: str = field(init=False)
    _delayed: list[tuple[float, int, Unit]] = field(default_factory=list)
    _ticket: Iterator[int] = field(default_factory=itertools.count)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _under_way: int = 0
    """Requests without an answer yet."""
    _is_drained: bool = False
    _dead: list[tuple[Message, Line]] = field(default_factory=list)
    _began_at: float | None = None

    def __post_init__(self) -> None:
        self.report = LaneReport(self.provider)
        self._breaker = Breaker(self.clock)
        self._mode = self.policy.mode.value

    async def run(self) -> LaneReport:
        """Send until nothing is left, something stops it, or only waiting is left. Raises LedgerError."""
        try:
            while (units := await self._next_units()) is not None:
                await self._begin(units)
        except LedgerError:
            self._stop(StopReason.LEDGER)
            raise
        finally:
            while self._tasks:
                await asyncio.wait(self._tasks)
            await self.recorder.flush()
            self.report.slowed = sum(bucket.decreases for bucket in self.buckets)
            self.report.breaker_openings = self._breaker.openings
        if self.recorder.error:
            raise self.recorder.error
        return self.report

    async def _begin(self, units: list[Unit]) -> None:
        """Take units through slot, token, last look and intent, and let their requests leave."""
        count = sum(len(unit.messages) for unit in units)
        self.slots.take(count)
        left = 0
        try:
            if await self._token(count):
                units = self._permitted_still(units)
                left = await self._last_look(units)
        finally:
            self.slots.release(count - left)
        units = [unit for unit in units if unit.messages]
        if not left:
            return
        intents = [self._line(m, _ATTEMPTING) for unit in units for m in unit.messages]
        for _ in units:
            self._breaker.began()
        self._under_way += len(units)
        self._spawn(self._launch(units, intents))

    async def _launch(self, units: list[Unit], intents: list[Line]) -> None:
        """Let requests leave once their intents are on disk. The next chunk is made ready meanwhile."""
        try:
            await self._record(intents)
        except LedgerError:
            self._under_way -= len(units)
            self.slots.release(len(intents))
            return
        if self._began_at is None:
            self._began_at = self.clock()
        for unit in units:
            self._spawn(self._deliver(unit))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _permitted_still(self, units: list[Unit]) -> list[Unit]:
        """Those that may leave now that their token is there; the breaker may have opened meanwhile."""
        permitted = self._breaker.permits(self._under_way)
        for unit in units[permitted:]:
            heapq.heappush(self._delayed, (self.clock(), next(self._ticket), unit))
        return units[:permitted]

    async def _token(self, count: int) -> bool:
        for bucket in self.buckets:
            if not await bucket.take(count, self._may_go_on):
                return False
        return True

    # What goes next.

    async def _next_units(self) -> list[Unit] | None:
        """The next requests that may be begun together; None when nothing is left or something stops the lane."""
        while self._may_go_on():
            if not await self.slots.wait_for(self.policy.batch_size, self._may_go_on):
                break
            if self.slots.free < CHUNK and self._tasks:
                await asyncio.sleep(_COMPANY_S)
            permitted = self._breaker.permits(self._under_way)
            limit = min(CHUNK, self.slots.free, *(bucket.burst() for bucket in self.buckets))
            units = await self._gather(limit, permitted) if permitted else []
            if units:
                return units
            if permitted and self._is_idle():
                return None
            await self._wait_for_change()
        return None

    async def _gather(self, limit: int, permitted: int) -> list[Unit]:
        """Units of at most `limit` messages, at least one unit: what is due again first, then what is new."""
        units: list[Unit] = []
        count, now = 0, self.clock()
        self.suppressions.refresh()
        while (
            not self.stop_switch.is_set()
            and len(units) < permitted
            and (not units or count + self.policy.batch_size <= limit)
        ):
            if self._delayed and self._delayed[0][0] <= now:
                unit: Unit | None = heapq.heappop(self._delayed)[2]
            elif not self._is_drained and len(self._delayed) * self.policy.batch_size < MAX_DELAYED:
                unit = await self._read_unit()
            else:
                break
            if unit:
                units.append(unit)
                count += len(unit.messages)
        return units

    def _is_idle(self) -> bool:
        return self._is_drained and not self._delayed and not self._tasks

    async def _wait_for_change(self) -> None:
        """Sleep until something may be due: a delayed unit, an answer, or the breaker."""
        due_in = self._delayed[0][0] - self.clock() if self._delayed else _POLL_S
        if not self._tasks and due_in > LONGEST_WAIT_S:
            self._wait(datetime.now(UTC) + timedelta(seconds=due_in), "wait_throttled")
        elif self._tasks:
            timeout = max(0.001, min(due_in, _POLL_S))
            await asyncio.wait(self._tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(max(0.001, min(due_in, _POLL_S)))

    def _may_go_on(self) -> bool:
        """False once something stopped the lane or it has to wait for another run."""
        if self.stop_switch.is_set():
            self._stop(StopReason.REQUESTED)
        elif self.recorder.error:
            self._stop(StopReason.LEDGER)
        elif self._breaker.failing_for_s() >= self.policy.unreachable_s:
            self._stop(StopReason.UNREACHABLE, self.report.code)
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
        while len(unit.messages) < self.policy.batch_size and len(decided) < CHUNK:
            message, may_have_arrived = next(self.source, (None, False))
            if message is None:
                self._is_drained = True
                break
            self._sort(unit, message, decided, may_have_arrived=may_have_arrived, is_expired=is_expired)
        if decided:
            await self._record(decided)
        return unit if unit.messages else None

    async def _last_look(self, units: list[Unit]) -> int:
        """Decide once more, now that the units may leave: time has passed. How many messages still leave."""
        is_expired = self.window.is_expired(datetime.now(UTC))
        decided: list[Line] = []
        left = 0
        for unit in units:
            if is_expired or any(self.suppressions.code(message) for message in unit.messages):
                messages, unit.messages = unit.messages, []
                for message in messages:
                    doubtful = message.message_id in unit.doubtful
                    self._sort(unit, message, decided, may_have_arrived=doubtful, is_expired=is_expired)
            left += len(unit.messages)
        if decided:
            await self._record(decided)
        return left

    def _sort(
        self, unit: Unit, message: Message, decided: list[Line], *, may_have_arrived: bool, is_expired: bool
    ) -> None:
        """Into the unit, or among the lines of messages that need no request. In doubt stays in doubt."""
        outcome: tuple[Outcome, str] | None = None
        if message.problem:
            outcome = (Outcome.REJECTED, message.problem)
        elif forbidden := self.suppressions.code(message):
            outcome = (Outcome.SUPPRESSED, forbidden)
        elif is_expired:
            outcome = (Outcome.EXPIRED, "not_after")
        elif refusal := self.refusal(message):
            outcome = (Outcome.REJECTED, refusal)
        if may_have_arrived:
            unit.doubtful.add(message.message_id)
        if outcome is None:
            unit.messages.append(message)
        elif not may_have_arrived:
            decided.append(self._decision(message, *outcome))

    # One request.

    async def _deliver(self, unit: Unit) -> None:
        started = self.clock()
        unit.tries += 1
        unit.first_tried_at = unit.first_tried_at or started
        try:
            results = await self.send(unit.messages)
        except Exception as error:  # noqa: BLE001 - an adapter's defect: the messages may have left
            self._stop(StopReason.INTERNAL, type(error).__name__)
            results = all_alike(unit.messages, Verdict.UNKNOWN, "internal_error")
        self._under_way -= 1
        ended = self.clock()
        self.report.sending_s = ended - (self._began_at or started)
        try:
            self._settle(unit, results, (ended - started) * 1000)
        except Exception as error:  # noqa: BLE001 - a defect of ours: their intents leave them in doubt
            self._stop(StopReason.INTERNAL, type(error).__name__)
            self.slots.release(len(unit.messages))

    def _settle(self, unit: Unit, results: list[Result], latency_ms: float) -> None:
        """Hand the answers to the recorder, and put what is to be tried again back in line."""
        if len(unit.messages) == 1 and _is_accepted(unit.messages[0], results):
            # Nearly all of them: what follows would come to the same, more slowly.
            self._breaker.answered(accepted=True)
            self.report.events[_ACCEPTED] += 1
            self.recorder.submit([self._line(unit.messages[0], _ACCEPTED, results[0], latency_ms)], self.slots, 1)
            return
        pairs = _paired(unit.messages, results)
        self._watch([result for _, result in pairs])
        lines = []
        again: list[tuple[Message, Result]] = []
        for message, result in pairs:
            line = self._line(message, _EVENT[result.verdict], result, latency_ms)
            if result.verdict is Verdict.INVALID_ADDRESS:
                self._bury(message, line)
                continue
            lines.append(line)
            if result.verdict is Verdict.UNKNOWN:
                unit.doubtful.add(message.message_id)
            if self._goes_again(result):
                again.append((message, result))
        held = len(lines)
        if again and self._has_given_up(unit):
            lines += self._given_up(unit, again)
        elif again:
            self._delay(unit, again)
        if lines:
            self._count(lines)
            self.recorder.submit(lines, self.slots, held)

    def _goes_again(self, result: Result) -> bool:
        if result.verdict is Verdict.UNKNOWN:
            return self.policy.on_unknown is OnUnknown.RESEND
        return result.verdict in {Verdict.THROTTLED, Verdict.RETRY}

    def _delay(self, unit: Unit, again: list[tuple[Message, Result]]) -> None:
        results = [result for _, result in again]
        wait = wait_s(self.policy.retry, unit.tries, results, self.draw)
        if asked_s(results) > LONGEST_WAIT_S:
            self._wait(datetime.now(UTC) + timedelta(seconds=asked_s(results)), "wait_throttled")
        # A copy: an attempt's number is part of its lines, which are written later.
        retried = replace(unit, messages=[m._replace(attempt=m.attempt + 1) for m, _ in again])
        heapq.heappush(self._delayed, (self.clock() + wait, next(self._ticket), retried))

    def _has_given_up(self, unit: Unit) -> bool:
        return self.clock() - unit.first_tried_at >= self.policy.retry.give_up_s

    def _given_up(self, unit: Unit, again: list[tuple[Message, Result]]) -> list[Line]:
        """Messages that were surely not sent expire; in-doubt ones stay unknown, throttled ones pending."""
        if any(result.verdict is Verdict.THROTTLED for _, result in again):
            self._wait(datetime.now(UTC) + timedelta(seconds=LONGEST_WAIT_S), "wait_throttled")
        return [
            self._decision(message, Outcome.EXPIRED, "gave_up")
            for message, result in again
            if result.verdict is Verdict.RETRY and message.message_id not in unit.doubtful
        ]

    def _watch(self, results: list[Result]) -> None:
        """Tell the breaker and the bucket; stop at once on refused credentials, after a few malformed requests."""
        verdicts = {result.verdict for result in results}
        code = next((result.code for result in results if result.code), None)
        if Verdict.CREDENTIALS in verdicts:
            self._stop(StopReason.CREDENTIALS, code)
        elif verdicts <= {Verdict.RETRY, Verdict.UNKNOWN}:
            self._breaker.failed()
            self.report.code = self.report.code or code
        else:
            self._breaker.answered(accepted=Verdict.ACCEPTED in verdicts)
            if self.report.stop is None:
                self.report.code = None
        if Verdict.MALFORMED in verdicts and self._breaker.malformed():
            self._stop(StopReason.MALFORMED, code)
        if Verdict.THROTTLED in verdicts:
            count = sum(result.verdict is Verdict.THROTTLED for result in results)
            self.buckets[-1].throttled(count, asked_s(results))

    # Dead addresses: first on the suppression list, then settled, so that a crash between the two forgets neither.

    def _bury(self, message: Message, line: Line) -> None:
        self._dead.append((message, line))
        if len(self._dead) == 1:
            self._spawn(self._suppress_dead())

    async def _suppress_dead(self) -> None:
        await asyncio.sleep(_DEAD_S)
        dead, self._dead = self._dead, []
        lines = [line for _, line in dead]
        try:
            await asyncio.to_thread(self.suppressions.add, [(message, line.code or "") for message, line in dead])
        except LedgerError as error:
            self.recorder.error = self.recorder.error or error
            self.slots.release(len(lines))
            return
        self._count(lines)
        self.recorder.submit(lines, self.slots, len(lines))

    # Records.

    async def _record(self, lines: Sequence[Line]) -> None:
        await self.recorder.record(lines)
        self._count(lines)

    def _count(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self.report.events[line.event] += 1

    def _line(
        self, message: Message, event: str, result: Result | None = None, latency_ms: float | None = None
    ) -> Line:
        if result is None:
            return Line(
                message.message_id, self._mode, message.attempt, event, now_us(), None, None, None,
                message.address_key, message.edition,
            )  # fmt: skip
        return Line(
            message.message_id, self._mode, message.attempt, event, now_us(), result.code, result.provider_message_id,
            latency_ms, None, None, result.cost,
        )  # fmt: skip

    def _decision(self, message: Message, outcome: Outcome, code: str) -> Line:
        """An outcome that took no request."""
        return Line(message.message_id, self._mode, 0, outcome.value, now_us(), code)

    def _stop(self, reason: StopReason, code: str | None = None) -> None:
        if self.report.stop is None:
            self.report.stop, self.report.code = reason, code

    def _wait(self, until: datetime | None, reason: str) -> None:
        if self.report.wait_reason is None:
            self.report.wait_until, self.report.wait_reason = until, reason


def _is_accepted(message: Message, results: Sequence[Result]) -> bool:
    return len(results) == 1 and results[0].verdict is Verdict.ACCEPTED and results[0].message_id == message.message_id


def _paired(messages: Sequence[Message], results: Sequence[Result]) -> list[tuple[Message, Result]]:
    """Each message with its result; one that the provider did not name may have arrived."""
    named = {result.message_id: result for result in results}
    return [(m, named.get(m.message_id) or Result(m.message_id, Verdict.UNKNOWN, "no_result")) for m in messages]
