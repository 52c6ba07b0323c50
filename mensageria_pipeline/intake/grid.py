"""What every format is read into: rows of unnamed cells, and what was understood of the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.raw_base import RowFault
from mensageria_pipeline.texts import DOUBT_PREFIX, Language, say

ROW_NUMBER = "_row_number"


SHOWN_ROWS = 3
"""So many of the rows that a doubt is about are shown with it."""


@dataclass(frozen=True, slots=True)
class ConcernedRow:
    """A row that a doubt is about."""

    number: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person should look at, though the file can be used."""

    key: str
    values: tuple[tuple[str, object], ...] = ()
    rows: tuple[ConcernedRow, ...] = ()
    """The first of those that it is about; none where it is about the file."""

    @classmethod
    def of(cls, key: str, rows: Sequence[ConcernedRow] = (), /, **values: object) -> "Doubt":
        return cls(key, tuple(values.items()), tuple(rows[:SHOWN_ROWS]))

    @property
    def name(self) -> str:
        """What a definition calls it, to accept it."""
        return self.key.removeprefix(DOUBT_PREFIX)

    def text(self, language: Language | None = None) -> str:
        return say(self.key, language, **dict(self.values))

    def masked(self) -> "Doubt":
        """The same with the cells of its rows masked."""
        rows = (ConcernedRow(row.number, tuple(map(mask, row.cells))) for row in self.rows)
        return replace(self, rows=tuple(rows))


@dataclass(slots=True)
class Reading:
    """How a file was understood. Complete once its rows have been read."""

    format: str
    packed: str | None = None
    """gz or zip, where the list lay inside one."""
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = ()
    """Visible ones with rows of their own, that are not read."""
    minor_sheets: tuple[str, ...] = ()
    """Hidden ones with anything in them, and visible ones with a single row."""
    header_row: int = 0
    preamble_count: int = 0
    """Filled lines above the header: titles, dates of export."""
    totals_count: int = 0
    """Lines of totals at the end, left out."""
    surplus: tuple[str, ...] = ()
    """Columns beyond the header that only rows with too many cells have."""
    faults: dict[RowFault, frozenset[int]] = field(default_factory=dict)
    """Numbers of the rows whose cells may be out of place."""
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def faulty_rows(self) -> list[int]:
        """Numbers of the rows whose cells may be out of place, whatever the fault, in order."""
        return sorted(set[int]().union(*self.faults.values()))

    def as_json(self) -> dict[str, Any]:
        """The facts a person asks for; doubts as sentences in the language of this process."""
        return {
            "format": self.format,
            "packed": self.packed,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "quote": self.quote,
            "sheet": self.sheet,
            "sheets": list(self.sheets),
            "header_row": self.header_row,
            "preamble_rows": self.preamble_count,
            "totals_rows": self.totals_count,
            "doubts": [doubt.text() for doubt in self.doubts],
            "doubt_names": [doubt.name for doubt in self.doubts],
        }


@dataclass(slots=True)
class Shape:
    """How many cells the rows of a text file have; a spreadsheet's rows all have the same."""

    usual: int
    other: dict[int, int] = field(default_factory=dict)
    """Row number → cells, of rows that have another number of them."""
    broken: set[int] = field(default_factory=set)
    """Numbers of lines whose quotes do not say what their cells are."""
    quotes_within: set[int] = field(default_factory=set)
    """Numbers of rows with a quote in the middle of a cell that is not quoted."""
    backslashes: set[int] = field(default_factory=set)
    """Numbers of rows with a backslash that may mean something else than itself."""


@dataclass(slots=True)
class Grid:
    """Rows in batches: text columns named 0, 1, …, and `_row_number`, the row as a spreadsheet shows it.

    Rows without any value are left out. `headers` is set where the format itself names its columns.
    """

    reading: Reading
    batches: Iterator[pa.RecordBatch]
    headers: Sequence[str] | None = None
    shape: Shape | None = None
    """None where all rows have as many cells as the header."""
    is_garbled: bool = False
    """True where accents were broken before the file came."""


def concerned(table: pa.Table | pa.RecordBatch) -> list[ConcernedRow]:
    """The first rows of a table as a doubt shows them."""
    first = table.slice(0, SHOWN_ROWS)
    cells = [first[name].to_pylist() for name in first.schema.names if name != ROW_NUMBER]
    rows = zip(*cells, strict=True) if cells else iter(())
    return [
        ConcernedRow(number, tuple(cell or "" for cell in row))
        for number, row in zip(first[ROW_NUMBER].to_pylist(), rows, strict=True)
    ]


def filled_rows(table: pa.Table) -> pa.UInt64Array:
    """Positions of the rows that hold any value but white space."""
    filled = pa.repeat(pa.scalar(value=False), table.num_rows)
    for column in table.columns:
        text = pc.fill_null(column.combine_chunks(), "")
        filled = pc.or_(filled, pc.match_substring_regex(text, r"[^\s\p{Z}]"))
        if pc.all(filled).as_py():
            break
    return pc.indices_nonzero(filled)


def filled_batches(table: pa.Table, numbers: pa.Int64Array) -> Iterator[pa.RecordBatch]:
    """The rows that hold any value, empty cells as null, with their numbers in a last column."""
    shown = {name: _nulled(table[name]) for name in table.column_names}
    kept = filled_rows(table)
    if len(kept):
        named = pa.table({**shown, ROW_NUMBER: numbers})
        yield from (named if len(kept) == len(named) else named.take(kept)).combine_chunks().to_batches()


def _nulled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
