"""When a campaign starts: what the page shows is what the definition says, and the other way round."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.dashboard.send.schedule import WEEKDAYS, Start, When, hours_of, hours_text, say_when, when_of
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.texts.formats import BRASILIA

_TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
_DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True).map(
    lambda days: tuple(day for day in WEEKDAYS if day in days)
)
_WHEN = st.one_of(
    st.just(When()),
    st.datetimes(datetime(2026, 1, 1), datetime(2090, 1, 1)).map(lambda at: When(Start.AT, at.replace(microsecond=0))),  # noqa: DTZ001
    st.builds(When, st.just(Start.WEEKLY), time=_TIMES, weekdays=_DAYS),
    st.builds(When, st.just(Start.MONTHLY), time=_TIMES, day=st.integers(1, 31)),
)


@given(_WHEN, st.sampled_from([{}, {"cron": "0 9 * * mon"}, {"send_window": {"hours": "09:00-20:00"}}]))
def test_what_is_chosen_is_what_is_read_back(when: When, before: dict[str, Any]) -> None:
    """In a definition that holds; hours that were said stay."""
    said = dict(before)
    say_when(said, when)
    assert when_of(said, BRASILIA) == when
    assert CampaignDefinition.model_validate(said).send_window.hours == before.get("send_window", {}).get("hours")


@pytest.mark.parametrize(
    ("cron", "weekdays"),
    [
        ("30 9 * * mon-fri", ("mon", "tue", "wed", "thu", "fri")),
        ("0 18 * * SAT,sun", ("sat", "sun")),
        ("0 9 * * mon,wed-fri", ("mon", "wed", "thu", "fri")),
    ],
)
def test_weeks_that_engineers_write_are_understood(cron: str, weekdays: tuple[str, ...]) -> None:
    found = when_of({"cron": cron}, BRASILIA)
    assert (found.start, found.weekdays) == (Start.WEEKLY, weekdays)


@pytest.mark.parametrize(
    "cron", ["*/5 * * * *", "0 9 * * 1", "0 9 1 1 *", "0 9 * * fri-mon", "0 9 L * *", "0 25 * * mon"]
)
def test_other_recurrences_stay_as_they_are(cron: str) -> None:
    """They are shown, and nothing that a page cannot say is written over."""
    said: dict[str, Any] = {"cron": cron}
    assert when_of(said, BRASILIA) == When(Start.OTHER)
    say_when(said, when_of(said, BRASILIA))
    assert said == {"cron": cron}


def test_hours_run_to_midnight() -> None:
    """A definition calls the end of the day 24:00, a clock 00:00."""
    assert hours_text(time(9), time(0)) == "09:00-24:00"
    assert hours_of({"send_window": {"hours": "09:00-24:00"}}) == (time(9), time(0))
    assert hours_of({"send_window": {"hours": "22:00-06:30"}}) == (time(22), time(6, 30))
    assert hours_of({}) is None


@pytest.mark.parametrize(
    "written",
    [
        datetime(2026, 12, 1, 9),  # noqa: DTZ001
        datetime(2026, 12, 1, 12, tzinfo=UTC),
        "2026-12-01 09:00",
        "2026-12-01T12:00:00+00:00",
    ],
)
def test_a_moment_is_shown_by_the_campaigns_clock_however_it_is_written(written: object) -> None:
    """A time with another zone's offset is the same instant, and text is no moment that goes unseen."""
    found = when_of({"send_window": {"not_before": written}}, BRASILIA)
    assert found == When(Start.AT, datetime(2026, 12, 1, 9))  # noqa: DTZ001


def test_a_date_is_its_first_moment_and_a_start_stays_with_a_recurrence() -> None:
    assert when_of({"send_window": {"not_before": date(2026, 12, 1)}}, BRASILIA).at == datetime(2026, 12, 1)  # noqa: DTZ001
    said: dict[str, Any] = {"cron": "0 9 * * mon", "send_window": {"not_before": date(2026, 12, 1)}}
    say_when(said, When(Start.MONTHLY, day=5))
    assert said == {"cron": "0 9 5 * *", "send_window": {"not_before": date(2026, 12, 1)}}
