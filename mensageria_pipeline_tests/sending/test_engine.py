"""The engine's own promises, with a provider that is a function."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import pytest

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.window import SendWindow
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.engine import Lane
from mensageria_pipeline.sending.journal import Line
from mensageria_pipeline.sending.pacing import Slots, TokenBucket
from mensageria_pipeline.sending.policy import LanePolicy, LaneReport, StopReason
from mensageria_pipeline.sending.providers.contract import Result, RetryPolicy, Verdict, all_alike
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.sending.retry import wait_s

FAST = RetryPolicy(first_s=0.01, floor_s=0.001, ceiling_s=0.02, give_up_s=0.3)
Send = Callable[[Sequence[Message]], Awaitable[list[Result]]]


def message(number: int) -> Message:
    return Message(str(number), "push", f"t{number}", f"k{number}", "", "Oi", {})


class Record:
    """A recorder that keeps its lines in memory, and may fail."""

    def __init__(self, *, fails_after: int | None = None) -> None:
        self.lines: list[Line] = []
        self._left = fails_after

    async def record(self, lines: Sequence[Line]) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise LedgerError("ledger_unwritable", problem="OSError", path="x")
        self.lines += lines

    def events(self, message_id: str = "0") -> list[str]:
        return [str(line.event) for line in self.lines if line.message_id == message_id]


def run(
    send: Send, record: Record, *, count: int = 1, retry: RetryPolicy = FAST, batch: int = 1, slots: int = 512,
    on_unknown: OnUnknown = OnUnknown.RESEND, unreachable_s: float = 60, stop: threading.Event | None = None,
) -> LaneReport:  # fmt: skip
    lane = Lane(
        provider="p", policy=LanePolicy(Mode.LIVE, batch, on_unknown, retry, unreachable_s=unreachable_s),
        source=iter([(message(n), False) for n in range(count)]), send=send, recorder=record,
        suppress=lambda _messages, _codes: None, is_suppressed=lambda _key: False, window=SendWindow(),
        slots=Slots(slots), stop_requested=stop or threading.Event(), clock=time.monotonic, draw=Random(1),
    )  # fmt: skip
    return asyncio.run(lane.run())


def answering(*verdicts: Verdict) -> Send:
    """Answers in turn; the last one for ever."""
    left = list(verdicts)

    async def send(messages: Sequence[Message]) -> list[Result]:
        verdict = left.pop(0) if len(left) > 1 else left[0]
        return all_alike(messages, verdict, verdict.value)

    return send


def test_the_intent_is_recorded_before_the_request_and_the_answer_after() -> None:
    """The order that everything else depends on."""
    record = Record()

    async def send(messages: Sequence[Message]) -> list[Result]:
        assert record.events() == ["attempting"]
        return all_alike(messages, Verdict.ACCEPTED, None)

    run(send, record)
    assert record.events() == ["attempting", "accepted"]


def test_what_was_surely_not_sent_expires_after_the_give_up_time() -> None:
    """A message that is refused a connection again and again does not wait for ever."""
    record = Record()
    run(answering(Verdict.RETRY), record)
    assert record.events()[-1] == "expired"
    assert record.events()[:2] == ["attempting", "retry"]


def test_what_may_have_arrived_never_expires() -> None:
    """In doubt stays in doubt: one ambiguous attempt is enough."""
    record = Record()
    run(answering(Verdict.UNKNOWN, Verdict.RETRY), record)
    assert "expired" not in record.events()
    assert "unknown" in record.events()


def test_throttled_for_long_ends_as_waiting() -> None:
    """Law 6: 429 is not a failure; the campaign is resumed later."""
    record = Record()
    report = run(answering(Verdict.THROTTLED), record)
    assert report.wait_reason == "wait_throttled"
    assert report.stop is None
    assert record.events()[-1] == "throttled"


def test_an_unreachable_provider_stops_the_lane() -> None:
    """Before messages run out of patience one by one."""
    report = run(answering(Verdict.RETRY), Record(), unreachable_s=0.1, retry=RetryPolicy(0.01, 0.01, 0.02, 60))
    assert (report.stop, report.code) == (StopReason.UNREACHABLE, "retry")


def test_an_adapters_defect_stops_the_lane_and_leaves_its_messages_in_doubt() -> None:
    """An exception says nothing about what was sent."""

    async def send(_messages: Sequence[Message]) -> list[Result]:
        raise KeyError("segredo")

    record = Record()
    report = run(send, record)
    assert (report.stop, report.code) == (StopReason.INTERNAL, "KeyError")
    assert record.events() == ["attempting", "unknown"]


def test_a_result_for_another_message_is_not_an_answer() -> None:
    """What the provider does not name is in doubt."""

    async def send(_messages: Sequence[Message]) -> list[Result]:
        return [Result("other", Verdict.ACCEPTED)]

    record = Record()
    run(send, record, on_unknown=OnUnknown.HOLD)
    assert record.events() == ["attempting", "unknown"]


@pytest.mark.parametrize("after", [0, 1])
def test_nothing_more_is_sent_once_the_ledger_fails(after: int) -> None:
    """If it cannot be recorded, it is not sent: neither before the first request nor after it."""
    sent = 0

    async def send(messages: Sequence[Message]) -> list[Result]:
        nonlocal sent
        sent += len(messages)
        return all_alike(messages, Verdict.ACCEPTED, None)

    with pytest.raises(LedgerError):
        run(send, Record(fails_after=after), count=50, slots=1)
    assert sent == after


def test_no_more_than_the_slots_are_in_doubt_at_once() -> None:
    """What a crash leaves in doubt is bounded."""
    in_flight, most = 0, 0

    async def send(messages: Sequence[Message]) -> list[Result]:
        nonlocal in_flight, most
        in_flight += len(messages)
        most = max(most, in_flight)
        await asyncio.sleep(0.002)
        in_flight -= len(messages)
        return all_alike(messages, Verdict.ACCEPTED, None)

    run(send, Record(), count=200, batch=3, slots=10)
    assert most <= 10


def test_a_stop_request_ends_after_what_is_in_flight() -> None:
    """Terminate records the answers of requests under way and begins nothing new."""
    stop, record = threading.Event(), Record()

    async def send(messages: Sequence[Message]) -> list[Result]:
        stop.set()
        await asyncio.sleep(0.02)
        return all_alike(messages, Verdict.ACCEPTED, None)

    report = run(send, record, count=5_000, slots=1, stop=stop)
    assert report.stop is StopReason.REQUESTED
    assert report.events["accepted"] == report.events["attempting"] == 1


def test_waits_grow_within_bounds_and_honour_the_provider() -> None:
    """Full jitter between floor and ceiling; Retry-After is a least wait."""
    policy, draw = RetryPolicy(first_s=1, floor_s=0.5, ceiling_s=8, give_up_s=60), Random(1)
    waits = [wait_s(policy, attempt, [], draw) for attempt in range(1, 40)]
    assert all(0.5 <= wait <= 8 for wait in waits)
    assert wait_s(policy, 1, [Result("m", Verdict.THROTTLED, None, None, 30)], draw) == 30


def test_the_bucket_is_even_and_makes_up_for_nothing() -> None:
    """After a pause there is no burst beyond a twentieth of a second."""

    async def elapsed() -> float:
        bucket = TokenBucket(200, time.monotonic)
        await asyncio.sleep(0.3)
        started = time.monotonic()
        for _ in range(50):
            await bucket.take(1)
        return time.monotonic() - started

    assert asyncio.run(elapsed()) >= 0.19


def test_group_commit_wakes_everybody_and_reports_failures() -> None:
    """Many waiters share one transaction; a failed one tells all of them."""
    groups: list[int] = []

    def append(lines: Sequence[Line]) -> None:
        groups.append(len(lines))
        if any(line.message_id == "bad" for line in lines):
            raise LedgerError("ledger_unwritable", problem="OSError", path="x")

    async def record_all() -> list[object]:
        async with Recorder(append) as recorder:
            good = [recorder.record([Line(str(n), Mode.LIVE, 1, "attempting", 1)]) for n in range(100)]
            await asyncio.gather(*good)
            return await asyncio.gather(
                recorder.record([Line("bad", Mode.LIVE, 1, "attempting", 1)]), return_exceptions=True
            )

    (failure,) = asyncio.run(record_all())
    assert isinstance(failure, LedgerError)
    assert sum(groups) == 101
    assert len(groups) < 101
