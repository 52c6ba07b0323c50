"""The rows of a query: as a table where it fits the terminal, else row by row; as CSV; as Parquet."""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table

_GAP = 2


def cell(value: Any) -> Any:
    """A value as it is printed; instants without the letter between date and time."""
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else value


def fitting(columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int) -> RenderableType:
    """A table, if no cell of it must be broken; else each row as a list of its columns."""
    lines = [["" if value is None else str(cell(value)) for value in row] for row in rows]
    widths = [max(map(cell_len, each)) for each in zip(columns, *lines, strict=True)]
    if sum(widths) + _GAP * (len(widths) - 1) > width or any("\n" in text for line in lines for text in line):
        return _records(columns, lines)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for place, name in enumerate(columns):
        is_number = bool(rows) and all(_is_number(row[place]) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    return table


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _records(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> Table:
    """Names on the left, values beside them; an empty line between two rows."""
    grid = Table(box=None, pad_edge=False, show_header=False, padding=(0, _GAP, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for number, line in enumerate(lines):
        if number:
            grid.add_row("", "")
        for name, text in zip(columns, line, strict=True):
            grid.add_row(name, text)
    return grid


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """As other programs read it: commas, a point in numbers, an empty cell for nothing."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if value is None else cell(value) for value in row] for row in rows])
    sys.stdout.write(buffer.getvalue())
    sys.stdout.flush()
