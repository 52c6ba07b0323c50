"""A few numbers that the senders of a machine share: a file, changed under a lock that nobody waits for in vain.

The lock is held for microseconds. A process that is stopped while it holds it (Ctrl+Z, a debugger) would keep all
others waiting: after `STUCK_S` one of them puts a copy of the file in its place, and everybody goes on with that. The
stopped one finds out before it uses what it changed, and changes the copy instead: nothing is counted twice.
"""

import contextlib
import fcntl
import mmap
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mensageria_pipeline.storage.placing import take_name, unique_beside

T = TypeVar("T")
STUCK_S = 5.0
"""A lock that was never free for so long is held by a process that does not get on."""
_SPIN_S = 0.002
_NAP_S = 0.0002


class NumbersBusyError(Exception):
    """Somebody else changes the numbers at this moment: try again soon."""


class Numbers:
    """Bytes of a fixed length. `path` None: for this process only."""

    def __init__(self, path: Path | None, initial: bytes) -> None:
        self._path, self._initial = path, initial
        self._file: int | None = None
        self._inode = 0
        self._busy_since: float | None = None
        if path is None:
            self._memory = mmap.mmap(-1, len(initial))
            self._memory[:] = initial
        else:
            self._open(path)

    def close(self) -> None:
        self._memory.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def read(self) -> bytes:
        """As they are, or as they were just now: without the lock."""
        return self._memory[:]

    def change(self, alter: Callable[[bytes], tuple[bytes, T]]) -> T:
        """Put what `alter` makes of the numbers in their place; what else it gives. It may be called again.

        Raises NumbersBusyError, after milliseconds, while somebody else has the lock.
        """
        if self._path is None:
            self._memory[:], found = alter(self._memory[:])
            return found
        while True:
            file = self._lock(self._path)
            try:
                changed, found = alter(self._memory[:])
                self._memory[:] = changed
                if self._is_current(self._path):
                    return found
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)
            self._reopen(self._path)  # others went on without us, and with a copy

    def _lock(self, path: Path) -> int:
        """The lock on the file that bears the name now; its descriptor."""
        give_up_at = 0.0
        while True:
            file = self._file if self._file is not None else self._open(path)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                now = time.monotonic()
                give_up_at = give_up_at or now + _SPIN_S
                if now >= give_up_at:
                    self._help(path)
                    raise NumbersBusyError from None
                time.sleep(_NAP_S)
                continue
            self._busy_since = None
            return file

    def _is_current(self, path: Path) -> bool:
        """Whether the file that is open bears the name still. While it is open, no other gets its inode."""
        try:
            return os.stat(path).st_ino == self._inode  # noqa: PTH116 - a third of the time
        except FileNotFoundError:
            return False

    def _reopen(self, path: Path) -> None:
        self.close()
        self._open(path)

    def _open(self, path: Path) -> int:
        while True:
            try:
                file = os.open(path, os.O_RDWR)
            except FileNotFoundError:
                self._put(path, self._initial, take_name)
                continue
            stat = os.fstat(file)
            if stat.st_size == len(self._initial):
                break
            os.close(file)  # of another version
            self._put(path, self._initial, os.replace)
        self._file, self._memory, self._inode = file, mmap.mmap(file, len(self._initial)), stat.st_ino
        return file

    def _put(self, path: Path, content: bytes, put: Callable[[Path, Path], object]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = unique_beside(path)
        file = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(file, "wb") as opened:
                opened.write(content)
            put(whole, path)
        finally:
            whole.unlink(missing_ok=True)

    def _help(self, path: Path) -> None:
        """Note that the lock is not free; once it was not for too long, put a copy in the file's place."""
        now = time.monotonic()
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since < STUCK_S:
            return
        helper = os.open(path.with_suffix(".takeover"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with contextlib.suppress(BlockingIOError):  # somebody else does so
                fcntl.flock(helper, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_current(path):
                    self._put(path, self._memory[:], os.replace)
                self._reopen(path)
                self._busy_since = None
        finally:
            os.close(helper)
