"""The process that reads one workbook: `python -m … <request as JSON>`, the rows to an Arrow file.

A workbook can be small and need all memory of a machine, or make a reader fail beyond catching. Here it can only
end this process, whose memory is limited.
"""

import contextlib
import json
import os
import re
import resource
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize

if __name__ == "__main__":
    sys.modules["numpy"] = None  # type: ignore[assignment]  # pyarrow imports it where it can; here it costs only time

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.intake.grid import ROW_NUMBER, filled_rows
from mensageria_pipeline.intake.workbook_cells import texts_of
from mensageria_pipeline.storage.limits import MEBIBYTE

_TOO_WIDE = "file_too_wide"
_NEAR = 0.7
_WITHOUT_CELLS = re.compile(r"xl/(?:chart|dialog|macro)sheets/[^/]+\.(?:bin|xml)$")
_CHUNK_ROWS = 50_000


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
        if sheet is None:
            return _read_first(workbook, path, target, names, columns)
        wanted = [name for name in names if normalize("NFC", name) == normalize("NFC", sheet)][:1]
        if not wanted:
            return {"error": "sheet_missing", "sheets": names}
        return _read_first(workbook, path, target, wanted, columns)
    except fastexcel.FastExcelError as error:
        if "password" in str(error).lower():
            return {"error": "file_encrypted"}
        return {"error": "file_needs_memory" if _is_near_limit() else "file_damaged"}


def _read_first(
    workbook: fastexcel.ExcelReader, path: str, target: str, names: Sequence[str], columns: int
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    others: list[str] = []
    minor: list[str] = []
    unreadable: list[str] = []
    for name in names:
        try:
            # skip_rows=0: without it leading empty rows vanish and every row number shifts.
            loaded = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        except fastexcel.FastExcelError:
            # Before the first sheet that can be read it may be the one that is meant, unless it is none with cells.
            if _is_near_limit() or not (found or len(unreadable) < _sheets_without_cells(path)):
                raise
            unreadable.append(name)
            continue
        is_hidden = len(names) > 1 and loaded.visible != "visible"
        batch, errors = loaded.to_arrow_with_errors()
        table = pa.Table.from_batches([batch])
        if found or is_hidden:
            rows = len(filled_rows(table))
            others += [name] if rows > 1 and not is_hidden else []
            minor += [name] if rows and (rows == 1 or is_hidden) else []
            continue
        if table.num_columns > columns:
            return {"error": _TOO_WIDE, "found": table.num_columns}
        table = texts_of(workbook, name, table, errors)
        filled = filled_rows(table)
        if len(filled):
            _write(table, filled, target)
            found = {"sheet": name, "sheets": workbook.sheet_names, "others": others, "minor": minor}
            found["unreadable"] = unreadable
    return found or {"error": "file_empty"}


def _sheets_without_cells(path: str) -> int:
    """How many sheets of a workbook are charts, dialogs or macros; none where the format does not say."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(bool(_WITHOUT_CELLS.match(name)) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return 0


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
    os.umask(0o077)
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
