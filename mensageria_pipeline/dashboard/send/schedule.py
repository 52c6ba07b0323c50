"""When a campaign is sent, in the words of a person, and as its definition says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* ([a-z0-7,-]+)")
_MONTHLY = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{1,2}) \* \*")
_USUAL = time(9)


class Start(StrEnum):
    """`start_<value>` in the catalogue names each."""

    NOW = "now"
    AT = "at"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    OTHER = "other"
    """A recurrence that only its cron expression says."""


@dataclass(frozen=True, slots=True)
class When:
    """When a campaign starts, in its own time zone."""

    start: Start = Start.NOW
    at: datetime | None = None
    time: time = _USUAL
    weekdays: tuple[str, ...] = ()
    day: int = 1
    """Of the month."""


def when_of(said: Mapping[str, Any], zone: tzinfo) -> When:
    """What a definition says, in its own time zone."""
    cron = said.get("cron")
    if cron:
        return _recurring(str(cron).lower())
    at = _moment(_window(said).get("not_before"))
    if at is None:
        return When()
    return When(Start.AT, at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at)


def say_when(said: dict[str, Any], when: When) -> None:
    """Write it into what a definition says. `Start.OTHER` changes nothing."""
    if when.start is Start.OTHER:
        return
    said.pop("cron", None)
    window = _window(said)
    if when.start in {Start.NOW, Start.AT}:
        window.pop("not_before", None)
    if when.start is Start.AT and when.at:
        window = {"not_before": when.at} | window
    elif when.start is Start.WEEKLY and when.weekdays:
        days = ",".join(day for day in WEEKDAYS if day in when.weekdays)
        said["cron"] = f"{when.time.minute} {when.time.hour} * * {days}"
    elif when.start is Start.MONTHLY:
        said["cron"] = f"{when.time.minute} {when.time.hour} {when.day} * *"
    put_window(said, window)


def put_window(said: dict[str, Any], window: Mapping[str, Any]) -> None:
    """Without an entry where it says nothing."""
    kept = {key: value for key, value in window.items() if value not in (None, "", [], ())}
    if kept:
        said["send_window"] = kept
    else:
        said.pop("send_window", None)


def hours_of(said: Mapping[str, Any]) -> tuple[time, time] | None:
    """The hours of the day in which messages may leave; None for all. An end at midnight is 00:00."""
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", str(_window(said).get("hours") or ""))
    if not found:
        return None
    h1, m1, h2, m2 = map(int, found.groups())
    return time(h1 % 24, m1), time(h2 % 24, m2)


def hours_text(start: time, end: time) -> str:
    """As a definition says hours."""
    until = "24:00" if end == time(0) else f"{end:%H:%M}"
    return f"{start:%H:%M}-{until}"


def _moment(value: object) -> datetime | None:
    """A moment as YAML gives it: a date, one with a time, or the text of one; None for anything else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _window(said: Mapping[str, Any]) -> dict[str, Any]:
    found = said.get("send_window")
    return dict(found) if isinstance(found, Mapping) else {}


def _recurring(cron: str) -> When:
    if found := _WEEKLY.fullmatch(cron):
        minute, hour, days = found.groups()
        named = _days(days)
        if named and int(hour) < 24 and int(minute) < 60:
            return When(Start.WEEKLY, time=time(int(hour), int(minute)), weekdays=named)
    if found := _MONTHLY.fullmatch(cron):
        minute, hour, day = map(int, found.groups())
        if hour < 24 and minute < 60 and 1 <= day <= 31:
            return When(Start.MONTHLY, time=time(hour, minute), day=day)
    return When(Start.OTHER)


def _days(words: str) -> tuple[str, ...]:
    """Names of days, and ranges of them; empty where there is anything else."""
    days = set[str]()
    for word in words.split(","):
        first, _, last = word.partition("-")
        last = last or first
        if first not in WEEKDAYS or last not in WEEKDAYS or WEEKDAYS.index(first) > WEEKDAYS.index(last):
            return ()
        days |= set(WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1])
    return tuple(day for day in WEEKDAYS if day in days)
