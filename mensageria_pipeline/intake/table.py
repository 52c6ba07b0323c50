"""Rows of unnamed cells → a table with headers: where the header is, what lies above it and below the last row."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import ALIASES
from mensageria_pipeline.contracts.limits import Limits
from mensageria_pipeline.contracts.masking import looks_like_data, shown_headers
from mensageria_pipeline.contracts.names import plain, squeezed
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, ROW_FIELDS
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER, Doubt, Grid, Reading

_SEARCHED_ROWS = 50
"""The header is looked for so far down."""
_MAX_TOTALS = 3
_TOTALS = re.compile(r"(?:(?:sub)?tota(?:l|is)|soma|grand total)(?: geral| de \w+)?[\s:.\d]*")
_PERSONAL = re.compile(r"@|^\+?[\d\s().\-]{10,}$|^[\d.\-/]{11,18}$")
"""What no total has: an address, a phone, a CPF."""
_KNOWN = frozenset(alias for aliases in ALIASES.values() for alias in aliases)


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

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers without those of empty columns that had no name."""
        return tuple(header for header in self.headers if header not in self.unnamed or header in self.filled)


def table_of(grid: Grid, file_name: str, limits: Limits, wanted: Sequence[str] = ()) -> Sheet:
    """Find the header and give the rows below it their names.

    `wanted` are headers that the campaign's definition names. Raises InputError for a file without rows.
    """
    known = _KNOWN | {squeezed(header) for header in wanted}
    head, rest = _head(grid)
    if not head:
        raise InputError("file_empty", file=file_name)
    if grid.headers is None:
        cells, head, position = _header(head, known)
        grid.reading.header_row, grid.reading.preamble_count = position
    else:
        cells = list(grid.headers)
    if len(cells) > limits.columns:
        raise InputError("file_too_wide", file=file_name, found=len(cells), limit=limits.columns)
    headers = unique_headers(cells)
    _doubt_headers(cells, headers, grid.reading)
    rows = (batch for batch in itertools.chain(head, rest) if batch.num_rows)
    first = next(rows, None)
    if first is None:
        raise InputError("file_without_rows", file=file_name, found=", ".join(shown_headers(headers)))
    unnamed = frozenset(name for name, cell in zip(headers, cells, strict=True) if not _trimmed(cell))
    sheet = Sheet(headers, iter(()), grid.reading, unnamed)
    named = _checked(itertools.chain([first], rows), sheet, _named_until(cells), file_name, limits)
    sheet.batches = _without_totals(named, grid.reading)
    return sheet


def _head(grid: Grid) -> tuple[list[pa.RecordBatch], Iterator[pa.RecordBatch]]:
    """The first batches, as far as the header is looked for, and the others."""
    head: list[pa.RecordBatch] = []
    for batch in grid.batches:
        head.append(batch)
        if sum(each.num_rows for each in head) >= _SEARCHED_ROWS:
            break
    return head, grid.batches


def _header(
    head: list[pa.RecordBatch], known: frozenset[str]
) -> tuple[list[str], list[pa.RecordBatch], tuple[int, int]]:
    """The header's cells, the rows below it, and (its row number, filled lines above it)."""
    table = pa.Table.from_batches(head)
    searched = table.slice(0, _SEARCHED_ROWS)
    columns = [searched[name].to_pylist() for name in searched.column_names[:-1]]
    rows = [[cell or "" for cell in row] for row in zip(*columns, strict=True)] if columns else []
    position = _header_position(rows, known)
    number = searched[ROW_NUMBER][position].as_py()
    return rows[position], table.slice(position + 1).to_batches(), (number, position)


def _header_position(rows: Sequence[Sequence[str]], known: frozenset[str]) -> int:
    """The row that names most columns we know, if every line above it is shorter; else the first.

    A line above that is as long may be a row of data: what cannot be told safely is not guessed.
    """
    scores = [
        0 if any(looks_like_data(cell) for cell in row) else sum(squeezed(cell) in known for cell in row)
        for row in rows
    ]
    best = scores.index(max(scores))
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    return best if scores[best] and all(width < widths[best] for width in widths[:best]) else 0


def unique_headers(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers as written, trimmed; empty ones are numbered, repeated and reserved ones get a suffix."""
    taken = {name.casefold() for name in (*PROVENANCE_NAMES, ROW_FIELDS)}
    headers: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = _trimmed(cell) or f"coluna_{position}"
        candidate, copy = name, 2
        while candidate.casefold() in taken:
            candidate, copy = f"{name}_{copy}", copy + 1
        taken.add(candidate.casefold())
        headers.append(candidate)
    return tuple(headers)


def _trimmed(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").replace("\u200b", "").split())


def _doubt_headers(cells: Sequence[str], headers: Sequence[str], reading: Reading) -> None:
    if reading.preamble_count:
        reading.doubts.append(Doubt.of("doubt_preamble", count=reading.preamble_count, row=reading.header_row))
    renamed = [name for name, cell in zip(headers, cells, strict=True) if _trimmed(cell) not in {name, ""}]
    if renamed:
        reading.doubts.append(Doubt.of("doubt_renamed", columns=", ".join(shown_headers(renamed))))


def _named_until(cells: Sequence[str]) -> int:
    """How many columns there are up to the last that has a name."""
    return max((position for position, cell in enumerate(cells, start=1) if _trimmed(cell)), default=0)


def _checked(
    batches: Iterator[pa.RecordBatch], sheet: Sheet, named_until: int, file_name: str, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """The batches under their names, with cells within the limit; notes which unnamed columns have values."""
    is_text = sheet.reading.delimiter is not None
    for batch in batches:
        for position, header in enumerate(sheet.headers):
            column = batch.column(position)
            longest = pc.max(pc.binary_length(column)).as_py() or 0
            if longest > limits.cell_characters:
                place = pc.index(pc.greater(pc.binary_length(column), limits.cell_characters), value=True).as_py()
                row = batch[ROW_NUMBER][place].as_py()
                raise InputError("file_cell_too_long", file=file_name, line=row, limit=limits.cell_characters)
            if header in sheet.unnamed and header not in sheet.filled and column.null_count < len(column):
                sheet.filled.add(header)
                if is_text and position >= named_until:
                    sheet.reading.surplus = (*sheet.reading.surplus, header)
        yield pa.RecordBatch.from_arrays(batch.columns, names=[*sheet.headers, ROW_NUMBER])
    if sheet.reading.surplus:
        sheet.reading.doubts.append(Doubt.of("doubt_surplus", columns=", ".join(sheet.reading.surplus)))


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
        reading.doubts.append(Doubt.of("doubt_totals", count=count, row=held[ROW_NUMBER][-count].as_py()))
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
