"""Whether the holder of a lease lives, told by its beat."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.leases.lease import LeaseState

_TOUCH_SHARE = 0.4
"""Of a lease's time, after which whoever watches it tries whether the ledger can be written to at all."""


@dataclass(slots=True)
class Watch:
    """Tells which leases have run out, by their beats and this process's own clock.

    While the ledger is locked no holder can beat. So a watch with a `touch` tries to write to it, too, and only then
    counts on: most of the time that a beat stood still must lie after that.
    """

    lease_s: float
    clock: Callable[[], float] = time.monotonic
    touch: Callable[[], None] | None = None
    has_seen_a_beat: bool = False
    _seen: dict[object, tuple[LeaseState, float]] = field(default_factory=dict)
    _could_write: set[object] = field(default_factory=set)
    """Leases for which that was tried since their beat was last seen to move."""

    def has_run_out(self, key: object, state: LeaseState) -> bool:
        """True for a lease that is free, or whose beat stood still since it was first looked at here."""
        if state.is_free:
            return True
        known, since = self._seen.get(key, (None, 0.0))
        if known != state:
            self.has_seen_a_beat |= known is not None
            self._seen[key] = (state, self.clock())
            self._could_write.discard(key)
            return False
        if self.touch and key not in self._could_write and self.clock() - since >= _TOUCH_SHARE * self.lease_s:
            since = self._since_touched(self.touch, key, state)
        return self.clock() - since >= self.lease_s

    def _since_touched(self, touch: Callable[[], None], key: object, state: LeaseState) -> float:
        """Since when the beat counts as standing still, once the ledger could be written to; from now, if it cannot."""
        try:
            touch()
        except LedgerError:
            since = self.clock()
        else:
            self._could_write.add(key)
            since = max(self._seen[key][1], self.clock() - _TOUCH_SHARE * self.lease_s)
        self._seen[key] = (state, since)
        return since
