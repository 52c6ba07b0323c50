"""Pacing and the breaker, on a clock of their own."""

from pathlib import Path

import pytest

from mensageria_pipeline.sending import breaker as breakers
from mensageria_pipeline.sending.breaker import Breaker
from mensageria_pipeline.sending.pacing import BURST_S, RECOVERY_S, Bucket, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def send_for(clock: Clock, seconds: float, *buckets: Bucket) -> list[float]:
    """The moments at which senders that always have work may send, each with its own sight of the bucket."""
    moments: list[float] = []
    until = clock.now + seconds
    due = dict.fromkeys(range(len(buckets)), clock.now)
    while due[number := min(due, key=lambda each: due[each])] < until:
        clock.now = max(clock.now, due[number])
        moments.append(clock.now)
        due[number] = buckets[number].reserve(1)
    clock.now = until
    return moments[len(buckets) :]


def rates(moments: list[float], window_s: float) -> list[float]:
    """Messages per second in every whole window that begins at a message."""
    found = []
    for first, start in enumerate(moments):
        if start + window_s > moments[-1]:
            break
        found.append(sum(start <= moment < start + window_s for moment in moments[first:]) / window_s)
    return found[::97]


def test_the_rate_holds_in_every_window_however_many_senders_share_it(tmp_path: Path) -> None:
    """Law 6: within two per cent over any ten seconds."""
    clock = Clock()
    buckets = [Bucket(Pace(500), tmp_path / "b", clock) for _ in range(3)]
    found = rates(send_for(clock, 21, *buckets), 10)
    assert found
    assert all(490 <= rate <= 510 for rate in found)


def test_a_pause_is_not_made_up_for() -> None:
    """After idle time there is no burst beyond a twentieth of a second."""
    clock = Clock()
    bucket = Bucket(Pace(1_000), clock=clock)
    bucket.reserve(1)
    clock.now += 60
    assert sum(bucket.reserve(1) <= clock.now for _ in range(2_000)) <= BURST_S * 1_000 + 1


def test_a_storm_of_429s_halves_the_rate_each_second_and_it_grows_back() -> None:
    """Additive increase, multiplicative decrease; afterwards the configured rate holds again."""
    clock = Clock()
    bucket = Bucket(Pace(500), clock=clock)
    counts = []
    for _ in range(4):
        counts.append(len(send_for(clock, 1, bucket)))
        bucket.throttled(counts[-1])
    assert counts[0] >= 490
    assert counts[-1] <= 120
    send_for(clock, RECOVERY_S, bucket)
    assert all(490 <= rate <= 510 for rate in rates(send_for(clock, 21, bucket), 10))


def test_a_few_429s_among_many_answers_cost_little() -> None:
    """One busy device in twenty is no reason to slow down for all."""
    clock = Clock()
    bucket = Bucket(Pace(500), clock=clock)
    for _ in range(30):
        bucket.throttled(len(send_for(clock, 1, bucket)) // 20)
    assert len(send_for(clock, 1, bucket)) >= 470


def test_retry_after_holds_everybody(tmp_path: Path) -> None:
    """One sender is told to wait; the others of the credential wait too."""
    clock = Clock()
    one, other = (Bucket(Pace(100), tmp_path / "b", clock) for _ in range(2))
    one.reserve(1)
    one.throttled(asked_s=7)
    assert other.reserve(1) >= clock.now + 7


def test_without_a_configured_rate_the_observed_one_is_halved_and_outgrown() -> None:
    """Nothing limits until the provider throttles; then what it took is where to begin."""
    clock = Clock()
    bucket = Bucket(Pace(), clock=clock)
    for _ in range(3_000):
        assert bucket.reserve(1) <= clock.now
        clock.now += 0.001
    bucket.throttled(1_000)
    clock.now += 1
    bucket.reserve(1)
    slow = len(send_for(clock, 1, bucket))
    assert 200 <= slow <= 650
    clock.now += 4 * RECOVERY_S
    bucket.reserve(1)
    assert bucket.reserve(100_000) <= clock.now
    assert bucket.reserve(1) <= clock.now


def test_a_gap_after_the_last_message_makes_no_observed_rate_slower() -> None:
    """A sender is killed in the second in which the provider first throttled: six seconds pass before the next one."""
    clock = Clock()
    bucket = Bucket(Pace(None), clock=clock)
    for _ in range(100):
        bucket.reserve(1)
        clock.now += 0.001
    bucket.throttled()
    clock.now += 6
    bucket.reserve(1)
    assert bucket.burst() == int(99 * BURST_S), "a hundred a second, as before the gap"


def test_the_ramp_begins_low_and_ends_at_the_full_rate() -> None:
    """What FCM asks for: from zero to the full rate over a minute."""
    clock = Clock()
    bucket = Bucket(Pace(1_000, ramp_up_s=60), clock=clock)
    per_second = [len(send_for(clock, 1, bucket)) for _ in range(70)]
    assert per_second[0] <= 30
    assert 400 <= per_second[30] <= 600
    assert all(980 <= count <= 1_020 for count in per_second[62:])


def test_numbers_of_another_boot_do_not_hold_anybody(tmp_path: Path) -> None:
    """The monotonic clock begins anew with the machine; the file survives it."""
    clock = Clock()
    Bucket(Pace(1), tmp_path / "b", clock).reserve(5_000)
    clock.now = 3.0
    assert Bucket(Pace(1), tmp_path / "b", clock).reserve(1) <= clock.now + 1


def test_a_very_slow_rate_is_kept() -> None:
    """Ten messages an hour: the next moment is minutes ahead, and no sign of another boot."""
    clock = Clock()
    bucket = Bucket(Pace(10 / 3_600), clock=clock)
    assert [round((bucket.reserve(1) - clock.now) / 360) for _ in range(4)] == [0, 1, 2, 3]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _failing(breaker: Breaker, count: int) -> None:
    for _ in range(count):
        breaker.failed()


def test_the_breaker_opens_by_rate_probes_and_closes(clock: Clock) -> None:
    """Half of the last answers missing; then one probe at a time, ever rarer, until one is answered."""
    breaker = Breaker(clock)
    breaker.answered(accepted=True)
    assert breaker.permits(0) > 1_000
    _failing(breaker, breakers.LEAST_ANSWERS)
    assert breaker.permits(0) == 0
    clock.now += breakers.OPEN_S
    assert breaker.permits(0) == 1
    breaker.began()
    assert breaker.permits(1) == 0, "one probe at a time"
    breaker.failed()
    clock.now += breakers.OPEN_S
    assert breaker.permits(0) == 0, "for twice as long"
    clock.now += breakers.OPEN_S
    breaker.began()
    breaker.answered(accepted=False)
    assert breaker.permits(0) > 1_000
    assert breaker.openings == 2


def test_waiting_for_the_next_try_is_no_outage(clock: Clock) -> None:
    """A provider that asks for two minutes is there; one that fails try after try for a minute is not."""
    breaker = Breaker(clock)
    breaker.failed()
    clock.now += 120
    breaker.failed()
    assert breaker.failing_for_s() == 0
    for _ in range(breakers.LEAST_ANSWERS):
        clock.now += 10
        breaker.failed()
    assert breaker.failing_for_s() >= 60


def test_single_failures_do_not_open_it(clock: Clock) -> None:
    """A provider that fails in one of ten goes on being used."""
    breaker = Breaker(clock)
    for _ in range(50):
        for _ in range(9):
            breaker.answered(accepted=True)
        breaker.failed()
    assert breaker.openings == 0


def test_until_something_was_accepted_few_requests_are_under_way(clock: Clock) -> None:
    """A mistake of ours costs a handful of messages, not all that may be in flight."""
    breaker = Breaker(clock)
    assert breaker.permits(0) == breakers.UNPROVEN
    assert breaker.permits(breakers.UNPROVEN) == 0
    breaker.answered(accepted=True)
    assert breaker.permits(breakers.UNPROVEN) > 1_000


def test_malformed_requests_stop_soon_where_nothing_is_accepted(clock: Clock) -> None:
    """A wrong project or a wrong path; bad addresses among good ones do not."""
    breaker = Breaker(clock)
    assert [breaker.malformed() for _ in range(breakers.MALFORMED)][-1]
    among_good = Breaker(clock)
    stops: list[bool] = []
    for _ in range(100):
        for _ in range(4):
            among_good.answered(accepted=True)
        stops.append(among_good.malformed())
    assert not any(stops)
