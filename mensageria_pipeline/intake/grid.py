"""What every format is read into: rows of unnamed cells, and what was understood of the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.texts import Language, say

ROW_NUMBER = "_row_number"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person should look at, though the file can be used."""

    key: str
    values: tuple[tuple[str, object], ...] = ()

    @classmethod
    def of(cls, key: str, **values: object) -> "Doubt":
        return cls(key, tuple(values.items()))

    def text(self, language: Language | None = None) -> str:
        return say(self.key, language, **dict(self.values))


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
    header_row: int = 0
    preamble_count: int = 0
    """Filled lines above the header: titles, dates of export."""
    totals_count: int = 0
    """Lines of totals at the end, left out."""
    surplus: tuple[str, ...] = ()
    """Columns beyond the header that only rows with too many cells have."""
    doubts: list[Doubt] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The facts a person asks for; doubts as sentences in the language of this process."""
        return {
            "format": self.format, "packed": self.packed, "encoding": self.encoding, "delimiter": self.delimiter,
            "quote": self.quote, "sheet": self.sheet, "sheets": list(self.sheets), "header_row": self.header_row,
            "preamble_rows": self.preamble_count, "totals_rows": self.totals_count,
            "doubts": [doubt.text() for doubt in self.doubts],
        }  # fmt: skip


@dataclass(slots=True)
class Grid:
    """Rows in batches: text columns named 0, 1, …, and `_row_number`, the row as a spreadsheet shows it.

    Rows without any value are left out. `headers` is set where the format itself names its columns.
    """

    reading: Reading
    batches: Iterator[pa.RecordBatch]
    headers: Sequence[str] | None = None


def filled_rows(table: pa.Table) -> pa.UInt64Array:
    """Positions of the rows that hold any value but white space."""
    filled = pa.repeat(pa.scalar(value=False), table.num_rows)
    for column in table.columns:
        text = pc.fill_null(column.combine_chunks(), "")
        filled = pc.or_(filled, pc.match_substring_regex(text, r"[^\s\p{Z}]"))
        if pc.all(filled).as_py():
            break
    return pc.indices_nonzero(filled)
