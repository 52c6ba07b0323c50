"""Text files that are regular: every line is a row, and all have as many cells. DuckDB reads them, in parallel."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.dialect import QUOTE, Dialect
from mensageria_pipeline.intake.grid import filled_batches
from mensageria_pipeline.intake.text_encoding import TextFacts
from mensageria_pipeline.storage.dataset import BATCH_ROWS
from mensageria_pipeline.storage.duckdb import open_duckdb
from mensageria_pipeline.storage.limits import MEBIBYTE


@dataclass(slots=True)
class RegularLines:
    """Those of a regular file."""

    width: int
    """Cells in each."""
    count: int
    """Of lines that are not blank."""
    blank: list[int] = field(default_factory=list)
    """Numbers, from 1, of lines without any character."""
    is_quoted: bool = False


def regular_lines(path: Path, facts: TextFacts, dialect: Dialect) -> RegularLines | None:
    """The lines of a regular file; None for one that needs the exact reader."""
    if facts.has_lone_returns or dialect.skipped_lines or dialect.is_padded:
        return None
    is_quoted = facts.has_quotes or dialect.quote != QUOTE
    return _quoted_lines(path, dialect) if is_quoted else _bare_lines(path, dialect)


def _bare_lines(path: Path, dialect: Dialect) -> RegularLines | None:
    delimiter, expected, number = dialect.delimiter.encode(), -1, 0
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
    return RegularLines(expected + 1, number - len(blank), blank) if expected > 0 else None


def _quoted_lines(path: Path, dialect: Dialect) -> RegularLines | None:
    """Where the strict reader finds a row in each line, and no cell that holds a quote or two backslashes."""
    width, number, blank, quote = 0, 0, list[int](), dialect.quote
    if _has(path, b"\\\\"):
        return None
    with path.open(encoding="utf-8", newline="") as file:
        reader = dialect.reader(file)
        try:
            for number, row in enumerate(reader, start=1):
                if len(row) != width or quote in "".join(row) or reader.line_num != number:
                    if not row:
                        blank.append(number)
                    elif width or quote in "".join(row) or reader.line_num != number:
                        return None
                    width = width or len(row)
        except csv.Error:
            return None
    return RegularLines(width, number - len(blank), blank, is_quoted=True) if width > 1 else None


def _has(path: Path, sign: bytes) -> bool:
    with path.open("rb") as file:
        while lines := file.readlines(MEBIBYTE):
            if sign in b"".join(lines):
                return True
    return False


_READ = """
SELECT * FROM read_csv(
    ?, auto_detect = false, header = false, delim = ?, quote = ?, escape = ?, comment = '',
    columns = {columns}, strict_mode = true
)
"""


def read_regular(path: Path, dialect: Dialect, lines: RegularLines, file_name: str) -> Iterator[pa.RecordBatch]:
    """The rows. Raises InputError where DuckDB sees other rows than we did: none may be lost by that."""
    columns = "{" + ", ".join(f"'{position}': 'VARCHAR'" for position in range(lines.width)) + "}"
    before = np.array(lines.blank, dtype=np.int64) - np.arange(len(lines.blank))
    quote = dialect.quote if lines.is_quoted else ""
    done = 0
    with open_duckdb() as connection:
        try:
            query = _READ.replace("{columns}", columns)
            rows = connection.sql(query, params=[str(path), dialect.delimiter, quote, quote])
            for batch in rows.to_arrow_reader(BATCH_ROWS):
                ordinals = np.arange(done + 1, done + len(batch) + 1)
                done += len(batch)
                numbers = ordinals + np.searchsorted(before, ordinals, side="right")
                yield from filled_batches(pa.Table.from_batches([batch]), pa.array(numbers))
        except duckdb.Error:
            raise InputError("file_not_csv", file=file_name, line="?") from None
    if done != lines.count:
        raise InputError("file_not_csv", file=file_name, line="?")
