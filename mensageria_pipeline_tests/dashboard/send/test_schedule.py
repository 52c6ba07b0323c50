"""When a campaign starts: what the page shows is what the definition says, and the other way round."""

from datetime import datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.dashboard.send.schedule import WEEKDAYS, Start, When, hours_of, hours_text, say_when, when_of
from mensageria_pipeline.definition.model import CampaignDefinition

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
    assert when_of(said) == when
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
    found = when_of({"cron": cron})
    assert (found.start, found.weekdays) == (Start.WEEKLY, weekdays)


@pytest.mark.parametrize(
    "cron", ["*/5 * * * *", "0 9 * * 1", "0 9 1 1 *", "0 9 * * fri-mon", "0 9 L * *", "0 25 * * mon"]
)
def test_other_recurrences_stay_as_they_are(cron: str) -> None:
    """They are shown, and nothing that a page cannot say is written over."""
    said: dict[str, Any] = {"cron": cron}
    assert when_of(said) == When(Start.OTHER)
    say_when(said, when_of(said))
    assert said == {"cron": cron}


def test_hours_run_to_midnight() -> None:
    """A definition calls the end of the day 24:00, a clock 00:00."""
    assert hours_text(time(9), time(0)) == "09:00-24:00"
    assert hours_of({"send_window": {"hours": "09:00-24:00"}}) == (time(9), time(0))
    assert hours_of({"send_window": {"hours": "22:00-06:30"}}) == (time(22), time(6, 30))
    assert hours_of({}) is None
