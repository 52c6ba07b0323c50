"""Rows that have not as many cells as the header: which of them may be out of place."""

from mensageria_pipeline.contracts.raw_base import RowFault
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import Doubt, Reading, Shape


def judge_shape(shape: Shape, reading: Reading, header_row: int, named_count: int, file_name: str) -> int:
    """Note the faults of the rows below the header; how many cells the header itself has.

    `named_count` is how many columns there are up to the last that has a name. A row must have as many cells as the
    header. Where no row has, all having the same other number, only the end of the header is in question: a doubt.
    Raises InputError where the header's cells are not known, or some rows agree with it and most do not.
    """
    if header_row in shape.broken:
        raise InputError("file_header_quotes", file=file_name, line=header_row)
    header = shape.other.get(header_row, shape.usual)
    below = {row: cells for row, cells in shape.other.items() if row > header_row}
    if header != shape.usual:
        if header in below.values():
            raise InputError("file_header_cells", file=file_name, line=header_row, header=header, cells=shape.usual)
        if shape.usual > header:
            reading.doubts.append(Doubt.of("doubt_trailing", count=shape.usual - header))
        elif shape.usual < named_count:
            reading.doubts.append(Doubt.of("doubt_header_longer", count=named_count - shape.usual))
    short = {row for row, cells in below.items() if cells < shape.usual}
    known = shape.other.keys() | shape.broken
    found = {
        RowFault.EXTRA_CELLS: {row for row, cells in below.items() if cells > shape.usual},
        RowFault.MISSING_CELLS: short,
        RowFault.CUT_ROW: {
            beside
            for row in short
            if below[row] == 1
            for beside in (row - 1, row + 1)
            if beside > header_row and beside not in known
        },
        RowFault.BROKEN_QUOTES: {row for row in shape.broken if row > header_row},
    }
    reading.faults = {fault: frozenset(rows) for fault, rows in found.items() if rows}
    return header
