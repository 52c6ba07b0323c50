"""What sending waits for, and which of several waits is over first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SendWait:
    """Why nothing leaves for now.

    The reasons are `wait_window`, `wait_throttled`, `wait_greylisted`, `wait_paused` and `wait_restored`.
    """

    reason: str
    until: datetime | None = None
    """None: until a person says so."""


def earliest_wait(waits: Iterable[SendWait | None]) -> SendWait | None:
    """The wait that is over first, of equal ones the first; None without any."""
    return min((wait for wait in waits if wait), key=lambda wait: wait.until or _NEVER, default=None)
