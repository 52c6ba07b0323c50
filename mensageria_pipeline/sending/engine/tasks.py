"""The tasks of a lane, each with the permit it works under."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from mensageria_pipeline.sending.engine.permits import Permit


class Tasks:
    """Work under way. False when there is none."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], Permit] = {}

    def __bool__(self) -> bool:
        return bool(self._running)

    def spawn(self, work: Coroutine[Any, Any, None], permit: Permit) -> None:
        """Begin `work`, which owns `permit`: what is left of it is released when the work ends, failed or cancelled."""
        task = asyncio.create_task(work)
        self._running[task] = permit
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task).release()

    async def wait_for_one(self, timeout_s: float) -> None:
        """Return when one of them has ended, or the time is over."""
        await asyncio.wait(self._running, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)

    async def join(self) -> None:
        """Return when all have ended, with those that they began."""
        while self._running:
            await asyncio.wait(self._running)
