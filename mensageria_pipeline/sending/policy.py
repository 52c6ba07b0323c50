"""How one provider is sent to, and when sending stops."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.providers.contract import RetryPolicy

MAX_IN_FLIGHT = 512
"""Messages of one sender that are in doubt at once, at most."""
MAX_DELAYED = 10_000
"""Messages waiting for another try, at most; beyond it nothing new is begun."""
UNREACHABLE_S = 60.0
"""Without any real answer for this long, sending stops."""
LONGEST_WAIT_S = 300.0
"""A run does not sit longer than this for its next try: it ends, and the campaign is resumed when due."""

SIT_S = 30.0
"""A run does not sit longer than this where nothing is left but what a provider deferred."""


class StopReason(StrEnum):
    """Why a lane ended with work undone, other than waiting."""

    CREDENTIALS = "credentials"
    UNREACHABLE = "unreachable"
    FAILING = "failing"
    """It answers, but with errors of its own, and has done so for as long as an unreachable one is silent."""
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
    connections: int | None = None
    unreachable_s: float = UNREACHABLE_S
