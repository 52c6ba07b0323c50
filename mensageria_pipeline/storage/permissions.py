"""Who may read what an installation holds: the user that it runs as, and nobody else on the machine.

Every entry point begins with `keep_private`, which its child processes inherit; what older versions or other programs
left open is closed when one starts. Links are not followed: a `data/input` that leads elsewhere, such as to a folder
that a team shares, stays as it is.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mensageria_pipeline.storage.layout import Layout

OTHERS = 0o077
"""What the group and everybody else may do."""


def keep_private() -> None:
    """From here on, what this process and its children make is for its user only: folders 0700, files 0600."""
    os.umask(OTHERS)


def tighten(layout: Layout) -> None:
    """Close what is open to others in the data folder, and in the ledger where that is elsewhere.

    Quick where nothing is: a folder is closed after all in it, so that an open one tells that there is something to do.
    What cannot be closed, because it is another user's, stays; `doctor` says so.
    """
    for folder in homes(layout):
        _close(folder)
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(folder)):
                if is_open(Path(entry.path)):
                    _close_all(Path(entry.path))


def homes(layout: Layout) -> tuple[Path, ...]:
    """The folders that hold all of an installation."""
    return (layout.data_dir, layout.ledger_home) if layout.ledger_home else (layout.data_dir,)


def is_open(path: Path) -> bool:
    """Whether others may do anything with a file or folder. A link is none, and neither is what is gone."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return bool(mode & OTHERS) and not stat.S_ISLNK(mode)


def open_below(folder: Path) -> Iterator[Path]:
    """What is open to others below a folder."""
    for parent, folders, files in os.walk(folder):
        yield from (each for name in (*folders, *files) if is_open(each := Path(parent, name)))


def _close_all(path: Path) -> None:
    for parent, folders, files in os.walk(path, topdown=False):
        for name in (*files, *folders):
            _close(Path(parent, name))
    _close(path)


def _close(path: Path) -> None:
    """By a descriptor that follows no link: nobody can put another file in its place meanwhile."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            is_shared = stat.S_ISREG(found.st_mode) and found.st_nlink > 1  # by name, with a place that is not ours
            if found.st_mode & OTHERS and not is_shared:
                os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & ~OTHERS)
        finally:
            os.close(descriptor)
