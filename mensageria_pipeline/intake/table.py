"""Rows of unnamed cells → a table with headers: where the header is, what lies above it and below the last row."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import KNOWN_NAMES
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import header_key, plain
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.cells import Entrance
from mensageria_pipeline.intake.grid import ROW_NUMBER, ConcernedRow, Doubt, Grid, Reading, Shape, concerned
from mensageria_pipeline.intake.header import (
    SEARCHED_ROWS,
    check_not_shifted,
    doubt_headers,
    find_header,
    named_until,
    trimmed_header,
    unique_headers,
)
from mensageria_pipeline.intake.header_again import without_headers
from mensageria_pipeline.intake.shape import judge_shape
from mensageria_pipeline.intake.witness import witnessed, witnesses_of
from mensageria_pipeline.storage.limits import Limits

_MAX_TOTALS = 3
_TOTALS = re.compile(r"(?:(?:sub)?tota(?:l|is)|soma|grand total)(?: geral| de \w+)?[\s:.\d]*")
_PERSONAL = re.compile(r"@|^\+?[\d\s().\-]{10,}$|^[\d.\-/]{11,18}$")
"""What no total has: an address, a phone, a CPF."""
_PERSONAL_CELL = r"@|\d{8}"
_NAMED = {"parquet", "jsonl"}
"""Formats that name every column."""


@dataclass(slots=True)
class Sheet:
    """One table of a file: its headers, made unique, and its rows in batches.

    Each batch has one text column per header and the column `_row_number`. Rows without any value are left out;
    they are no rows to the person who looks at the sheet. `columns` is what the table has once all rows are read.
    """

    headers: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    reading: Reading
    unnamed: frozenset[str] = frozenset()
    """Headers that are ours, because the file has none above the column."""
    filled: set[str] = field(default_factory=set)
    """Those of `unnamed` that have any value so far."""
    personal: set[str] = field(default_factory=set)
    """Those of `unnamed` that have a value which may be an address or a document."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers without those of empty columns that had no name."""
        return tuple(header for header in self.headers if header not in self.unnamed or header in self.filled)


def table_of(grid: Grid, file_name: str, limits: Limits, wanted: Sequence[str] = ()) -> Sheet:
    """Find the header and give the rows below it their names.

    `wanted` are headers that the campaign's definition names. Raises InputError for a file without rows.
    """
    known = KNOWN_NAMES | {header_key(header) for header in wanted}
    head, rest = _head(grid)
    if not head:
        raise InputError("file_empty", file=file_name)
    above: list[ConcernedRow] = []
    if grid.headers is None:
        cells, head, position, above = find_header(head, known, file_name)
        grid.reading.header_row, grid.reading.preamble_count = position
    else:
        cells = list(grid.headers)
    if len(cells) > limits.columns:
        raise InputError("file_too_wide", file=file_name, found=len(cells), limit=limits.columns)
    header_width = len(cells)
    if grid.shape:
        header_width = judge_shape(grid.shape, grid.reading, grid.reading.header_row, named_until(cells), file_name)
    headers = unique_headers(cells)
    if grid.shape and grid.shape.usual < named_until(cells):
        check_not_shifted(headers, head, grid, file_name)
    doubt_headers(cells, headers, above, grid.reading)
    rows = (batch for batch in itertools.chain(head, rest) if batch.num_rows)
    first = next(rows, None)
    if first is None:
        raise InputError("file_without_rows", file=file_name, found=", ".join(shown_headers(headers)))
    unnamed = frozenset(name for name, cell in zip(headers, cells, strict=True) if not trimmed_header(cell))
    sheet = Sheet(headers, iter(()), grid.reading, unnamed)
    named = _checked(itertools.chain([first], rows), sheet, named_until(cells), file_name, limits)
    if grid.shape and grid.shape.usual > header_width:
        named = _without_values_beyond(named, header_width, sheet, grid.shape, file_name)
    bare = without_headers(named, cells, grid.reading, file_name)
    sheet.batches = witnessed(_without_totals(bare, grid.reading), witnesses_of(grid), grid.reading.doubts)
    return sheet


def _head(grid: Grid) -> tuple[list[pa.RecordBatch], Iterator[pa.RecordBatch]]:
    """The first batches, as far as the header is looked for, and the others."""
    head: list[pa.RecordBatch] = []
    for batch in grid.batches:
        head.append(batch)
        if sum(each.num_rows for each in head) >= SEARCHED_ROWS:
            break
    return head, grid.batches


def _checked(
    batches: Iterator[pa.RecordBatch], sheet: Sheet, named_until: int, file_name: str, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """The batches under their names, with cells within the limit; notes which unnamed columns have values."""
    entrance = Entrance(sheet.reading)
    for raw in batches:
        columns = [entrance.clean(name, raw.column(at), raw[ROW_NUMBER]) for at, name in enumerate(sheet.headers)]
        batch = pa.RecordBatch.from_arrays([*columns, raw[ROW_NUMBER]], names=[*sheet.headers, ROW_NUMBER])
        for position, header in enumerate(sheet.headers):
            column = batch.column(position)
            longest = pc.max(pc.binary_length(column)).as_py() or 0
            if longest > limits.cell_characters:
                place = pc.index(pc.greater(pc.binary_length(column), limits.cell_characters), value=True).as_py()
                row = batch[ROW_NUMBER][place].as_py()
                raise InputError("file_cell_too_long", file=file_name, line=row, limit=limits.cell_characters)
            is_looked_at = header in sheet.unnamed and header not in sheet.personal
            if is_looked_at and pc.any(pc.match_substring_regex(column, _PERSONAL_CELL)).as_py():
                sheet.personal.add(header)
            if header in sheet.unnamed and header not in sheet.filled and column.null_count < len(column):
                sheet.filled.add(header)
                if position >= named_until and sheet.reading.format not in _NAMED:
                    sheet.reading.surplus = (*sheet.reading.surplus, header)
        yield batch
    sheet.reading.doubts += entrance.doubts()
    if sheet.reading.sheet is not None:
        _set_notes_apart(sheet, named_until)


def _set_notes_apart(sheet: Sheet, named_until: int) -> None:
    """Values beside the table, which an entirely empty column parts from it, are notes: they shift no row."""
    beyond = sheet.headers[named_until:]
    gap = next((place for place, header in enumerate(beyond) if header not in sheet.filled), len(beyond))
    notes = [header for header in beyond[gap:] if header in sheet.reading.surplus and header not in sheet.personal]
    if notes:
        sheet.reading.surplus = tuple(header for header in sheet.reading.surplus if header not in notes)
        sheet.reading.doubts.append(Doubt.of("doubt_notes_beside", columns=", ".join(notes)))


def _without_values_beyond(
    batches: Iterator[pa.RecordBatch], width: int, sheet: Sheet, shape: Shape, file_name: str
) -> Iterator[pa.RecordBatch]:
    """The rows of a file that all have more cells than the header, as long as those have no values.

    Raises InputError otherwise: a header that lacks a name, or has it in the wrong place, shifts all.
    """
    beyond = frozenset(sheet.headers[width : shape.usual])
    for batch in batches:
        if beyond & sheet.filled:
            line = sheet.reading.header_row
            raise InputError("file_header_cells", file=file_name, line=line, header=width, cells=shape.usual)
        yield batch


def _without_totals(batches: Iterator[pa.RecordBatch], reading: Reading) -> Iterator[pa.RecordBatch]:
    """All rows but lines of totals at the very end; the last rows are held back until the end is known."""
    held: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        joined = pa.concat_tables([held, table]) if held is not None else table
        split = max(0, joined.num_rows - _MAX_TOTALS)
        yield from joined.slice(0, split).combine_chunks().to_batches()
        held = joined.slice(split)
    if held is None:
        return
    count = _totals_at_end(held.drop_columns([ROW_NUMBER]).to_pylist())
    if count:
        reading.totals_count = count
        dropped = concerned(held.slice(held.num_rows - count))
        reading.doubts.append(Doubt.of("doubt_totals", dropped, count=count, row=held[ROW_NUMBER][-count].as_py()))
    yield from held.slice(0, held.num_rows - count).combine_chunks().to_batches()


def _totals_at_end(rows: Sequence[dict[str, str | None]]) -> int:
    count = 0
    for row in reversed(rows):
        cells = [cell.strip() for cell in row.values() if cell and cell.strip()]
        is_sparse = len(cells) < len(row) or len(row) == 1
        if not (cells and is_sparse and _TOTALS.fullmatch(plain(cells[0])) and not _has_words(cells[1:])):
            break
        count += 1
    return count


def _has_words(cells: Sequence[str]) -> bool:
    """A name or an address beside the word: a person called Total, not a total."""
    return any(_is_personal(cell) or sum(letter.isalpha() for letter in cell) > 3 for cell in cells)


def _is_personal(cell: str) -> bool:
    """An amount has a comma, or few digits; a phone or a CPF has ten or eleven and no comma."""
    return (bool(_PERSONAL.search(cell)) and sum(letter.isdigit() for letter in cell) >= 10) or "@" in cell
