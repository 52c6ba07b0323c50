"""The beat of the leases that this process holds."""

import threading
import time
from collections.abc import Callable

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.leases.lease import Lease
from mensageria_pipeline.ledger.leases.leases import Leases


class Keeper:
    """Renews leases from a thread until they are dropped. A context manager; gives back what is left at its end."""

    def __init__(self, leases: Leases, clock: Callable[[], float] = time.monotonic) -> None:
        self._leases, self._clock = leases, clock
        self._kept: dict[Lease, Callable[[], None]] = {}
        self._renewed_at: dict[Lease, float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease-keeper", daemon=True)

    def __enter__(self) -> "Keeper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for lease in list(self._kept):
            self.drop(lease)

    def keep(self, lease: Lease, on_lost: Callable[[], None] = lambda: None) -> None:
        """Renew `lease` from now on; `on_lost` is called, once, when somebody has taken it over."""
        with self._lock:
            self._kept[lease] = on_lost
            self._renewed_at[lease] = self._clock()

    def hand_over(self, lease: Lease) -> None:
        """Stop renewing: its owner does so from now on."""
        with self._lock:
            self._kept.pop(lease, None)
            self._renewed_at.pop(lease, None)

    def is_fresh(self, lease: Lease) -> bool:
        """Whether nobody can have taken the lease over yet: it was renewed within its time.

        False after this process was stopped, or the ledger was locked, for longer; until the next beat.
        """
        renewed_at = self._renewed_at.get(lease)
        return renewed_at is not None and self._clock() - renewed_at < self._leases.times.lease_s

    def drop(self, lease: Lease) -> None:
        """Give the lease back. Where the ledger cannot be written, it runs out by itself."""
        self.hand_over(lease)
        try:
            self._leases.release(lease)
        except LedgerError:
            return

    def _beat(self) -> None:
        while not self._ended.wait(self._leases.times.beat_s):
            with self._lock:
                kept = list(self._kept.items())
            for lease, on_lost in kept:
                began_at = self._clock()
                try:
                    is_ours = self._leases.renew(lease)
                except LedgerError:
                    continue  # locked or full: the fence, not this thread, keeps others out
                if is_ours:
                    self._note(lease, began_at)
                else:
                    self.hand_over(lease)
                    on_lost()

    def _note(self, lease: Lease, began_at: float) -> None:
        with self._lock:
            if lease in self._kept:
                self._renewed_at[lease] = began_at
