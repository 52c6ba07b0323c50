"""How long processes that share the ledger wait for one another."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerTimes:
    """In seconds. An installation runs on the defaults; tests that kill what holds a lease bring shorter ones."""

    lease_s: float = 5.0
    """A lease whose beat stands still for so long has run out."""
    beat_s: float = 1.0
    """Between two beats of a lease's holder."""
    look_s: float = 0.25
    """Between two looks of whoever waits for a lease."""
    busy_timeout_s: float = 60.0
    """For a file that somebody else holds: a backup, an analyst, a slow disk."""


DEFAULT_TIMES = LedgerTimes()
