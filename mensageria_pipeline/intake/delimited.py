"""csv, tsv and txt: text with a delimiter, as programs and people really write it.

A regular file, in which every line is a row and has as many cells, goes through DuckDB's reader, in parallel. Any other
goes through a strict reader row by row: slower, and exact about row numbers, line breaks within cells, stray quotes and
rows of other lengths, where DuckDB's tolerant mode drops surplus cells without a word (2.0.0).
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mensageria_pipeline.intake.dialect import QUOTE, find_dialect
from mensageria_pipeline.intake.grid import Doubt, Grid, Reading, filled_batches
from mensageria_pipeline.intake.regular import read_regular, regular_lines
from mensageria_pipeline.intake.survey import Survey, survey
from mensageria_pipeline.intake.text_encoding import as_utf8, examine
from mensageria_pipeline.storage.dataset import BATCH_ROWS
from mensageria_pipeline.storage.limits import Limits


@contextlib.contextmanager
def open_delimited(path: Path, extension: str, file_name: str, limits: Limits) -> Iterator[Grid]:
    """The rows of a text file. Raises InputError in a sentence."""
    facts = examine(path, file_name, limits)
    with as_utf8(path, facts, file_name) as text:
        dialect = find_dialect(text, "\t" if extension == ".tsv" else None, has_quotes=facts.has_quotes)
        reading = Reading(
            extension.removeprefix("."),
            encoding=facts.encoding.removesuffix("-sig"),
            delimiter=dialect.delimiter,
            quote=dialect.quote if facts.has_quotes or dialect.quote != QUOTE else None,
        )
        if not facts.is_certain:
            reading.doubts.append(Doubt.of("doubt_encoding", encoding=facts.encoding))
        lines = regular_lines(text, facts, dialect)
        if lines is not None:
            yield Grid(reading, read_regular(text, dialect, lines, file_name), is_garbled=facts.is_garbled)
            return
        found = survey(text, dialect, file_name, limits)
        yield Grid(reading, _irregular(found), shape=found.shape, is_garbled=facts.is_garbled)


def _irregular(found: Survey) -> Iterator[pa.RecordBatch]:
    numbers: list[int] = []
    rows: list[list[str]] = []
    for row in found.reader:
        numbers.append(row.number)
        rows.append(row.cells + [""] * (found.width - len(row.cells)))
        if len(rows) == BATCH_ROWS:
            yield from _columns(rows, numbers, found.width)
            numbers, rows = [], []
    yield from _columns(rows, numbers, found.width)


def _columns(rows: list[list[str]], numbers: list[int], width: int) -> Iterator[pa.RecordBatch]:
    if rows:
        cells = zip(*rows, strict=True)
        table = pa.table([pa.array(column, pa.string()) for column in cells], names=[str(n) for n in range(width)])
        yield from filled_batches(table, pa.array(numbers, pa.int64()))
