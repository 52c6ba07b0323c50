"""Group commit: whoever waits for the disk waits together.

One thread owns the journal's connection. It takes every batch that is queued, writes them in one
transaction, and wakes their senders; while it writes, the next ones queue up.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.journal import Line

_STOP = None
MAX_LINES = 4_000
"""Lines in one transaction, at most: about 50 ms of writing."""


class Recorder:
    """Awaitable durability for one event loop. Use as an async context manager."""

    def __init__(self, append: Callable[[Sequence[Line]], None]) -> None:
        self._append = append
        self._queue: queue.SimpleQueue[tuple[Sequence[Line], asyncio.Future[None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_forever, name="ledger-writer", daemon=True)

    async def __aenter__(self) -> "Recorder":
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._queue.put(_STOP)
        await asyncio.to_thread(self._thread.join)

    async def record(self, lines: Sequence[Line]) -> None:
        """Return when `lines` are on disk. Raises LedgerError when they cannot be."""
        written: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((lines, written))
        await written

    def _write_forever(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._take_group()
            if not group:
                continue
            error: LedgerError | None = None
            try:
                self._append([line for lines, _ in group for line in lines])
            except LedgerError as failure:
                error = failure
            except Exception as failure:  # noqa: BLE001 - whoever waits must hear of it, or waits for ever
                error = LedgerError("ledger_unwritable", problem=type(failure).__name__, path="ledger")
            self._loop.call_soon_threadsafe(_wake, [written for _, written in group], error)

    def _take_group(self) -> tuple[list[tuple[Sequence[Line], asyncio.Future[None]]], bool]:
        """All that is queued, up to MAX_LINES, waiting for the first; and whether more may come."""
        group, size = [], 0
        item = self._queue.get()
        while item is not _STOP:
            group.append(item)
            size += len(item[0])
            if size >= MAX_LINES or self._queue.empty():
                return group, True
            item = self._queue.get()
        return group, False


def _wake(waiting: list[asyncio.Future[None]], error: LedgerError | None) -> None:
    for written in waiting:
        if written.cancelled():
            continue
        if error:
            written.set_exception(error)
        else:
            written.set_result(None)
