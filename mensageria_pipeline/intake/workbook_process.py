"""The process that reads one workbook: `python -m … <request as JSON>`, the rows to an Arrow file.

A workbook can be small and need all memory of a machine, or make a reader fail beyond catching. Here it can only
end this process, whose memory is limited.
"""

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa

from mensageria_pipeline.contracts.dataset import BATCH_ROWS
from mensageria_pipeline.contracts.limits import MEBIBYTE
from mensageria_pipeline.intake.grid import ROW_NUMBER, filled_rows

_TOO_WIDE = "file_too_wide"
_NEAR = 0.7


def read(path: str, target: str, sheet: str | None, columns: int) -> dict[str, Any]:
    """Write the filled rows of one sheet; what was found, or the key of the sentence that refuses it."""
    try:
        workbook = fastexcel.read_excel(path)
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            return {"error": "sheet_missing", "sheets": names}
        for name in [sheet] if sheet is not None else names:
            # skip_rows=0: without it leading empty rows vanish and every row number shifts.
            table = pa.Table.from_batches(
                [workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_arrow()]
            )
            if table.num_columns > columns:
                return {"error": _TOO_WIDE, "found": table.num_columns}
            filled = filled_rows(table)
            if len(filled):
                _write(table, filled, target)
                return {"sheet": name, "sheets": names}
    except fastexcel.FastExcelError as error:
        if "password" in str(error).lower():
            return {"error": "file_encrypted"}
        return {"error": "file_needs_memory" if _is_near_limit() else "file_damaged"}
    return {"error": "file_empty"}


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
    numbers = pa.compute.add(filled.cast(pa.int64()), 1)
    rows = (named if len(filled) == table.num_rows else named.take(filled)).append_column(ROW_NUMBER, numbers)
    with pa.OSFile(target, "wb") as out, pa.ipc.new_file(out, rows.schema) as stream:
        stream.write_table(rows, max_chunksize=BATCH_ROWS)


def main() -> None:
    request = json.loads(sys.argv[1])
    limit = request["memory_mib"] * MEBIBYTE
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and may not take it
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = read(request["path"], request["target"], request["sheet"], request["columns"])
    except MemoryError:
        found = {"error": "file_needs_memory"}
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
