"""Units that have not begun: those due for another try before those that are new."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.sending.engine.ports import Clock, Source
from mensageria_pipeline.sending.engine.preflight import Preflight
from mensageria_pipeline.sending.engine.unit import CHUNK, Unit
from mensageria_pipeline.sending.policy import MAX_DELAYED


@dataclass(slots=True)
class UnitQueue:
    """What is left of a lane's messages. Holds no permit: what waits is in doubt no more than before."""

    source: Source
    batch_size: int
    preflight: Preflight
    clock: Clock
    _delayed: list[tuple[float, int, Unit]] = field(default_factory=list)
    """Units for another try, by when they are due."""
    _ticket: Iterator[int] = field(default_factory=itertools.count)
    _is_drained: bool = False

    @property
    def is_empty(self) -> bool:
        return self._is_drained and not self._delayed

    @property
    def due_in_s(self) -> float | None:
        """Seconds until the first delayed unit is due; None without one."""
        return self._delayed[0][0] - self.clock() if self._delayed else None

    @property
    def is_waiting_for_deferred(self) -> bool:
        """Whether nothing else is to be done before the first deferred message is due."""
        return (self._is_drained or self._is_full) and bool(self._delayed) and self._delayed[0][2].is_deferred

    @property
    def _is_full(self) -> bool:
        return len(self._delayed) * self.batch_size >= MAX_DELAYED

    def put_back(self, unit: Unit, wait_s: float = 0.0) -> None:
        """Let a unit go again after so long."""
        heapq.heappush(self._delayed, (self.clock() + wait_s, next(self._ticket), unit))

    async def take(self, limit: int, most_units: int, is_stopped: Callable[[], bool]) -> list[Unit]:
        """Up to `most_units` that may leave now, of at most `limit` messages, but one unit at least.

        Raises LedgerError where an outcome that takes no request cannot be recorded.
        """
        units: list[Unit] = []
        count, now = 0, self.clock()
        while len(units) < most_units and (not units or count + self.batch_size <= limit) and not is_stopped():
            if self._delayed and self._delayed[0][0] <= now:
                unit: Unit | None = heapq.heappop(self._delayed)[2]
            elif not self._is_drained and not self._is_full:
                unit = await self._read()
            else:
                break
            if unit:
                units.append(unit)
                count += len(unit.messages)
        return units

    async def _read(self) -> Unit | None:
        """The next messages that may go, after those that need no request have got their outcome."""
        unit = Unit([])
        decided: list[Line] = []
        is_expired = self.preflight.is_expired()
        while len(unit.messages) < self.batch_size and len(decided) < CHUNK:
            message, may_have_arrived = next(self.source, (None, False))
            if message is None:
                self._is_drained = True
                break
            self.preflight.sort(unit, message, decided, may_have_arrived=may_have_arrived, is_expired=is_expired)
        if decided:
            await self.preflight.journal.record(decided)
        return unit if unit.messages else None
