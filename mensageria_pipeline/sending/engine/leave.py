"""The last condition of a request: a connection that is free, and a shard that is still this sender's.

A process may be stopped for longer than its lease lasts, between an intent and its request. Then somebody else has
taken the shard over, and has decided what becomes of the message: the request must not leave.
"""

import asyncio
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field

from mensageria_pipeline.sending.policy import StopSwitch

_LOOK_S = 0.05


@dataclass(slots=True)
class Leave:
    """Asked right before the first byte of each request."""

    connections: InitVar[int | None]
    """Requests at once; None: as many as there are."""
    holds_lease: Callable[[], bool]
    stop_switch: StopSwitch
    connection: asyncio.Semaphore | None = field(init=False)
    """To be had for the length of a request; None where none waits for one."""

    def __post_init__(self, connections: int | None) -> None:
        self.connection = asyncio.Semaphore(connections) if connections else None

    async def is_ours(self) -> bool:
        """Whether the request may leave; once that is not sure, after it is known. False for whoever lost the shard."""
        while not self.holds_lease():
            if self.stop_switch.is_set():
                return False
            await asyncio.sleep(_LOOK_S)
        return True
