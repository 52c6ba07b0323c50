"""The last condition of a request: a connection that is free, and a shard that is still this sender's.

A process may be stopped for longer than its lease lasts, between an intent and its request. Then somebody else has
taken the shard over, and has decided what becomes of the message: the request must not leave.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field

from mensageria_pipeline.sending.policy import StopSwitch

_LOOK_S = 0.05


@dataclass(slots=True)
class Leave:
    """Asked right before the first byte of each request."""

    connections: int | None
    """Requests at once; None: as many as there are."""
    holds_lease: Callable[[], bool]
    stop_switch: StopSwitch
    _free: asyncio.Semaphore | None = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.connections) if self.connections else None

    def connection(self) -> AbstractAsyncContextManager[object]:
        """Wait for a connection, and have it for the length of a block."""
        return self._free or nullcontext()

    async def is_ours(self) -> bool:
        """Whether the request may leave; once that is not sure, after it is known. False for whoever lost the shard."""
        while not self.holds_lease():
            if self.stop_switch.is_set():
                return False
            await asyncio.sleep(_LOOK_S)
        return True
