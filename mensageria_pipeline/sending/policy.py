"""How one provider is sent to, when sending stops, and how it ended."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.sending.providers.contract import RetryPolicy

MAX_IN_FLIGHT = 512
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
    INTERNAL = "internal"
    LEDGER = "ledger"
    REQUESTED = "requested"


@dataclass(frozen=True, slots=True)
class LanePolicy:
    """How one provider is sent to."""

    mode: Mode
    batch_size: int
    on_unknown: OnUnknown
    retry: RetryPolicy
    rate_per_s: float | None = None
    unreachable_s: float = UNREACHABLE_S


@dataclass(slots=True)
class LaneReport:
    """How a lane ended."""

    provider: str
    events: Counter[str] = field(default_factory=Counter)
    stop: StopReason | None = None
    code: str | None = None
    wait_until: datetime | None = None
    wait_reason: str | None = None
