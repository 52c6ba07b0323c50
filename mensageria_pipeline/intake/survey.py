"""One pass over a text file that is not regular, before its rows are read: how it escapes quotes, how long rows are."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.dialect import APOSTROPHE, BACKSLASH, QUOTE, Dialect
from mensageria_pipeline.intake.grid import Shape
from mensageria_pipeline.intake.text_rows import RowReader, TextRow, sample_profile
from mensageria_pipeline.storage.limits import Limits

_MOST_ODD_ROWS = 500_000
_LOOKAHEAD_LINES = 20
_MEASURE = re.compile(r"(?<=\s)\d+(?:[.,/]\d+)?\"(?![^\s,;.)/x])")
"""Inches after a word."""
_STRAY = {QUOTE: re.compile(QUOTE), APOSTROPHE: re.compile(r"'$")}


@dataclass
class Survey:
    """What was found. `reader` reads the rows as it was decided."""

    reader: RowReader
    shape: Shape
    width: int = 0
    """Cells of the longest row."""
    escaped_count: int = 0
    """Rows that only make sense when a backslash escapes a quote."""
    doubled_count: int = 0
    """Rows that only make sense when it does not."""


def survey(path: Path, dialect: Dialect, file_name: str, limits: Limits) -> Survey:
    """Read the file once. Raises InputError for what no reading makes sense of, and for limits."""
    try:
        found = _survey(path, dialect, file_name, limits)
    except InputError:
        escaped = _if_escaped(path, dialect, file_name, limits)
        if escaped is None:
            raise
        return escaped
    if found.escaped_count and not found.doubled_count:
        return _survey(path, replace(dialect, escape=BACKSLASH), file_name, limits)
    return found


def _if_escaped(path: Path, dialect: Dialect, file_name: str, limits: Limits) -> Survey | None:
    """The survey with backslashes that escape, where that alone makes sense of every row."""
    escaping = replace(dialect, escape=BACKSLASH)
    with path.open(encoding="utf-8", newline="") as file:
        escaped = [_doubles([line], escaping) for line in file if BACKSLASH + dialect.quote in line]
    if not escaped or any(escaped):
        return None
    try:
        found = _survey(path, escaping, file_name, limits)
    except InputError:
        return None
    return None if found.shape.broken or found.shape.other else found


def _survey(path: Path, dialect: Dialect, file_name: str, limits: Limits) -> Survey:
    profile = sample_profile(RowReader(path, dialect, file_name, limits))
    reader = RowReader(path, dialect, file_name, limits, profile)
    found = Survey(reader, Shape(profile.width))
    backslash_quote, may_escape = BACKSLASH + dialect.quote, dialect.escape is None
    for row in reader:
        if len(row.cells) > found.width:
            found.width = len(row.cells)
            if found.width > limits.columns:
                raise InputError("file_too_wide", file=file_name, found=found.width, limit=limits.columns)
        if may_escape and any(backslash_quote in line for line in row.lines):
            _weigh_escape(found, row)
        elif may_escape and not row.is_broken and dialect.quote in "".join(row.cells):
            found.doubled_count += any(2 * dialect.quote in line for line in row.lines)
        _note_shape(found.shape, row, dialect)
        if len(found.shape.other) + len(found.shape.broken) > _MOST_ODD_ROWS:
            raise InputError("file_too_ragged", file=file_name, count=_MOST_ODD_ROWS)
    return found


def _weigh_escape(found: Survey, row: TextRow) -> None:
    """Which of the two readings of \\" gives the row as many cells as the others have."""
    width = found.shape.usual
    is_doubled = not row.is_broken and len(row.cells) == width
    escaping = replace(found.reader.dialect, escape=BACKSLASH)
    following = found.reader.lines.peek(_LOOKAHEAD_LINES) if row.is_broken else []
    is_escaped = not _doubles(row.lines, escaping) and any(
        len(cells) == width
        for end in range(len(following) + 1)
        if (cells := _joined(escaping, [*row.lines, *following[:end]]))
    )
    found.escaped_count += is_escaped and not is_doubled
    found.doubled_count += is_doubled and not is_escaped


def _doubles(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether quotes are doubled within cells: who escapes them does not."""
    left = re.sub(r"\\.", "", "".join(lines).rstrip("\r\n"))
    parts = left.split(dialect.delimiter)
    return any(2 * dialect.quote in part.strip() and part.strip() != 2 * dialect.quote for part in parts)


def _joined(dialect: Dialect, lines: Sequence[str]) -> list[str] | None:
    """The cells of lines that are one row together; None where they are not."""
    try:
        rows = list(dialect.reader(lines))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _note_shape(shape: Shape, row: TextRow, dialect: Dialect) -> None:
    if row.is_broken:
        shape.broken.add(row.number)
        return
    if len(row.cells) != shape.usual and any(cell.strip() for cell in row.cells):
        shape.other[row.number] = len(row.cells)
    line = row.lines[0] if len(row.lines) == 1 else "".join(row.lines)
    if BACKSLASH in line and _has_odd_backslash(line, dialect):
        shape.backslashes.add(row.number)
    if dialect.quote in "".join(row.cells) and any(_holds_stray_quote(cell, line, dialect) for cell in row.cells):
        shape.quotes_within.add(row.number)


def _has_odd_backslash(line: str, dialect: Dialect) -> bool:
    """Whether a backslash may mean something else: two where none escapes, one before a plain sign where they do."""
    if dialect.escape is None:
        return 2 * BACKSLASH in line and dialect.quote in line
    special = {BACKSLASH, dialect.quote, dialect.delimiter, "N"}  # \\N is an empty cell
    return any(after not in special for after in re.findall(r"\\(.?)", line, flags=re.DOTALL))


def _holds_stray_quote(cell: str, line: str, dialect: Dialect) -> bool:
    """Whether an unquoted cell holds a quote that measures nothing (LED 15") and is no apostrophe (D'Avila)."""
    if not _STRAY[dialect.quote].search(_MEASURE.sub("", cell)):
        return False
    bare = (
        line.rstrip("\r\n").replace(BACKSLASH + dialect.quote, dialect.quote) if dialect.escape else line.rstrip("\r\n")
    )
    return f"{dialect.delimiter}{cell}{dialect.delimiter}" in f"{dialect.delimiter}{bare}{dialect.delimiter}"
