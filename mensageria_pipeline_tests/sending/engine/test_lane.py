"""The engine's own promises, with a provider that is a function."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import Random

import pytest

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.definition.window import SendWindow
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.providers.contract import RetryPolicy
from mensageria_pipeline.providers.verdict import Result, Verdict, all_alike
from mensageria_pipeline.sending.engine import Lane
from mensageria_pipeline.sending.engine.permits import PermitPool
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.pacing import Bucket, Pace
from mensageria_pipeline.sending.policy import LanePolicy, StopReason, StopSwitch
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.sending.retry import deferred_s, wait_s

FAST = RetryPolicy(first_s=0.01, floor_s=0.001, ceiling_s=0.02, give_up_s=0.3)
Send = Callable[[Sequence[Message]], Awaitable[list[Result]]]


def message(number: int) -> Message:
    return Message(str(number), "push", f"t{number}", f"k{number}", "", "Oi", {})


class Lines:
    """A journal in memory, which may fail."""

    def __init__(self, *, fails_after: int | None = None) -> None:
        self.lines: list[Line] = []
        self._left = fails_after

    def append(self, lines: Sequence[Line]) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise LedgerError("ledger_unwritable", problem="OSError", path="x")
        self.lines += lines

    def events(self, message_id: str = "0") -> list[str]:
        return [line.event for line in self.lines if line.message_id == message_id]


class NobodySuppressed(set[str]):
    """Or those whose address keys it holds."""

    def code(self, message: Message) -> str | None:
        return "dead_address" if message.address_key in self else None

    def refresh(self) -> None:
        pass

    def add(self, dead: object) -> None:  # type: ignore[override]
        pass


def run(
    send: Send,
    lines: Lines,
    *,
    count: int = 1,
    retry: RetryPolicy = FAST,
    batch: int = 1,
    slots: int = 512,
    on_unknown: OnUnknown = OnUnknown.RESEND,
    unreachable_s: float = 60,
    stop: StopSwitch | None = None,
    suppressed: NobodySuppressed | None = None,
    connections: int | None = None,
    holds_lease: Callable[[], bool] = lambda: True,
) -> LaneSummary:
    async def sending() -> LaneSummary:
        async with Recorder(lines.append) as recorder:
            lane = Lane(
                provider="p",
                policy=LanePolicy(Mode.LIVE, batch, on_unknown, retry, connections, unreachable_s),
                source=iter([(message(n), False) for n in range(count)]),
                send=send,
                refusal=lambda _message: None,
                recorder=recorder,
                suppressions=suppressed or NobodySuppressed(),
                window=SendWindow(),
                permits=PermitPool(slots),
                buckets=[Bucket(Pace())],
                stop_switch=stop or StopSwitch(),
                clock=time.monotonic,
                draw=Random(1),
                holds_lease=holds_lease,
            )
            return await lane.run()

    return asyncio.run(sending())


def answering(*verdicts: Verdict) -> Send:
    """Answers in turn; the last one for ever."""
    left = list(verdicts)

    async def send(messages: Sequence[Message]) -> list[Result]:
        verdict = left.pop(0) if len(left) > 1 else left[0]
        return all_alike(messages, verdict, verdict.value)

    return send


def test_the_intent_is_recorded_before_the_request_and_the_answer_after() -> None:
    """The order that everything else depends on."""
    lines = Lines()

    async def send(messages: Sequence[Message]) -> list[Result]:
        assert lines.events() == ["attempting"]
        return all_alike(messages, Verdict.ACCEPTED, None)

    run(send, lines)
    assert lines.events() == ["attempting", "accepted"]


def test_no_request_leaves_for_a_shard_that_may_be_somebody_elses() -> None:
    """A process that was stopped beyond its lease: another has sent its messages, or holds them in doubt."""
    lines, stop = Lines(), StopSwitch()

    async def send(messages: Sequence[Message]) -> list[Result]:
        raise AssertionError("it left")

    def holds_lease() -> bool:
        if lines.lines:
            stop.set()  # the beat has found out
        return False

    run(send, lines, count=3, stop=stop, holds_lease=holds_lease)
    assert {line.event for line in lines.lines} == {"attempting"}


def test_a_request_waits_until_the_lease_is_sure_again() -> None:
    """A ledger that was locked for long: nobody could take the shard over, and the next beat says so."""
    lines, asked = Lines(), iter([False, False, True])
    run(answering(Verdict.ACCEPTED), lines, holds_lease=lambda: next(asked))
    assert lines.events() == ["attempting", "accepted"]


def test_requests_wait_for_a_connection_before_they_are_asked_whether_they_may_leave() -> None:
    """What waits within an adapter would leave long after that."""
    at_once, asked_at = [0, 0], list[int]()

    async def send(messages: Sequence[Message]) -> list[Result]:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0.001)
        at_once[0] -= 1
        return all_alike(messages, Verdict.ACCEPTED, None)

    def holds_lease() -> bool:
        asked_at.append(at_once[0])
        return True

    run(send, Lines(), count=20, connections=2, holds_lease=holds_lease)
    assert at_once[1] == 2
    assert max(asked_at) < 2


def test_what_was_surely_not_sent_expires_after_the_give_up_time() -> None:
    """A message that is refused a connection again and again does not wait for ever."""
    lines = Lines()
    run(answering(Verdict.RETRY), lines)
    assert lines.events()[-1] == "expired"
    assert lines.events()[:2] == ["attempting", "retry"]


def test_what_may_have_arrived_never_expires() -> None:
    """In doubt stays in doubt: one ambiguous attempt is enough."""
    lines = Lines()
    run(answering(Verdict.UNKNOWN, Verdict.RETRY), lines)
    assert "expired" not in lines.events()
    assert "unknown" in lines.events()


def test_throttled_for_long_ends_as_waiting() -> None:
    """Law 6: 429 is not a failure; the campaign is resumed later."""
    lines = Lines()
    report = run(answering(Verdict.THROTTLED), lines)
    assert report.wait is not None
    assert report.wait.reason == "wait_throttled"
    assert report.stop is None
    assert lines.events()[-1] == "throttled"


def test_an_unreachable_provider_stops_the_lane() -> None:
    """Before messages run out of patience one by one."""
    report = run(answering(Verdict.RETRY), Lines(), unreachable_s=0.1, retry=RetryPolicy(0.01, 0.01, 0.02, 60))
    assert (report.stop, report.code) == (StopReason.UNREACHABLE, "retry")


def test_a_provider_that_answers_with_errors_only_is_not_called_unreachable() -> None:
    """A 503 for a minute stops the lane too, and says who has the trouble: not the network."""

    async def send(messages: Sequence[Message]) -> list[Result]:
        return [Result(m.message_id, Verdict.RETRY, "http_503", is_silence=False) for m in messages]

    report = run(send, Lines(), unreachable_s=0.1, retry=RetryPolicy(0.01, 0.01, 0.02, 60))
    assert (report.stop, report.code) == (StopReason.FAILING, "http_503")


def deferring(times: int) -> Send:
    """Says `later` so often, then accepts."""
    left = times

    async def send(messages: Sequence[Message]) -> list[Result]:
        nonlocal left
        left -= 1
        verdict = Verdict.RETRY if left >= 0 else Verdict.ACCEPTED
        return [Result(m.message_id, verdict, "4.7.1", is_deferred=left >= 0) for m in messages]

    return send


def test_a_deferral_is_an_answer_and_the_run_ends_as_waiting() -> None:
    """Greylisting of all for minutes is no silence: nothing stops, nothing expires, and the run does not sit there."""
    lines = Lines()
    retry = RetryPolicy(0.01, 0.01, 0.02, 0.0, give_up_s=0.0, deferred_s=300)
    report = run(deferring(1_000), lines, count=40, unreachable_s=0.0001, retry=retry)
    assert report.wait is not None
    assert report.wait.until is not None
    assert (report.stop, report.wait.reason) == (None, "wait_greylisted")
    assert 200 < (report.wait.until - datetime.now(UTC)).total_seconds() <= 300
    assert report.events == {"attempting": 40, "retry": 40}


def test_a_deferred_message_goes_again_once_its_time_has_come() -> None:
    """In the same run, where that is still sending."""
    lines = Lines()
    report = run(deferring(3), lines, count=3, retry=RetryPolicy(0.01, 0.01, 0.02, 0.0, 60, deferred_s=0.01))
    assert report.events["accepted"] == 3
    assert lines.events() == ["attempting", "retry", "attempting", "accepted"]


def test_a_message_that_is_deferred_for_days_expires() -> None:
    """Nothing waits for ever; one in doubt stays in doubt."""
    lines = Lines()
    retry = RetryPolicy(0.01, 0.01, 0.02, 0.0, 60, deferred_s=0.001, most_deferred=3)
    report = run(deferring(1_000), lines, retry=retry)
    assert lines.events() == ["attempting", "retry"] * 3 + ["expired"]
    assert report.events["expired"] == 1
    assert [deferred_s(RetryPolicy(), attempt, Result("m", Verdict.RETRY)) for attempt in (1, 2, 3, 4, 90)] == [
        300,
        600,
        1_200,
        1_800,
        1_800,
    ]


def test_an_adapters_defect_stops_the_lane_and_leaves_its_messages_in_doubt() -> None:
    """An exception says nothing about what was sent."""

    async def send(_messages: Sequence[Message]) -> list[Result]:
        raise KeyError("segredo")

    lines = Lines()
    report = run(send, lines)
    assert (report.stop, report.code) == (StopReason.INTERNAL, "KeyError")
    assert lines.events() == ["attempting", "unknown"]


def test_a_result_for_another_message_is_not_an_answer() -> None:
    """What the provider does not name is in doubt."""

    async def send(_messages: Sequence[Message]) -> list[Result]:
        return [Result("other", Verdict.ACCEPTED)]

    lines = Lines()
    run(send, lines, on_unknown=OnUnknown.HOLD)
    assert lines.events() == ["attempting", "unknown"]


@pytest.mark.parametrize("after", [0, 1])
def test_nothing_more_is_sent_once_the_ledger_fails(after: int) -> None:
    """If it cannot be recorded, it is not sent: neither before the first request nor after it."""
    sent = 0

    async def send(messages: Sequence[Message]) -> list[Result]:
        nonlocal sent
        sent += len(messages)
        return all_alike(messages, Verdict.ACCEPTED, None)

    with pytest.raises(LedgerError):
        run(send, Lines(fails_after=after), count=50, slots=1)
    assert sent == after


def test_a_ledger_that_fails_between_slot_and_intent_hangs_nobody() -> None:
    """Slots that were taken come back, whatever goes wrong; the lane ends with the ledger's error."""
    suppressed = NobodySuppressed({"k3"})
    with pytest.raises(LedgerError):
        run(answering(Verdict.ACCEPTED), Lines(fails_after=0), count=50, slots=8, suppressed=suppressed)


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

    run(send, Lines(), count=200, batch=3, slots=10)
    assert most <= 10


def test_a_stop_request_ends_after_what_is_in_flight() -> None:
    """Terminate records the answers of requests under way and begins nothing new."""
    stop, lines = StopSwitch(), Lines()

    async def send(messages: Sequence[Message]) -> list[Result]:
        stop.set()
        await asyncio.sleep(0.02)
        return all_alike(messages, Verdict.ACCEPTED, None)

    report = run(send, lines, count=5_000, slots=1, stop=stop)
    assert report.stop is StopReason.REQUESTED
    assert report.events["accepted"] == report.events["attempting"] == 1


def test_waits_grow_within_bounds_and_honour_the_provider() -> None:
    """Full jitter between floor and ceiling; Retry-After is a least wait."""
    policy, draw = RetryPolicy(first_s=1, floor_s=0.5, ceiling_s=8, give_up_s=60), Random(1)
    waits = [wait_s(policy, attempt, [], draw) for attempt in range(1, 40)]
    assert all(0.5 <= wait <= 8 for wait in waits)
    assert wait_s(policy, 1, [Result("m", Verdict.THROTTLED, None, None, 30)], draw) == 30


def test_group_commit_wakes_everybody_and_reports_failures() -> None:
    """Many waiters share one transaction; a failed one tells all of them."""
    groups: list[int] = []

    def append(lines: Sequence[Line]) -> None:
        groups.append(len(lines))
        if any(line.message_id == "bad" for line in lines):
            raise LedgerError("ledger_unwritable", problem="OSError", path="x")

    async def record_all() -> list[object]:
        async with Recorder(append) as recorder:
            good = [recorder.record([Line(str(n), "live", 1, "attempting", 1)]) for n in range(100)]
            await asyncio.gather(*good)
            return await asyncio.gather(
                recorder.record([Line("bad", "live", 1, "attempting", 1)]), return_exceptions=True
            )

    (failure,) = asyncio.run(record_all())
    assert isinstance(failure, LedgerError)
    assert sum(groups) == 101
    assert len(groups) < 101
