"""Waiting for what another thread or process does: for as long as a very busy machine needs, and not longer."""

import time
from collections.abc import Callable

PATIENCE_S = 300.0
"""After so long a test says that something did not happen; no test is about how long it takes."""


def wait_until(is_so: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
