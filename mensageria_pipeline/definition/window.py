"""When a campaign may send: dates, hours of the day and days of the week, in the campaign's time zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from mensageria_pipeline.definition.fields import HOURS, Strict

DEFAULT_TIMEZONE = "America/Sao_Paulo"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_LOOKED_AHEAD = 9
"""Days: a week, and one on either side."""
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("timezone")
    return name


def _near(moment: datetime) -> datetime:
    """Of this century: later or earlier ones overflow in other time zones, and are mistakes."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("moment_far")
    return moment


_FIRST_YEAR, _LAST_YEAR = 2000, 2100
Moment = Annotated[datetime, AfterValidator(_near)]


class SendWindow(Strict):
    """When messages may leave. Without it, always."""

    not_before: Moment | None = Field(None, description="Nothing leaves before this moment.")
    not_after: Moment | None = Field(None, description="What has not left by this moment expires.")
    hours: str | None = Field(
        None,
        pattern=HOURS,
        description="Hours of the day, e.g. 09:00-20:00. An end before the start runs past midnight.",
    )
    weekdays: tuple[Weekday, ...] | None = Field(None, min_length=1, description="Days of the week: mon … sun.")
    timezone: Annotated[str, AfterValidator(_known_timezone)] = Field(
        DEFAULT_TIMEZONE, description="IANA time zone of dates without an offset, hours, weekdays and cron."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "SendWindow":
        start, end = self.opens_at, self.expires_at
        if start and end and end <= start:
            raise ValueError("not_after")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def opens_at(self) -> datetime | None:
        return self._aware(self.not_before)

    @property
    def expires_at(self) -> datetime | None:
        return self._aware(self.not_after)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at

    def is_open(self, now: datetime) -> bool:
        """True when a message may leave at `now` (aware)."""
        if self.is_expired(now) or (self.opens_at is not None and now < self.opens_at):
            return False
        return self._in_hours(now.astimezone(self.zone))

    def next_opening(self, now: datetime) -> datetime | None:
        """The first moment at or after `now` at which the window is open, in UTC; None when it never is."""
        moment = (max(now, self.opens_at) if self.opens_at else now).astimezone(UTC)
        if self.is_expired(moment):
            return None
        if self.is_open(moment):
            return moment
        day = moment.astimezone(self.zone).date()
        for days in range(_LOOKED_AHEAD):
            for start in self._starts(day + timedelta(days=days)):
                if start >= moment and self.is_open(start):
                    return start
        return None

    def _aware(self, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        return _instant(moment.replace(tzinfo=self.zone)) if moment.tzinfo is None else moment

    def _in_hours(self, local: datetime) -> bool:
        start, end = self._bounds()
        minute = local.hour * 60 + local.minute
        if start < end:
            return start <= minute < end and self._on_day(local)
        if minute >= start:
            return self._on_day(local)
        return minute < end and self._on_day(local - timedelta(days=1))

    def _on_day(self, local: datetime) -> bool:
        return self.weekdays is None or _WEEKDAYS[local.weekday()] in self.weekdays

    def _bounds(self) -> tuple[int, int]:
        """Start and end in minutes of the day."""
        if not self.hours:
            return 0, 24 * 60
        h1, m1, h2, m2 = (int(part) for part in re.split("[:-]", self.hours))
        return h1 * 60 + m1, h2 * 60 + m2

    def _starts(self, day: date) -> list[datetime]:
        """The instants of a day at which the window may open, in order: its start, both of them where the clocks go
        back over it, and the moment at which they change."""
        start = datetime.combine(day, time(*divmod(self._bounds()[0], 60)), self.zone)
        changed = _changed(datetime.combine(day, time(), self.zone), datetime.combine(day, time(23, 59), self.zone))
        starts = {_instant(start), _instant(start.replace(fold=1)), *([changed] if changed else [])}
        return sorted(starts)


def _instant(local: datetime) -> datetime:
    """`local` in UTC; of a time that the clocks leave out, the moment at which they do."""
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0):
        return instant
    return _changed(local - timedelta(days=1), local + timedelta(days=1)) or instant


def _changed(start: datetime, end: datetime) -> datetime | None:
    """The instant between two local times at which the clocks are changed, in UTC; None where they are not."""
    zone, low, high = start.tzinfo, int(start.timestamp()), int(end.timestamp())

    def offset(second: int) -> timedelta | None:
        return datetime.fromtimestamp(second, zone).utcoffset()

    if offset(low) == offset(high):
        return None
    before = offset(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    return datetime.fromtimestamp(high, UTC)
