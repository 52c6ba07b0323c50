"""How the sending through one provider ended: of one sender, and of all of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from mensageria_pipeline.sending.policy import StopReason
from mensageria_pipeline.sending.waits import SendWait, earliest_wait


@dataclass(slots=True)
class LaneSummary:
    """How a lane ended."""

    provider: str
    events: Counter[str] = field(default_factory=Counter)
    """Lines written, by event: `attempting` counts the messages that left."""
    stop: StopReason | None = None
    code: str | None = None
    wait: SendWait | None = None
    sending_s: float = 0.0
    """From the first request to the last answer."""
    slowed: int = 0
    """How often a 429 lowered the rate."""
    breaker_openings: int = 0

    @property
    def rate_per_s(self) -> float:
        """Messages per second that left, over the time of sending."""
        return self.events["attempting"] / self.sending_s if self.sending_s else 0.0

    def stop_for(self, reason: StopReason, code: str | None = None) -> None:
        """End the lane with work undone; the first reason counts."""
        if self.stop is None:
            self.stop, self.code = reason, code

    def wait_for(self, seconds: float, reason: str) -> None:
        """End the lane, to be resumed in so long."""
        self.wait_until(datetime.now(UTC) + timedelta(seconds=seconds), reason)

    def wait_until(self, moment: datetime | None, reason: str) -> None:
        """End the lane, to be resumed at `moment`; what it waits for first counts."""
        if self.wait is None:
            self.wait = SendWait(reason, moment)

    def as_json(self) -> dict[str, Any]:
        """For the pipe between a sender process and its parent."""
        found: dict[str, Any] = _SUMMARY.dump_python(self, mode="json")
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LaneSummary":
        return _SUMMARY.validate_python(value)


_SUMMARY = TypeAdapter(LaneSummary)


def merged(lanes: Sequence[LaneSummary]) -> list[LaneSummary]:
    """One report per provider, over all senders: counts and rates add up; first stop and earliest wait count."""
    found: dict[str, LaneSummary] = {}
    for lane in lanes:
        known = found.setdefault(lane.provider, LaneSummary(lane.provider))
        known.events += lane.events
        known.sending_s = max(known.sending_s, lane.sending_s)
        known.slowed += lane.slowed
        known.breaker_openings += lane.breaker_openings
        if known.stop is None:
            known.stop, known.code = lane.stop, lane.code
        known.wait = earliest_wait([known.wait, lane.wait])
    return list(found.values())
