"""csv, tsv and txt: text with a delimiter, as programs and people really write it.

A regular file, in which no cell is quoted and every line has as many cells, goes through DuckDB's reader, in
parallel. Any other goes through Python's csv module, row by row: slower, and exact about row numbers, line breaks
within cells and rows of other lengths, where DuckDB's tolerant mode drops surplus cells without a word (2.0.0).
"""

import contextlib
import csv
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.dataset import BATCH_ROWS
from mensageria_pipeline.contracts.limits import Limits
from mensageria_pipeline.contracts.queries import open_duckdb
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER, Doubt, Grid, Reading, filled_rows
from mensageria_pipeline.intake.text_encoding import TextFacts, as_utf8, examine

_DELIMITERS = (";", ",", "\t", "|")
_SAMPLE_BYTES = 1 << 18
_SAMPLE_LINES = 200
_END = "\ue000mensageria-end\ue000"
"""A line of our own after the last: it is a row by itself unless a quote was left open."""
_SEP_LINE = re.compile(r"^sep=(.)\r?\n?$", re.IGNORECASE)
_MOJIBAKE = re.compile("Ã[§£¡©ª³µ­º‰‡ƒ“¢´]|Â[ºª°]|[A-Za-z][‡Æ„ƒ¢¡][A-Za-zÆ‡]|�")


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str
    quote: str = '"'
    skipped_lines: int = 0
    """1 where the first line only names the delimiter (sep=;)."""


@contextlib.contextmanager
def open_delimited(path: Path, extension: str, file_name: str, limits: Limits) -> Iterator[Grid]:
    """The rows of a text file. Raises InputError in a sentence."""
    facts = examine(path, file_name, limits)
    with as_utf8(path, facts, file_name) as text:
        sample = _sample(text)
        dialect = _dialect(sample, "\t" if extension == ".tsv" else None)
        reading = Reading(
            extension.removeprefix("."), encoding=facts.encoding.removesuffix("-sig"), delimiter=dialect.delimiter,
            quote=dialect.quote if facts.has_quotes or dialect.quote != '"' else None,
        )  # fmt: skip
        if _MOJIBAKE.search(sample):
            reading.doubts.append(Doubt.of("doubt_mojibake"))
        shape = _regular_shape(text, facts, dialect)
        if shape is None:
            yield Grid(reading, _irregular(text, dialect, file_name, limits))
        else:
            yield Grid(reading, _regular(text, dialect, shape, file_name))


def _sample(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    return head.decode("utf-8", errors="ignore")


def _dialect(sample: str, preferred: str | None) -> Dialect:
    """Delimiter and quote: what the file says itself, else what DuckDB's sniffer finds, else the most frequent."""
    lines = sample.splitlines(keepends=True)[:_SAMPLE_LINES]
    if lines and (match := _SEP_LINE.match(lines[0])):
        return Dialect(match.group(1), skipped_lines=1)
    if preferred and any(preferred in line for line in lines):
        return Dialect(preferred)
    sniffed = _sniffed("".join(line for line in lines if line.strip()))
    if sniffed:
        return sniffed
    counts = {delimiter: sample.count(delimiter) for delimiter in _DELIMITERS}
    return Dialect(max(counts, key=lambda delimiter: counts[delimiter]))


def _sniffed(sample: str) -> Dialect | None:
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder, open_duckdb() as connection:
        path = Path(folder) / "sample.txt"
        path.write_text(sample, encoding="utf-8", newline="")
        query = (
            "SELECT Delimiter, Quote FROM sniff_csv(?, all_varchar = true, null_padding = true, strict_mode = false)"
        )
        try:
            row = connection.execute(query, [str(path)]).fetchone()
        except duckdb.Error:
            return None
    if not row or row[0] not in _DELIMITERS or row[0] not in sample:
        return None
    return Dialect(row[0], quote="'" if row[1] == "'" and '"' not in sample else '"')


@dataclass(slots=True)
class _Shape:
    """A regular file: as many cells in every line."""

    width: int
    blank_lines: list[int] = field(default_factory=list)
    """Numbers, from 1, of lines without any character."""


def _regular_shape(path: Path, facts: TextFacts, dialect: Dialect) -> _Shape | None:
    """The shape of a regular file; None for one that needs the exact reader."""
    if facts.has_quotes or facts.has_lone_returns or dialect.quote != '"' or dialect.skipped_lines:
        return None
    delimiter, expected = dialect.delimiter.encode(), -1
    blank: list[int] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            count = line.count(delimiter)
            if count != expected:
                if not line.strip(b"\r\n"):
                    blank.append(number)
                    continue
                if expected >= 0:
                    return None
                expected = count
    # A line of a single column that is blank cannot be told from one that is not there.
    return _Shape(expected + 1, blank) if expected > 0 else None


_READ = """
SELECT * FROM read_csv(
    ?, auto_detect = false, header = false, delim = ?, quote = '', escape = '', comment = '',
    columns = {columns}, strict_mode = true
)
"""


def _regular(path: Path, dialect: Dialect, shape: _Shape, file_name: str) -> Iterator[pa.RecordBatch]:
    columns = "{" + ", ".join(f"'{position}': 'VARCHAR'" for position in range(shape.width)) + "}"
    before = np.array(shape.blank_lines, dtype=np.int64) - np.arange(len(shape.blank_lines))
    done = 0
    with open_duckdb() as connection:
        try:
            query = _READ.replace("{columns}", columns)
            for batch in connection.sql(query, params=[str(path), dialect.delimiter]).to_arrow_reader(BATCH_ROWS):
                ordinals = np.arange(done + 1, done + len(batch) + 1)
                done += len(batch)
                numbers = ordinals + np.searchsorted(before, ordinals, side="right")
                yield from _filled(pa.Table.from_batches([batch]), pa.array(numbers))
        except duckdb.Error:
            raise InputError("file_not_csv", file=file_name, line="?") from None


def _irregular(path: Path, dialect: Dialect, file_name: str, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Two passes: the first finds how wide the rows are, and what must be refused."""
    width = 0
    for number, row in _rows(path, dialect, file_name, limits):
        if len(row) > width:
            width = len(row)
            if width > limits.columns:
                raise InputError("file_too_wide", file=file_name, found=width, limit=limits.columns)
        _check_swallowed(row, dialect, number, file_name)
    numbers: list[int] = []
    rows: list[list[str]] = []
    for number, row in _rows(path, dialect, file_name, limits):
        numbers.append(number)
        rows.append(row if len(row) == width else row + [""] * (width - len(row)))
        if len(rows) == BATCH_ROWS:
            yield from _columns(rows, numbers, width)
            numbers, rows = [], []
    yield from _columns(rows, numbers, width)


def _rows(path: Path, dialect: Dialect, file_name: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """(row as a spreadsheet numbers it, cells) of each line that is not blank."""
    csv.field_size_limit(limits.cell_characters)
    with path.open(encoding="utf-8", newline="") as file:
        lines = _with_end(file, dialect.skipped_lines)
        reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
        number = dialect.skipped_lines
        try:
            for row in reader:
                number += 1
                if row == [_END]:
                    return
                if row and _END in row[-1]:
                    raise InputError("file_open_quote", file=file_name)
                if row:
                    yield number, row
        except csv.Error:
            raise InputError(
                "file_cell_too_long", file=file_name, line=number + 1, limit=limits.cell_characters
            ) from None


def _with_end(file: Iterator[str], skipped: int) -> Iterator[str]:
    line = "\n"
    for position, line in enumerate(file):
        if position >= skipped:
            yield line
    if not line.endswith(("\n", "\r")):
        yield "\n"
    yield _END


def _check_swallowed(row: list[str], dialect: Dialect, number: int, file_name: str) -> None:
    """A cell in which whole rows seem to lie began with a quote that was never meant to open one."""
    for cell in row:
        if "\n" in cell and any(
            line.count(dialect.delimiter) >= max(1, len(row) - 1) for line in cell.splitlines()[1:]
        ):
            raise InputError("file_stray_quote", file=file_name, line=number)


def _columns(rows: list[list[str]], numbers: list[int], width: int) -> Iterator[pa.RecordBatch]:
    if rows:
        cells = zip(*rows, strict=True)
        table = pa.table([pa.array(column, pa.string()) for column in cells], names=[str(n) for n in range(width)])
        yield from _filled(table, pa.array(numbers, pa.int64()))


def _filled(table: pa.Table, numbers: pa.Int64Array) -> Iterator[pa.RecordBatch]:
    """The rows that hold any value, empty cells as null, with their numbers in a last column."""
    shown = {name: _nulled(table[name]) for name in table.column_names}
    kept = filled_rows(table)
    if len(kept):
        named = pa.table({**shown, ROW_NUMBER: numbers})
        yield from (named if len(kept) == len(named) else named.take(kept)).combine_chunks().to_batches()


def _nulled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
