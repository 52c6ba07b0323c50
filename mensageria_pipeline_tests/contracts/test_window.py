"""Messages leave only when they may."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from mensageria_pipeline.contracts.window import SendWindow

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
