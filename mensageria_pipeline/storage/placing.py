"""Files that take a name: under one of their own until they are whole, and never over somebody else's."""

import contextlib
import os
import secrets
from pathlib import Path

_CHANCE_BYTES = 8


def unique_beside(path: Path, *, is_named: bool = True) -> Path:
    """A name in the folder of `path` that no other process, thread or container uses. Passed over as unfinished.

    Not `is_named`: without the name of `path` in it, which may be as long as a name can be.
    """
    name = f"{path.name}." if is_named else ""
    return path.with_name(f".{name}{secrets.token_hex(_CHANCE_BYTES)}.part")


def take_name(whole: Path, target: Path) -> bool:
    """Give the file `whole` the name `target` unless somebody has it; False where they do. `whole` may stay behind.

    Whoever comes first has the name: nothing is looked at before it is taken. Raises OSError.
    """
    try:
        os.link(whole, target)
    except FileExistsError:
        return False
    except FileNotFoundError:
        raise
    except OSError:
        return _reserve(whole, target)
    return True


def put_new(target: Path, content: bytes) -> bool:
    """Write a file, durably, unless there is one of its name; False where there is. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = unique_beside(target)
    try:
        with whole.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return take_name(whole, target)
    finally:
        whole.unlink(missing_ok=True)


def _reserve(whole: Path, target: Path) -> bool:
    """For file systems without hard links: an empty file holds the name until the whole one takes its place."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    try:
        whole.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()
        raise
    return True
