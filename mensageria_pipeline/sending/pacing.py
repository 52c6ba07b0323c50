"""Limits at the moment of sending: so many messages per second, and so many in doubt at once."""

import asyncio
from collections.abc import Callable

BURST_S = 0.05
_LOOK_S = 0.2


class TokenBucket:
    """Grants messages at `rate_per_s`, evenly; at most `BURST_S` worth of them at once after a pause.

    Without a rate everything is granted at once. For one event loop.
    """

    def __init__(self, rate_per_s: float | None, clock: Callable[[], float]) -> None:
        self._interval_s = 1 / rate_per_s if rate_per_s else 0.0
        self._clock = clock
        self._next_at = clock()

    async def take(self, count: int, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """True when `count` more messages may leave; False once `may_go_on` says no, which is asked while waiting."""
        self._next_at = max(self._next_at, self._clock() - BURST_S)
        while (wait_s := self._next_at - self._clock()) > 0:
            if not may_go_on():
                return False
            await asyncio.sleep(min(wait_s, _LOOK_S))
        self._next_at = max(self._next_at, self._clock() - BURST_S) + count * self._interval_s
        return may_go_on()

    def hold_until(self, moment: float) -> None:
        """Grant nothing before `moment` of the clock: the provider asked to wait."""
        self._next_at = max(self._next_at, moment)


class Slots:
    """So many messages may be in doubt at once; shared by the lanes of a sender."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._changed = asyncio.Condition()

    async def acquire(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._free >= count)
            self._free -= count

    async def release(self, count: int) -> None:
        async with self._changed:
            self._free += count
            self._changed.notify_all()
