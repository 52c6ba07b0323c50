"""The circuit breaker of one provider: while it is open nothing is attempted, and no attempt is burned."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW = 50
"""Answers that are looked back upon."""
LEAST_ANSWERS = 10
FAILING_SHARE = 0.5
OPEN_S = 1.0
LONGEST_OPEN_S = 30.0
UNPROVEN = 8
"""Requests under way at once until the first one was accepted: a mistake of ours costs few messages."""
MALFORMED = 10
"""Requests that the provider calls malformed, with none accepted, until sending stops; later half of `WINDOW`."""


@dataclass(slots=True)
class Breaker:
    """closed → open (half of the last answers failed) → half-open (one probe) → closed, or open for twice as long.

    A failure is a request without a real answer: no connection, a broken one, a timeout, 5xx. A refusal or a
    429 is an answer.
    """

    clock: Callable[[], float]
    openings: int = 0
    _failing_since: float | None = None
    """The first failure since the last real answer."""
    is_silent: bool = True
    """Whether all failures since the last real answer met silence; else somebody was there and said it."""
    _failures: int = 0
    _failed_at: float = 0.0
    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _open_until: float | None = None
    _open_s: float = OPEN_S
    _is_probing: bool = False
    _is_proven: bool = False
    _malformed: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def permits(self, in_flight: int) -> int:
        """How many requests may be begun now, with `in_flight` under way; 0 while open."""
        if self._open_until is not None:
            return int(not self._is_probing and self.clock() >= self._open_until)
        return max(0, UNPROVEN - in_flight) if not self._is_proven else 1_000_000

    def began(self) -> None:
        """A request leaves: while open, it is the probe."""
        self._is_probing = self._open_until is not None

    def failed(self, *, is_silence: bool = True) -> None:
        now = self.clock()
        self.is_silent = is_silence and self.is_silent
        self._failing_since = now if self._failing_since is None else self._failing_since
        self._failures, self._failed_at = self._failures + 1, now
        self._last.append(False)
        if self._open_until is not None:
            if self._is_probing:
                self._open(min(self._open_s * 2, LONGEST_OPEN_S))
        elif len(self._last) >= LEAST_ANSWERS and self._last.count(False) >= FAILING_SHARE * len(self._last):
            self._open(OPEN_S)

    def answered(self, *, accepted: bool) -> None:
        """A real answer came: the provider is there."""
        self._failing_since, self._failures, self.is_silent = None, 0, True
        self._last.append(True)
        if self._open_until is not None:
            self._open_until, self._is_probing, self._open_s = None, False, OPEN_S
            self._last.clear()
        if accepted:
            self._is_proven = True
            self._malformed.append(False)

    def malformed(self) -> bool:
        """A request was called malformed; True when that is a mistake of ours rather than of one message."""
        self._malformed.append(True)
        return self._malformed.count(True) >= (WINDOW * FAILING_SHARE if self._is_proven else MALFORMED)

    def failing_for_s(self) -> float:
        """Seconds from the first to the last try without any real answer; 0 for a few tries."""
        if self._failing_since is None or self._failures < LEAST_ANSWERS:
            return 0.0
        return self._failed_at - self._failing_since

    def _open(self, seconds: float) -> None:
        self.openings += 1
        self._open_s, self._is_probing = seconds, False
        self._open_until = self.clock() + seconds
