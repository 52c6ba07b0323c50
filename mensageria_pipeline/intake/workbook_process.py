"""The process that reads one workbook: `python -m … <request as JSON>`, the rows to an Arrow file.

A workbook can be small and need all memory of a machine, or make a reader fail beyond catching. Here it can only
end this process, whose memory is limited.
"""

import contextlib
import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.modules["numpy"] = None  # type: ignore[assignment]  # pyarrow imports it where it can; here it costs only time

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.limits import MEBIBYTE
from mensageria_pipeline.intake.grid import ROW_NUMBER, filled_rows

_TOO_WIDE = "file_too_wide"
_NEAR = 0.7
_CHUNK_ROWS = 50_000
_CLOCK = r"^1(?:899|900)-\d\d-\d\d (\d\d:\d\d)(?::00|(:\d\d))$"
_THREE_DECIMALS = r"^(-?\d{1,3}\.\d{3})$"


def read(path: str, target: str, sheet: str | None, columns: int, stand_in: str = "") -> dict[str, Any]:
    """Write the filled rows of one sheet; what was found, or the key of the sentence that refuses it.

    Without a name it is the first visible sheet with anything in it; others that have rows are named. A workbook whose
    only sheet is `stand_in` needs no `sheet`: it corrects rows of another.
    """
    try:
        workbook = fastexcel.read_excel(path)
        names = workbook.sheet_names
        if sheet is not None and names == [stand_in]:
            sheet = stand_in
        if sheet is not None and sheet not in names:
            return {"error": "sheet_missing", "sheets": names}
        return _read_first(workbook, target, names if sheet is None else [sheet], columns)
    except fastexcel.FastExcelError as error:
        if "password" in str(error).lower():
            return {"error": "file_encrypted"}
        return {"error": "file_needs_memory" if _is_near_limit() else "file_damaged"}


def _read_first(workbook: fastexcel.ExcelReader, target: str, names: Sequence[str], columns: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    others: list[str] = []
    for name in names:
        # skip_rows=0: without it leading empty rows vanish and every row number shifts.
        loaded = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if len(names) > 1 and loaded.visible != "visible":
            continue
        table = pa.Table.from_batches([loaded.to_arrow()])
        if not found and table.num_columns > columns:
            return {"error": _TOO_WIDE, "found": table.num_columns}
        filled = filled_rows(table)
        if found:
            others += [name] if len(filled) > 1 else []
        elif len(filled):
            _write(_readable(table, workbook, name), filled, target)
            found = {"sheet": name, "sheets": workbook.sheet_names, "others": others}
    return found or {"error": "file_empty"}


def _readable(table: pa.Table, workbook: fastexcel.ExcelReader, name: str) -> pa.Table:
    """Dates without a midnight, times without the year 1899, and numbers of three decimals that no Brazilian takes for
    thousands."""
    columns = [_without_clock(column) for column in table.columns]
    places = [_first(column) for column in columns]
    if any(place >= 0 for place in places):
        first = min(place for place in places if place >= 0)
        typed = workbook.load_sheet(name, header_row=None, skip_rows=first).to_arrow()
        for position, place in enumerate(places):
            if place >= 0 and position < typed.num_columns and pa.types.is_floating(typed.schema.field(position).type):
                columns[position] = pc.replace_substring_regex(columns[position], _THREE_DECIMALS, r"\10")
    return pa.table(columns, names=table.column_names)


def _without_clock(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if _has(pc.ends_with(column, " 00:00:00")):
        column = pc.replace_substring_regex(column, r"^(\d{4}-\d\d-\d\d) 00:00:00$", r"\1")
    if _has(pc.or_(pc.starts_with(column, "1899-12-31 "), pc.starts_with(column, "1900-01-"))):
        column = pc.replace_substring_regex(column, _CLOCK, r"\1\2")
    return column


def _first(column: pa.ChunkedArray) -> int:
    """The first row with three decimals; -1 for none."""
    if not _has(pc.match_substring(column, ".")):
        return -1
    found: int = pc.index(pc.match_substring_regex(column, _THREE_DECIMALS), value=True).as_py()
    return found


def _has(mask: pa.ChunkedArray) -> bool:
    return bool(pc.any(mask).as_py())


def _is_near_limit() -> bool:
    """Whether this process once had nearly all the address space it may have: the reader calls that an error too."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:  # not Linux
        return False
    peak_kib = int(status.split("VmPeak:")[1].split()[0])
    return limit != resource.RLIM_INFINITY and peak_kib * 1024 > limit * _NEAR


def _write(table: pa.Table, filled: pa.UInt64Array, target: str) -> None:
    named = table.rename_columns([str(position) for position in range(table.num_columns)])
    numbers = pc.add(filled.cast(pa.int64()), 1)
    rows = (named if len(filled) == table.num_rows else named.take(filled)).append_column(ROW_NUMBER, numbers)
    with pa.OSFile(target, "wb") as out, pa.ipc.new_file(out, rows.schema) as stream:
        stream.write_table(rows, max_chunksize=_CHUNK_ROWS)


def main() -> None:
    request = json.loads(sys.argv[1])
    limit = request.pop("memory_mib") * MEBIBYTE
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and may not take it
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = read(**request)
    except MemoryError:
        found = {"error": "file_needs_memory"}
    print(json.dumps(found), flush=True)  # noqa: T201 - the answer
    os._exit(0)  # nothing is left to do but to give back a whole workbook, cell by cell


if __name__ == "__main__":
    main()
