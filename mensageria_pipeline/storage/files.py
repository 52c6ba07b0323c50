"""Files that people name or drop: opened once, and only where they are plain files; written only where they may be.

A name is not the file: between looking and reading somebody may put a link in its place. So a file is opened once,
without following a link, and all that looks at it looks at what was opened. A pipe, a device or a socket is none: it
may have no end.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.limits import MEBIBYTE, Limits

LARGEST_SMALL_BYTES = 25 * MEBIBYTE
"""Of a page, an image or an attachment: mail servers take no more."""
_F_GETPATH = getattr(fcntl, "F_GETPATH", None)
_PATH_BYTES = 1_024


class NotPlainError(OSError):
    """A link, a folder, a pipe, a device or a socket where a file is to be."""


def open_plain(path: Path, *, follows_links: bool = False) -> int:
    """A descriptor of a plain file, for reading. Raises NotPlainError, at once, for anything else; other OSErrors."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follows_links else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP}:
            raise NotPlainError(error.errno, path.name) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotPlainError(errno.EINVAL, path.name)
    return descriptor


@contextlib.contextmanager
def pinned(path: Path, within: Path | None = None, *, follows_links: bool = False) -> Iterator[Path]:
    """Another name for the file that `path` is now, which stays that file whatever becomes of the name.

    Raises InputError where it is no plain file, is gone, or, opened, turns out to lie outside of `within`.
    """
    try:
        descriptor = open_plain(path, follows_links=follows_links)
    except NotPlainError:
        raise InputError("file_not_plain", file=path.name) from None
    except OSError:
        raise InputError("file_gone", file=path.name) from None
    try:
        if within is not None and not _place_of(descriptor, path).is_relative_to(within.resolve()):
            raise InputError("file_outside", file=path.name)
        with _named(descriptor) as name:
            yield name
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _named(descriptor: int) -> Iterator[Path]:
    """A name of an open file, also for child processes: Linux has one; elsewhere it is that of a copy."""
    name = Path(f"/proc/{os.getpid()}/fd/{descriptor}")
    if name.exists():
        yield name
        return
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder:
        copy = Path(folder) / "file"
        with os.fdopen(os.dup(descriptor), "rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield copy


def _place_of(descriptor: int, path: Path) -> Path:
    """Where an open file lies, as the system says it."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    if _F_GETPATH is not None:
        return Path(os.fsdecode(fcntl.fcntl(descriptor, _F_GETPATH, bytes(_PATH_BYTES)).rstrip(b"\0")))
    return path.resolve()


def read_plain(path: Path, most_bytes: int = LARGEST_SMALL_BYTES) -> bytes:
    """The content of a small file. Raises OSError: NotPlainError, or EFBIG where it is larger."""
    with os.fdopen(open_plain(path), "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, path.name)
    return content


def check_given(path: Path, limits: Limits) -> None:
    """Raises InputError for a list on the command line that is no plain file, is empty, or larger than it may be."""
    with pinned(path, follows_links=True) as file:
        size_bytes = file.stat().st_size
        if not size_bytes:
            raise InputError("file_empty", file=path.name)
        if size_bytes > limits.size_bytes:
            raise InputError("file_too_large", file=path.name, limit=limits.size_mib)


def check_target(layout: Layout, path: Path) -> None:
    """Raises InputError where a file that somebody wants written would take the place of what the pipeline keeps.

    Links are followed: what counts is where the file would be. Reports and folders of people's own are free.
    """
    target = path.parent.resolve() / path.name
    kept = (
        layout.processed_dir,
        layout.state_dir,
        layout.ledger_dir,
        layout.logs_dir,
        layout.dry_runs_dir,
        layout.input_dir,
        layout.suppressions_dir,
    )
    if target == layout.warehouse.resolve() or any(target.is_relative_to(folder.resolve()) for folder in kept):
        raise InputError("output_is_ours", file=path.name, folder=target.parent.name)
    is_below_file = any(parent.exists() and not parent.is_dir() for parent in target.parents)
    if is_below_file or (target.exists() and not target.is_file()):
        raise InputError("output_not_a_file", file=path.name)
