"""A list that a person hands over gets its place in the campaign's input folder."""

import contextlib
import filecmp
import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.files import folder_of
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.placing import take_name, unique_beside


def place_file(layout: Layout, owners: Mapping[str, str], campaign: str, source: Path) -> Path:
    """Copy `source` into the campaign's input folder and return the copy; a file already there is left alone.

    The folder is the one whose lists are taken in: `owners` says whose name holds where several give the same key.

    Another content under the same name gets a number. However many do so at once, each content has a file in the
    end. Raises InputError when it cannot be read.
    """
    folder = folder_of(layout.input_dir, owners, campaign)
    folder.mkdir(parents=True, exist_ok=True)
    if source.resolve().is_relative_to(folder.resolve()):
        return source
    with _copied(source, folder) as copy:
        for target in _names(folder, source):
            if take_name(copy, target) or _is_same(copy, target):
                return target
    raise AssertionError  # names do not end


@contextlib.contextmanager
def _copied(source: Path, folder: Path) -> Iterator[Path]:
    """A durable copy under a name that only we use, for the length of a block."""
    copy = unique_beside(folder / source.name, is_named=False)
    try:
        with _opened(source) as original, copy.open("xb") as written:
            shutil.copyfileobj(original, written)
            written.flush()
            os.fsync(written.fileno())
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except OSError:
        raise InputError("file_gone", file=source.name) from None


def _names(folder: Path, source: Path) -> Iterator[Path]:
    yield folder / source.name
    for number in itertools.count(2):
        yield folder / f"{source.stem}-{number}{source.suffix}"


def _is_same(copy: Path, target: Path) -> bool:
    """Whether the file that has the name holds the same; one that is gone meanwhile does not."""
    try:
        return target.is_file() and filecmp.cmp(copy, target, shallow=False)
    except OSError:
        return False
