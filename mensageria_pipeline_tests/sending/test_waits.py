"""Of several waits the one that is over first decides when a campaign goes on."""

from datetime import UTC, datetime, timedelta

from mensageria_pipeline.sending.lane_summary import LaneSummary, merged
from mensageria_pipeline.sending.policy import StopReason
from mensageria_pipeline.sending.waits import SendWait, earliest_wait

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
THROTTLED = SendWait("wait_throttled", NOON)
WINDOW = SendWait("wait_window", NOON + timedelta(hours=20))
PAUSED = SendWait("wait_paused")


def test_the_wait_that_is_over_first_counts() -> None:
    """A campaign whose mail waits for tomorrow goes on with its pushes at noon; an end that nobody knows comes last."""
    assert earliest_wait([WINDOW, None, THROTTLED, PAUSED]) == THROTTLED
    assert earliest_wait([PAUSED, WINDOW]) == WINDOW
    assert earliest_wait([PAUSED, None]) == PAUSED
    assert earliest_wait([None]) is None
    assert earliest_wait([]) is None


def test_the_senders_of_a_provider_wait_for_the_first_of_them() -> None:
    """Two senders of one provider make one line of the summary."""
    (found,) = merged([LaneSummary("p", wait=WINDOW), LaneSummary("p", wait=THROTTLED)])
    assert found.wait == THROTTLED


def test_what_ends_a_lane_first_is_why_it_ended() -> None:
    """Answers that come while it ends change nothing of that."""
    summary = LaneSummary("p")
    summary.stop_for(StopReason.CREDENTIALS, "401")
    summary.stop_for(StopReason.REQUESTED)
    summary.wait_until(NOON, "wait_window")
    summary.wait_for(1, "wait_throttled")
    assert (summary.stop, summary.code) == (StopReason.CREDENTIALS, "401")
    assert summary.wait == SendWait("wait_window", NOON)


def test_a_summary_goes_through_the_pipe_whole() -> None:
    """A sender process tells its parent how each lane ended."""
    summary = LaneSummary("p", stop=StopReason.FAILING, code="http_503", wait=PAUSED, sending_s=1.5, slowed=2)
    summary.events["accepted"] += 3
    for wait in (THROTTLED, PAUSED, None):
        summary.wait = wait
        found = LaneSummary.from_json(summary.as_json())
        assert found == summary
        assert found.events["rejected"] == 0, "still a counter"
