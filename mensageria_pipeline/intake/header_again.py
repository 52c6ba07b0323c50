"""A header in the middle of the rows: exports that were joined. Nobody is called nome."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import KNOWN_NAMES
from mensageria_pipeline.contracts.masking import looks_like_data
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER, SHOWN_ROWS, ConcernedRow, Doubt, Reading, concerned

_SHORT = r"^[^0-9@]{1,60}$"
_DROPPED = "[^a-z0-9]+"


def without_headers(
    batches: Iterator[pa.RecordBatch], cells: Sequence[str], reading: Reading, file_name: str
) -> Iterator[pa.RecordBatch]:
    """The rows without those that are the header, whose `cells` are given, once more; they are counted as a doubt.

    Raises InputError for another header than this one: what follows it would stand under the wrong names.
    """
    header = _Header(cells)
    count, rows = 0, list[ConcernedRow]()
    for batch in batches:
        again = header.places_in(batch, file_name)
        if not again:
            yield batch
            continue
        dropped = batch.take(pa.array(again))
        count, rows = count + len(again), rows or concerned(dropped)
        kept = sorted(set(range(batch.num_rows)) - set(again))
        if kept:
            yield batch.take(pa.array(kept))
    if count:
        reading.doubts.append(Doubt.of("doubt_header_again", rows[:SHOWN_ROWS], count=count, row=rows[0].number))


class _Header:
    """A table's header, and the names by which another one is known."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = [header_key(cell) for cell in cells]
        self._names = KNOWN_NAMES | {name for name in self._cells if name}
        dropped = {re.sub(_DROPPED, "", cell.lower()) for cell in cells}
        self._prefilter = pa.array(
            sorted({*self._names, *dropped, *_without_a_letter(self._names)} - {""}), pa.string()
        )

    def places_in(self, batch: pa.RecordBatch, file_name: str) -> list[int]:
        """Where the header stands in a batch. Raises InputError for another header."""
        again = []
        for place in self._candidates(batch):
            row = [batch.column(position)[place].as_py() or "" for position in range(batch.num_columns - 1)]
            if self._is_again(row):
                again.append(place)
            elif self._is_other(row):
                raise InputError("file_headers_differ", file=file_name, line=batch[ROW_NUMBER][place].as_py())
        return again

    def _candidates(self, batch: pa.RecordBatch) -> list[int]:
        """Rows whose first filled cell may be the name of a column."""
        left = pa.array(range(0), pa.int64()) if not batch.num_rows else None
        found: list[int] = []
        for position in range(batch.num_columns - 1):
            column = batch.column(position)
            column = column if left is None else column.take(left)
            places = pc.indices_nonzero(pc.match_substring_regex(column, _SHORT))
            if len(places):
                words = pc.replace_substring_regex(pc.utf8_lower(column.take(places)), _DROPPED, "")
                hits = places.filter(pc.is_in(words, self._prefilter))
                found += (hits if left is None else left.take(hits)).to_pylist()
            empty = pc.indices_nonzero(pc.is_null(column))
            left = empty if left is None else left.take(empty)
            if not len(left):
                break
        return sorted(found)

    def _is_again(self, row: Sequence[str]) -> bool:
        named = [(header_key(cell), name) for cell, name in zip(row, self._cells, strict=False) if cell.strip() or name]
        return all(cell == name for cell, name in named) and not any(cell.strip() for cell in row[len(self._cells) :])

    def _is_other(self, row: Sequence[str]) -> bool:
        filled = [cell for cell in row if cell.strip()]
        if any(looks_like_data(cell) for cell in filled):
            return False
        hits = sum(header_key(cell) in self._names for cell in filled)
        return hits >= 2 and 2 * hits >= len(filled)


def _without_a_letter(names: Sequence[str] | frozenset[str]) -> set[str]:
    """The names as they are left when an accented letter is dropped from them."""
    return {name[:place] + name[place + 1 :] for name in names for place in range(len(name)) if name[place] in "aeiouc"}
