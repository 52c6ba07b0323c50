"""How one provider is sent to, when sending stops, and how it ended."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.sending.providers.contract import RetryPolicy

MAX_IN_FLIGHT = 512
"""Messages of one sender that are in doubt at once, at most."""
MAX_DELAYED = 10_000
"""Messages waiting for another try, at most; beyond it nothing new is begun."""
UNREACHABLE_S = 60.0
"""Without any real answer for this long, sending stops."""
LONGEST_WAIT_S = 300.0
"""A run does not sit longer than this for its next try: it ends, and the campaign is resumed when due."""


class StopReason(StrEnum):
    """Why a lane ended with work undone, other than waiting."""

    CREDENTIALS = "credentials"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    INTERNAL = "internal"
    LEDGER = "ledger"
    REQUESTED = "requested"
    """From outside: Terminate, a pause, a cancellation, or a parent that is gone."""


class StopSwitch:
    """Asks a sender, from any thread, to begin nothing more."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.is_set = self._event.is_set
        self.set = self._event.set


@dataclass(frozen=True, slots=True)
class LanePolicy:
    """How one provider is sent to."""

    mode: Mode
    batch_size: int
    on_unknown: OnUnknown
    retry: RetryPolicy
    unreachable_s: float = UNREACHABLE_S


@dataclass(slots=True)
class LaneReport:
    """How a lane ended."""

    provider: str
    events: Counter[str] = field(default_factory=Counter)
    """Lines written, by event: `attempting` counts the messages that left."""
    stop: StopReason | None = None
    code: str | None = None
    wait_until: datetime | None = None
    wait_reason: str | None = None
    sending_s: float = 0.0
    """From the first request to the last answer."""
    slowed: int = 0
    """How often a 429 lowered the rate."""
    breaker_openings: int = 0

    @property
    def rate_per_s(self) -> float:
        """Messages per second that left, over the time of sending."""
        return self.events["attempting"] / self.sending_s if self.sending_s else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "provider": self.provider, "events": dict(self.events), "stop": self.stop, "code": self.code,
            "wait_until": self.wait_until.isoformat() if self.wait_until else None, "wait_reason": self.wait_reason,
            "sending_s": self.sending_s, "slowed": self.slowed, "breaker_openings": self.breaker_openings,
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LaneReport":
        due = value["wait_until"]
        return cls(
            **{
                **value,
                "events": Counter(value["events"]),
                "stop": StopReason(value["stop"]) if value["stop"] else None,
                "wait_until": datetime.fromisoformat(due) if due else None,
            }
        )
