"""Two copies of SQLite in one process: Python's and ADBC's. They take turns on a file.

POSIX takes a process's locks on a file away when it closes any descriptor of it, whichever copy opened that
(sqlite.org/howtocorrupt, 2.2.1). A connection that lost its locks so may write to a log that another process has
deleted already, and its lines are gone. So no connection of the one copy is open while there is one of the other.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mensageria_pipeline.errors import LedgerError

_condition = threading.Condition()
_plain: Counter[Path] = Counter()
"""Connections of Python's copy, by file."""
_columns: Counter[Path] = Counter()
"""Those of ADBC's."""


@contextmanager
def plain_turn(path: Path, timeout_s: float) -> Iterator[None]:
    """For the length of a connection of Python's SQLite. Raises LedgerError where the other copy reads on and on."""
    enter_plain(path, timeout_s)
    try:
        yield
    finally:
        leave_plain(path)


def enter_plain(path: Path, timeout_s: float) -> None:
    """Wait until ADBC has no connection to the file, and keep it out."""
    _enter(path, _plain, _columns, timeout_s)


def leave_plain(path: Path) -> None:
    """Let ADBC in again, once all have left."""
    _leave(path, _plain)


@contextmanager
def column_turn(path: Path, timeout_s: float) -> Iterator[None]:
    """For the length of a connection of ADBC's SQLite. Raises LedgerError where the file is being written here."""
    _enter(path, _columns, _plain, timeout_s)
    try:
        yield
    finally:
        _leave(path, _columns)


def _enter(path: Path, ours: Counter[Path], theirs: Counter[Path], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    with _condition:
        while theirs[path]:
            if not _condition.wait(max(0.0, deadline - time.monotonic())):
                raise LedgerError("ledger_locked", file=f"{path.parent.name}/{path.name}")
        ours[path] += 1


def _leave(path: Path, ours: Counter[Path]) -> None:
    with _condition:
        ours[path] -= 1
        if not ours[path]:
            del ours[path]
            _condition.notify_all()
