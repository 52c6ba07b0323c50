"""When a campaign may send: dates, hours of the day and days of the week, in the campaign's time zone."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

DEFAULT_TIMEZONE = "America/Sao_Paulo"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("timezone")
    return name


class SendWindow(BaseModel):
    """When messages may leave. Without it, always."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    not_before: datetime | None = Field(None, description="Nothing leaves before this moment.")
    not_after: datetime | None = Field(None, description="What has not left by this moment expires.")
    hours: str | None = Field(
        None, pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        description="Hours of the day, e.g. 09:00-20:00. An end before the start runs past midnight.",
    )  # fmt: skip
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
        moment = max(now, self.opens_at) if self.opens_at else now
        for _ in range(9):
            if self.is_expired(moment):
                return None
            if self.is_open(moment):
                return moment.astimezone(UTC)
            moment = self._next_start(moment.astimezone(self.zone))
        return None

    def _aware(self, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        return moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment

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

    def _next_start(self, local: datetime) -> datetime:
        start = time(*divmod(self._bounds()[0], 60))
        today = datetime.combine(local.date(), start, self.zone)
        return today if today > local else datetime.combine(local.date() + timedelta(days=1), start, self.zone)
