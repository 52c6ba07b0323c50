"""Doubts about rows: how many there are of a kind, and the first of them, seen while the rows go by."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.raw_base import RowFault
from mensageria_pipeline.intake.garbled import garbled_rows
from mensageria_pipeline.intake.grid import ROW_NUMBER, SHOWN_ROWS, ConcernedRow, Doubt, Grid, Shape, concerned

_DOUBT_OF = {
    RowFault.EXTRA_CELLS: "doubt_surplus",
    RowFault.MISSING_CELLS: "doubt_short",
    RowFault.CUT_ROW: "doubt_cut",
    RowFault.BROKEN_QUOTES: "doubt_quotes",
}


@dataclass(slots=True)
class Witness:
    """Counts the rows of one kind. `find` gives the mask of a batch's rows that are of it."""

    key: str
    find: Callable[[pa.RecordBatch], pa.BooleanArray]
    count: int = 0
    rows: list[ConcernedRow] = field(default_factory=list)

    def look(self, batch: pa.RecordBatch) -> None:
        mask = self.find(batch)
        found = pc.sum(mask).as_py() or 0
        self.count += found
        if found and len(self.rows) < SHOWN_ROWS:
            self.rows += concerned(batch.filter(mask))

    def doubt(self) -> Doubt | None:
        if not self.count:
            return None
        return Doubt.of(self.key, self.rows, count=self.count, row=self.rows[0].number)


def witnesses_of(grid: Grid) -> list[Witness]:
    """What is to be looked for in the rows of a grid whose faults are known."""
    found = [Witness(_DOUBT_OF[fault], _numbered(rows)) for fault, rows in grid.reading.faults.items()]
    shape = grid.shape or Shape(0)
    for key, rows in (("doubt_quote_within", shape.quotes_within), ("doubt_backslash", shape.backslashes)):
        if rows:
            found.append(Witness(key, _numbered(rows)))
    if grid.is_garbled:
        found.append(Witness("doubt_mojibake", garbled_rows))
    return found


def witnessed(
    batches: Iterator[pa.RecordBatch], witnesses: Sequence[Witness], doubts: list[Doubt]
) -> Iterator[pa.RecordBatch]:
    """The batches as they are; after the last one the doubts are complete."""
    for batch in batches:
        for witness in witnesses:
            witness.look(batch)
        yield batch
    doubts += [doubt for witness in witnesses if (doubt := witness.doubt())]


def _numbered(rows: Collection[int]) -> Callable[[pa.RecordBatch], pa.BooleanArray]:
    wanted = pa.array(sorted(rows), pa.int64())
    return lambda batch: pc.is_in(batch[ROW_NUMBER], wanted)
