"""Permits: how many messages may be in doubt at once.

A permit stands for a number of messages and has one owner: the work on them. What the work hands on, to another task
or to the writer of the journal, it splits off; what is left comes back when the work ends, however it ends. A permit
gives back only what it still stands for, so that none can leak and none can come back twice.
"""

import asyncio
import contextlib
from collections.abc import Callable

_LOOK_S = 0.2


class Permit:
    """The right to have `count` messages in doubt. As a context manager it is released at the end."""

    __slots__ = ("count", "pool")

    def __init__(self, pool: "PermitPool", count: int) -> None:
        self.pool, self.count = pool, count

    def __enter__(self) -> "Permit":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def split(self, count: int) -> "Permit":
        """A permit of its own for `count` of the messages. Raises ValueError for more than there are."""
        if not 0 <= count <= self.count:
            raise ValueError(f"{count} of {self.count} permits")
        self.count -= count
        return Permit(self.pool, count)

    def hand_over(self) -> "Permit":
        """A permit for all of the messages; this one stands for none then."""
        count, self.count = self.count, 0
        return Permit(self.pool, count)

    def absorb(self, other: "Permit") -> None:
        """Stand for the messages of `other` too; it stands for none then. Raises ValueError for one of another pool."""
        if other.pool is not self.pool:
            raise ValueError("a permit of another pool")
        self.count += other.count
        other.count = 0

    def release(self) -> None:
        """Give back what it still stands for."""
        if self.count:
            count, self.count = self.count, 0
            self.pool.give_back(count)


class PermitPool:
    """So many messages of a lane may be in doubt at once."""

    def __init__(self, size: int) -> None:
        self.size = self.free = size
        self._freed = asyncio.Event()

    async def wait_for(self, count: int, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """True once `count` are free; they are not taken yet. False when `may_go_on` says no while waiting."""
        while self.free < count:
            self._freed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._freed.wait()
            if self.free < count and not may_go_on():
                return False
        return True

    def take(self, count: int) -> Permit:
        """A permit for `count` messages. Raises ValueError where fewer are free; `wait_for` waits for them."""
        if count > self.free:
            raise ValueError(f"{count} of {self.free} free permits")
        self.free -= count
        return Permit(self, count)

    def give_back(self, count: int) -> None:
        """Called by the permit that stood for them."""
        self.free += count
        self._freed.set()
