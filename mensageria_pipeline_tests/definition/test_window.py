"""Messages leave only when they may."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mensageria_pipeline.definition.window import SendWindow

MONDAY_8H = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # 08:00 in São Paulo


def test_without_limits_the_window_is_always_open() -> None:
    """A campaign that says nothing is not held."""
    assert SendWindow().is_open(MONDAY_8H)


@pytest.mark.parametrize(("hour_utc", "is_open"), [(11, False), (12, True), (22, True), (23, False)])
def test_hours_are_local(hour_utc: int, is_open: bool) -> None:
    """09:00-20:00 means São Paulo's hours, not the server's."""
    window = SendWindow(hours="09:00-20:00")
    assert window.is_open(MONDAY_8H.replace(hour=hour_utc)) is is_open


def test_the_next_opening_skips_closed_days() -> None:
    """A Friday evening waits for Monday where the weekend is closed."""
    window = SendWindow(hours="09:00-20:00", weekdays=("mon", "tue", "wed", "thu", "fri"))
    friday_night = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert window.next_opening(friday_night) == datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def test_hours_past_midnight_belong_to_the_day_they_began() -> None:
    """22:00-02:00 on Fridays includes Saturday's first hours and not Friday's."""
    window = SendWindow(hours="22:00-02:00", weekdays=("fri",), timezone="UTC")
    assert window.is_open(datetime(2026, 11, 28, 1, 0, tzinfo=UTC))
    assert not window.is_open(datetime(2026, 11, 27, 1, 0, tzinfo=UTC))


def test_dates_without_offset_are_local_and_not_after_expires() -> None:
    """An operator writes local dates."""
    window = SendWindow(not_before="2026-11-23T09:00", not_after="2026-11-23T10:00")  # type: ignore[arg-type]
    assert window.next_opening(MONDAY_8H) == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert window.is_expired(datetime(2026, 11, 23, 13, 0, tzinfo=UTC))
    assert window.next_opening(datetime(2026, 11, 23, 13, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": "9-20"},
        {"timezone": "Brasilia"},
        {"weekdays": []},
        {"not_before": "2026-01-02", "not_after": "2026-01-01"},
    ],
)
def test_impossible_windows_are_refused(wrong: dict[str, object]) -> None:
    """A window that never opens would hold a campaign in silence."""
    with pytest.raises(ValidationError):
        SendWindow.model_validate(wrong)


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2101-01-01", "1999-12-31"]
)
def test_a_moment_of_another_century_is_refused(moment: str) -> None:
    """In another zone it is no date at all, and broke whatever asked when the window opens."""
    for name in ("not_before", "not_after"):
        with pytest.raises(ValidationError):
            SendWindow(**{name: moment})


def local(zone: str, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("zone", "hours", "now", "opens"),
    [
        # 02:00 becomes 03:00.
        ("America/New_York", "02:30-05:00", "2026-03-08T01:00", ("2026-03-08T03:00", 0)),
        ("America/New_York", "02:00-05:00", "2026-03-08T01:00", ("2026-03-08T03:00", 0)),
        ("America/New_York", "03:30-05:00", "2026-03-08T01:00", ("2026-03-08T03:30", 0)),
        # 00:00 becomes 01:00, as in Brazil until 2019.
        ("America/Sao_Paulo", "00:30-05:00", "2018-11-03T23:30", ("2018-11-04T01:00", 0)),
        ("America/Santiago", "00:00-05:00", "2026-09-05T23:30", ("2026-09-06T01:00", 0)),
        # 02:00 becomes 01:00: the hour from one to two comes twice.
        ("America/New_York", "01:30-05:00", "2026-11-01T00:30", ("2026-11-01T01:30", 0)),
        ("America/New_York", "01:00-01:30", "2026-11-01T01:45", ("2026-11-01T01:00", 1)),
        ("America/New_York", "00:30-01:10", "2026-11-01T01:45", ("2026-11-01T01:00", 1)),
    ],
)
def test_windows_follow_clocks_that_change(zone: str, hours: str, now: str, opens: tuple[str, int]) -> None:
    """A start that the clocks leave out is the moment at which they do."""
    window = SendWindow(hours=hours, timezone=zone)
    opening = window.next_opening(local(zone, now))
    assert opening == local(zone, *opens).astimezone(UTC)
    assert opening is not None
    assert window.is_open(opening)


def test_a_date_that_the_clocks_leave_out_is_the_moment_at_which_they_do() -> None:
    window = SendWindow(not_before="2026-03-08T02:30", timezone="America/New_York")  # type: ignore[arg-type]
    assert window.opens_at == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


@given(
    zone=st.sampled_from(["America/New_York", "America/Sao_Paulo", "America/Santiago", "Australia/Lord_Howe"]),
    minutes=st.integers(0, 3 * 24 * 12).map(lambda steps: steps * 5),
    start=st.integers(0, 23 * 2),
    end=st.integers(1, 48),
    month=st.sampled_from([3, 4, 9, 10, 11]),
)
def test_the_next_opening_is_the_first_minute_that_is_open(
    zone: str, minutes: int, start: int, end: int, month: int
) -> None:
    """Whatever the clocks do meanwhile: the days around changes, minute by minute."""
    hours = f"{start // 2:02d}:{start % 2 * 30:02d}-{end // 2:02d}:{end % 2 * 30:02d}"
    window = SendWindow(hours=hours, timezone=zone)
    changes = {3: (2026, 3, 7), 4: (2026, 4, 4), 9: (2026, 9, 5), 10: (2018, 11, 3), 11: (2026, 10, 31)}
    now = datetime(*changes[month], tzinfo=UTC) + timedelta(minutes=minutes)
    opening = window.next_opening(now)
    tried = (now + timedelta(minutes=step) for step in range(0, 3 * 24 * 60, 5))
    assert opening == next((moment for moment in tried if window.is_open(moment)), opening)
