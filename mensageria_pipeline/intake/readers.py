"""A file's rows as text, with the row numbers a person sees in their spreadsheet.

Every cell arrives as text: CPF, phone and CEP keep their leading zeros.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.delimited import open_delimited
from mensageria_pipeline.intake.formats import DELIMITED, PLAIN, WORKBOOKS
from mensageria_pipeline.intake.grid import Grid
from mensageria_pipeline.intake.records import open_jsonl, open_parquet
from mensageria_pipeline.intake.table import Sheet, table_of
from mensageria_pipeline.intake.unpack import Plain, unpacked
from mensageria_pipeline.intake.workbooks import OLE, ZIP, open_workbook
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.limits import Limits


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a campaign says of its files, and what is allowed here."""

    sheet: str | None = None
    """Name of a workbook's sheet; None: the first with anything in it."""
    wanted: Sequence[str] = ()
    """Headers that the definition names."""
    limits: Limits = field(default_factory=Limits)


@contextlib.contextmanager
def open_sheet(path: Path, options: ReadOptions = ReadOptions(), opened: Path | None = None) -> Iterator[Sheet]:
    """The table in `path`, or in what was `opened` under that name (of `pinned`).

    Raises InputError, in a sentence, when there is none to be read.
    """
    with (
        contextlib.nullcontext(opened) if opened else pinned(path, follows_links=True) as file,
        unpacked(path, file, options.limits) as plain,
        _open_grid(plain, path.name, options) as grid,
    ):
        grid.reading.packed = plain.packed
        yield table_of(grid, path.name, options.limits, options.wanted)


@contextlib.contextmanager
def _open_grid(plain: Plain, file_name: str, options: ReadOptions) -> Iterator[Grid]:
    head = _head(plain.path, file_name)
    if plain.extension not in PLAIN:
        raise InputError("file_type_unknown", file=file_name, found=plain.extension or "—", expected=", ".join(PLAIN))
    if not head:
        raise InputError("file_empty", file=file_name)
    limits = options.limits
    if plain.extension in DELIMITED:
        if head.startswith((ZIP, OLE)):
            raise InputError("file_excel_as_text", file=file_name)
        opened = open_delimited(plain.path, plain.extension, file_name, limits)
    elif plain.extension in WORKBOOKS:
        opened = open_workbook(plain.path, plain.extension, file_name, limits, options.sheet)
    elif plain.extension == ".parquet":
        opened = open_parquet(plain.path, file_name, limits)
    else:
        opened = open_jsonl(plain.path, file_name, limits)
    with opened as grid:
        yield grid


def _head(path: Path, file_name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError:
        raise InputError("file_gone", file=file_name) from None
