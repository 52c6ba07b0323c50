"""Permits: whatever happens to the work, all of them come back, once, and never more than the pool has are out."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.definition.window import SendWindow
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.providers.contract import RetryPolicy
from mensageria_pipeline.providers.verdict import About, Result, Verdict
from mensageria_pipeline.sending.engine import Lane
from mensageria_pipeline.sending.engine.permits import Permit, PermitPool
from mensageria_pipeline.sending.engine.tasks import Tasks
from mensageria_pipeline.sending.pacing import Bucket, Pace
from mensageria_pipeline.sending.policy import LanePolicy, StopSwitch
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline_tests.sending.engine.test_lane import Lines, NobodySuppressed, message

HASTY = RetryPolicy(first_s=0.001, floor_s=0.0, ceiling_s=0.002, give_up_s=0.05, deferred_s=0.001, most_deferred=3)
SIZE = 12
MOST_ODD = 40
"""Requests with an answer of the example; later ones are accepted, so that each example ends soon."""


@given(st.integers(0, SIZE), st.lists(st.tuples(st.sampled_from(["split", "absorb", "release"]), st.integers(0, 20))))
def test_permits_are_neither_lost_nor_multiplied(taken: int, steps: list[tuple[str, int]]) -> None:
    """However a permit is split, merged and released, even twice: what is out and what is free add up to the pool."""
    pool = PermitPool(SIZE)
    permits = [pool.take(taken)]
    for step, number in steps:
        permit, other = permits[number % len(permits)], permits[-1]
        if step == "split":
            permits.append(permit.split(min(number, permit.count)))
        elif step == "absorb" and permit is not other:
            permit.absorb(other)
        elif step == "release":
            permit.release()
        assert pool.free + sum(each.count for each in permits) == SIZE
    for permit in permits * 2:
        permit.release()
    assert pool.free == SIZE


def test_nobody_takes_or_splits_more_than_there_is() -> None:
    """A mistake is an error at once, rather than a bound that no longer holds."""
    pool = PermitPool(3)
    permit = pool.take(2)
    with pytest.raises(ValueError, match="2 of 1"):
        pool.take(2)
    with pytest.raises(ValueError, match="3 of 2"):
        permit.split(3)
    with permit:
        assert pool.free == 1
    assert pool.free == 3


def test_work_that_is_cancelled_before_its_first_step_gives_its_permit_back() -> None:
    """The permit ends with the task, not with a line of code that may never run."""

    async def never(_permit: Permit) -> None:
        await asyncio.sleep(60)

    async def begin() -> int:
        pool, tasks = PermitPool(3), Tasks()
        permit = pool.take(3)
        tasks.spawn(never(permit), permit)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await tasks.join()
        return pool.free

    assert asyncio.run(begin()) == 3


class WatchedPool(PermitPool):
    """Remembers how many of its permits were out at once."""

    most_out = 0

    def take(self, count: int) -> Permit:
        permit = super().take(count)
        self.most_out = max(self.most_out, self.size - self.free)
        return permit


class Suppressing(NobodySuppressed):
    """A list that cannot be written to, where `is_broken`."""

    is_broken = False

    def add(self, dead: object) -> None:  # type: ignore[override]
        if self.is_broken:
            raise LedgerError("ledger_unwritable", problem="OSError", path="x")


ANSWERS = st.one_of(
    st.sampled_from(list(Verdict)).map(lambda verdict: ("verdict", verdict)),
    st.sampled_from(["raises", "says nothing", "later", "garbage", "about the message"]).map(lambda how: (how, None)),
)


def answer(how: str, verdict: Verdict | None, messages: Sequence[Message]) -> list[Result]:
    if how == "raises":
        raise KeyError
    if how == "garbage":
        return None  # type: ignore[return-value]
    if how == "later":
        return [Result(each.message_id, Verdict.RETRY, "4.7.1", is_deferred=True) for each in messages]
    if how == "about the message":
        return [Result(each.message_id, Verdict.UNKNOWN, "x", about=About.MESSAGE) for each in messages]
    mixed = [verdict or Verdict.ACCEPTED, Verdict.ACCEPTED]
    answered = messages if how == "verdict" else ()
    return [Result(each.message_id, mixed[number % 2]) for number, each in enumerate(answered)]


@settings(deadline=None, max_examples=40)
@given(
    answers=st.lists(ANSWERS, min_size=1, max_size=8),
    batch=st.integers(1, 5),
    size=st.integers(5, SIZE),
    is_resent=st.booleans(),
    ledger_fails_after=st.none() | st.integers(0, 6),
    is_list_broken=st.booleans(),
    suppressed=st.sets(st.integers(0, 30).map(lambda number: f"k{number}")),
    stops_at=st.none() | st.integers(1, 8),
    cancelled_after_s=st.none() | st.floats(0, 0.05),
)
def test_all_permits_are_back_after_any_sending(
    answers: list[tuple[str, Verdict | None]],
    batch: int,
    size: int,
    *,
    is_resent: bool,
    ledger_fails_after: int | None,
    is_list_broken: bool,
    suppressed: set[str],
    stops_at: int | None,
    cancelled_after_s: float | None,
) -> None:
    """Answers of any kind, defects, a failing ledger, a stop, a cancellation: the bound on what is in doubt holds."""
    stop, requests = StopSwitch(), 0
    suppressions = Suppressing(suppressed)
    suppressions.is_broken = is_list_broken

    async def send(messages: Sequence[Message]) -> list[Result]:
        nonlocal requests
        requests += 1
        if requests == stops_at:
            stop.set()
        await asyncio.sleep(0.001 * (requests % 3))
        how = answers[requests % len(answers)] if requests <= MOST_ODD else ("verdict", Verdict.ACCEPTED)
        return answer(*how, messages)

    async def sending() -> WatchedPool:
        pool = WatchedPool(size)
        async with Recorder[Line](Lines(fails_after=ledger_fails_after).append) as recorder:
            lane = Lane(
                provider="p",
                policy=LanePolicy(
                    Mode.LIVE, batch, OnUnknown.RESEND if is_resent else OnUnknown.HOLD, HASTY, unreachable_s=0.2
                ),
                source=iter([(message(number), number % 3 == 0) for number in range(30)]),
                send=send,
                refusal=lambda each: "refused" if each.message_id == "7" else None,
                recorder=recorder,
                suppressions=suppressions,
                window=SendWindow(),
                permits=pool,
                buckets=[Bucket(Pace())],
                stop_switch=stop,
                clock=time.monotonic,
                draw=Random(1),
            )
            running = asyncio.ensure_future(lane.run())
            if cancelled_after_s is not None:
                asyncio.get_running_loop().call_later(cancelled_after_s, running.cancel)
            with contextlib.suppress(LedgerError, asyncio.CancelledError):
                await running
        return pool

    pool = asyncio.run(sending())
    assert pool.free == pool.size
    assert pool.most_out <= pool.size
