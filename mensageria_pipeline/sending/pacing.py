"""Pacing at the moment of sending: one bucket per provider credential, shared by every sender of the machine.

The bucket is a few numbers in a file that its users lock for a microsecond: whoever wants to send takes the
next free moments on its time line (GCRA), and sleeps until they come. It adapts (AIMD, in DCTCP's manner,
RFC 8257): each second in which a share of the messages was throttled takes half of that share off the rate,
which grows back evenly; so a provider that refuses everything halves it, and one busy device does next to
nothing. Where no rate is configured, the one observed at the first 429 is where that begins. Where the
provider asks for it, the rate ramps up from zero after a pause.
"""

import asyncio
import contextlib
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mensageria_pipeline.providers.contract import Pace
from mensageria_pipeline.sending.numbers import Numbers, NumbersBusyError

T = TypeVar("T")

BURST_S = 0.05
"""A sender that comes late may catch up by so much: messages leave in groups of at most that."""
RECOVERY_S = 20.0
"""From nothing to the full rate, after 429s; from half of it in half the time."""
LONGEST_HOLD_S = 300.0
_WINDOW_S = 1.0
"""Over which the throttled share is looked at."""
_LEAST_SHARE = 0.02
_LIFTED_SHARE = 4.0
"""An observed rate that was outgrown by so much was no limit: it is forgotten."""
_IDLE_S = 60.0
"""After so long without a message the ramp begins anew."""
_LOOK_S = 0.2
_BUSY_S = 0.01


@dataclass(slots=True)
class _State:
    """The numbers in the file. Instants are of the machine's monotonic clock."""

    next_at: float = 0.0
    share: float = 1.0
    share_at: float = 0.0
    observed_per_s: float = 0.0
    """The rate that stands for a configured one once the provider has throttled; 0: none."""
    ramp_from: float = 0.0
    last_at: float = 0.0
    window_from: float = 0.0
    window_count: float = 0.0
    window_throttled: float = 0.0

    @classmethod
    def unpack(cls, packed: bytes) -> "_State":
        return cls(*_FORMAT.unpack(packed))

    def pack(self) -> bytes:
        return _FORMAT.pack(
            self.next_at,
            self.share,
            self.share_at,
            self.observed_per_s,
            self.ramp_from,
            self.last_at,
            self.window_from,
            self.window_count,
            self.window_throttled,
        )


_FORMAT = struct.Struct("<9d")


@dataclass(slots=True)
class Bucket:
    """One time line of permitted moments. `path` None: for one sender only."""

    pace: Pace
    path: Path | None = None
    clock: Callable[[], float] = time.monotonic
    decreases: int = 0
    """How often this sender lowered the rate."""
    _numbers: Numbers = field(init=False)
    _owed_count: int = 0
    """Throttled messages that could not be noted yet; and until when the provider asked to be left alone."""
    _owed_until: float = 0.0

    def __post_init__(self) -> None:
        self._numbers = Numbers(self.path, _State().pack())

    def close(self) -> None:
        self._numbers.close()

    async def take(self, count: int, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """True when `count` more messages may leave; False once `may_go_on` says no, which is asked while waiting."""
        while (moment := self._reserved(count)) is None:
            if not may_go_on():
                return False
            await asyncio.sleep(_BUSY_S)
        while (wait_s := moment - self.clock()) > 0:
            if not may_go_on():
                return False
            await asyncio.sleep(min(wait_s, _LOOK_S))
        return may_go_on()

    def _reserved(self, count: int) -> float | None:
        """As `reserve`; None while somebody else has the numbers: the loop must not wait for them."""
        try:
            return self.reserve(count)
        except NumbersBusyError:
            return None

    def reserve(self, count: int) -> float:
        """Take the next moments for `count` messages; when the first of them is. Raises NumbersBusyError."""

        def take(state: _State) -> float:
            now = self.clock()  # under the lock: who waited for it must not take another's moment for the future
            if state.last_at > now:  # another boot of the machine: its clock began anew
                state.next_at = state.share_at = state.ramp_from = state.window_from = now
            self._observe(state, now, count)
            moment = max(state.next_at, now - BURST_S)
            rate = self._rate(state, moment)
            state.next_at = moment + (count / rate if rate else 0.0)
            return moment

        return self._change(take)

    def burst(self) -> int:
        """Messages that may well leave together at the present rate; a rate of none gives a large number."""
        rate = self._rate(_State.unpack(self._numbers.read()), self.clock())
        return max(1, int(rate * BURST_S)) if rate else 1_000_000

    def throttled(self, count: int = 1, asked_s: float = 0.0) -> None:
        """The provider throttled so many messages, and asked to be left alone for so long."""
        self._owed_count += count
        if asked_s:
            self._owed_until = max(self._owed_until, self.clock() + min(asked_s, LONGEST_HOLD_S))
        with contextlib.suppress(NumbersBusyError):  # noted with what is taken next
            self._change(lambda _state: None)

    def _rate(self, state: _State, moment: float) -> float:
        """Messages per second at `moment`; 0 for no limit."""
        full = self.pace.rate_per_s or state.observed_per_s
        if not full:
            return 0.0
        rate = full * self._share(state, moment)
        if self.pace.ramp_up_s:
            # Half a burst's worth is let out at once, or the ramp would never begin.
            ramped = max(moment - state.ramp_from, BURST_S) / self.pace.ramp_up_s
            rate = min(rate, full * min(ramped, 1.0))
        return rate

    def _share(self, state: _State, moment: float) -> float:
        """The share of the full rate that is in force: what the last decrease left, and what has grown since."""
        grown = state.share + max(0.0, moment - state.share_at) / RECOVERY_S
        if self.pace.rate_per_s:
            return min(grown, 1.0)
        if grown >= _LIFTED_SHARE:
            state.observed_per_s = 0.0
        return grown

    def _observe(self, state: _State, now: float, count: int) -> None:
        if self.pace.ramp_up_s and not 0 <= now - state.last_at < _IDLE_S:
            state.ramp_from = now
        before, state.last_at = state.last_at, now
        if not 0 <= now - state.window_from < _WINDOW_S:
            if state.window_throttled:
                self._decrease(state, now, before)
            state.window_from, state.window_count, state.window_throttled = now, 0.0, 0.0
        state.window_count += count

    def _decrease(self, state: _State, now: float, last_at: float) -> None:
        if not self.pace.rate_per_s and not state.observed_per_s:
            # Up to the last message: what follows is a gap, such as a killed sender leaves, and no slower rate.
            lasted_s = max(last_at - state.window_from, _WINDOW_S)
            state.observed_per_s = max(state.window_count, state.window_throttled) / lasted_s
            state.share, state.share_at = 1.0, now
        throttled_share = state.window_throttled / max(state.window_count, state.window_throttled)
        state.share = max(_LEAST_SHARE, self._share(state, now) * (1 - throttled_share / 2))
        state.share_at = now
        self.decreases += 1

    def _change(self, alter: Callable[[_State], T]) -> T:
        def change(packed: bytes) -> tuple[bytes, T]:
            state = _State.unpack(packed)
            state.window_throttled += self._owed_count
            state.next_at = max(state.next_at, self._owed_until)
            found = alter(state)
            return state.pack(), found

        found = self._numbers.change(change)
        self._owed_count, self._owed_until = 0, 0.0
        return found
