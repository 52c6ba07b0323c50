"""Group commit: whoever waits for the disk waits together.

Lines gather while the writer thread writes the group before them; then they go as one transaction. Under
load the groups grow by themselves, and at rest a line waits for nobody but `LINGER_S`.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.engine.permits import Permit, PermitPool

L = TypeVar("L")
MAX_LINES = 4_000
"""Lines in one transaction, at most."""
LINGER_S = 0.003
"""How long the first line of a group waits for company; a commit costs as much as many lines."""
ENOUGH_LINES = 256
"""Company enough not to wait for more."""
_STOP = None


@dataclass(slots=True)
class _Group:
    written: asyncio.Future[None]
    lines: list[Any] = field(default_factory=list)
    permits: dict[PermitPool, Permit] = field(default_factory=dict)
    """Released once the lines are on disk, or cannot be."""

    def take_over(self, permit: Permit) -> None:
        if held := self.permits.get(permit.pool):
            held.absorb(permit)
        else:
            self.permits[permit.pool] = permit.hand_over()


class Recorder(Generic[L]):
    """Durable lines for one event loop. Use as an async context manager: leaving it waits for all of them."""

    def __init__(self, append: Callable[[Sequence[L]], None]) -> None:
        self._append = append
        self.error: LedgerError | None = None
        """Why nothing can be recorded any more."""
        self._gathering: list[_Group] = []
        self._is_writing = False
        self._is_lingering = False
        self._queue: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_forever, name="ledger-writer", daemon=True)

    async def __aenter__(self) -> "Recorder[L]":
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.flush()
        self._queue.put(_STOP)
        await asyncio.to_thread(self._thread.join)

    async def record(self, lines: Sequence[L]) -> None:
        """Return when `lines` are on disk. Raises LedgerError when they cannot be."""
        await asyncio.shield(self.submit(lines))

    def submit(self, lines: Sequence[L], permit: Permit | None = None) -> "asyncio.Future[None]":
        """Hand `lines` over, and `permit` with them; both are done with when the future ends, or fails."""
        if not self._gathering or len(self._gathering[-1].lines) >= MAX_LINES:
            self._gathering.append(_Group(self._loop.create_future()))
        group = self._gathering[-1]
        group.lines += lines
        if permit is not None:
            group.take_over(permit)
        if not self._is_writing:
            self._linger()
        return group.written

    async def flush(self) -> None:
        """Return when everything that was handed over is on disk, or cannot be."""
        while self._gathering or self._is_writing:
            await asyncio.sleep(LINGER_S)

    def _linger(self) -> None:
        """Write soon; at once where enough lines have gathered."""
        if len(self._gathering[0].lines) >= ENOUGH_LINES:
            self._write_next()
        elif not self._is_lingering:
            self._is_lingering = True
            self._loop.call_later(LINGER_S, self._write_next)

    def _write_next(self) -> None:
        self._is_lingering = False
        if self._gathering and not self._is_writing:
            self._is_writing = True
            self._queue.put(self._gathering.pop(0))

    def _write_forever(self) -> None:
        while (group := self._queue.get()) is not _STOP:
            error: LedgerError | None = None
            try:
                self._append(group.lines)
            except LedgerError as failure:
                error = failure
            except Exception as failure:  # noqa: BLE001 - whoever waits must hear of it, or waits for ever
                error = LedgerError("ledger_unwritable", problem=type(failure).__name__, path="ledger")
            self._loop.call_soon_threadsafe(self._wake, group, error)

    def _wake(self, group: _Group, error: LedgerError | None) -> None:
        self._is_writing = False
        if error:
            self.error = self.error or error
            group.written.set_exception(error)
            group.written.exception()  # looked at: not everybody who submits waits
        else:
            group.written.set_result(None)
        for permit in group.permits.values():
            permit.release()
        if self._gathering:
            self._linger()
