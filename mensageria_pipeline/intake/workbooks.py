"""xlsx, xlsm, xls, xlsb and ods, read by calamine in a process of their own."""

import contextlib
import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from mensageria_pipeline.contracts.columns import REJECTS_SHEET
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.formulas import is_not_worked_out
from mensageria_pipeline.intake.grid import Doubt, Grid, Reading
from mensageria_pipeline.storage.limits import Limits

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_XLS = (OLE, b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
"""Workbooks of Excel 97, and of those before it, which had no container."""
_MARKUP = (b"<", b"\xef\xbb\xbf<")
_WITH_FORMULAS = {".xlsx", ".xlsm"}
_MAX_MEMBERS = 10_000


@contextlib.contextmanager
def open_workbook(path: Path, extension: str, file_name: str, limits: Limits, sheet: str | None) -> Iterator[Grid]:
    """The first sheet with anything in it, or the one called `sheet`. Raises InputError in a sentence."""
    _check(path, extension, file_name, limits)
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder:
        # calamine tells formats by their extension.
        source = Path(folder) / f"workbook{extension}"
        source.symlink_to(path.resolve())
        rows = Path(folder) / "rows.arrow"
        found = _read(source, rows, file_name, limits, sheet)
        if extension in _WITH_FORMULAS:
            _check_formulas(path, file_name, found["sheet"])
        reading = Reading(extension.removeprefix("."), sheet=found["sheet"], sheets=tuple(found["sheets"]))
        reading.other_sheets, reading.minor_sheets = tuple(found["others"]), tuple(found["minor"])
        if found["others"]:
            reading.doubts.append(Doubt.of("doubt_other_sheets", sheets=", ".join(found["others"])))
        if found["unreadable"]:
            reading.doubts.append(Doubt.of("doubt_unreadable_sheets", sheets=", ".join(found["unreadable"])))
        yield Grid(reading, _batches(rows))


def _check(path: Path, extension: str, file_name: str, limits: Limits) -> None:
    """What can be seen without reading it. Raises InputError."""
    with path.open("rb") as file:
        head = file.read(64)
    if head.lstrip().startswith(_MARKUP):
        raise InputError("file_markup_as_excel", file=file_name)
    if extension == ".xls":
        if not head.startswith((*_XLS, ZIP)):
            raise InputError("file_damaged" if b"\x00" in head else "file_text_as_excel", file=file_name)
    elif head.startswith(OLE):
        raise InputError("file_encrypted", file=file_name)
    elif not head.startswith(ZIP):
        raise InputError("file_damaged" if b"\x00" in head else "file_text_as_excel", file=file_name)
    if head.startswith(ZIP):
        _check_size(path, file_name, limits)


def _check_size(path: Path, file_name: str, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError("file_damaged", file=file_name) from None
    if len(members) > _MAX_MEMBERS or sum(member.file_size for member in members) > limits.size_bytes:
        raise InputError("file_too_large", file=file_name, limit=limits.size_mib)


def _check_formulas(path: Path, file_name: str, sheet: str) -> None:
    """Raises InputError where the sheet has formulas that nobody has worked out."""
    try:
        if is_not_worked_out(path, sheet):
            raise InputError("file_formulas_unsaved", file=file_name, sheet=sheet)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError):
        raise InputError("file_damaged", file=file_name) from None


def _read(source: Path, target: Path, file_name: str, limits: Limits, sheet: str | None) -> dict[str, Any]:
    request = {
        "path": str(source),
        "target": str(target),
        "sheet": sheet,
        "stand_in": REJECTS_SHEET,
        "columns": limits.columns,
        "memory_mib": limits.memory_mib,
    }
    command = [sys.executable, "-m", "mensageria_pipeline.intake.workbook_process", json.dumps(request)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.timeout_s, check=False)  # noqa: S603 - ourselves
    except subprocess.TimeoutExpired:
        raise InputError("file_takes_too_long", file=file_name, limit=f"{limits.timeout_s:g}") from None
    if done.returncode:  # its allocator gave up, or the reader failed beyond catching
        raise InputError("file_needs_memory", file=file_name, limit=limits.memory_mib)
    found: dict[str, Any] = json.loads(done.stdout)
    if "error" in found:
        raise InputError(
            found["error"],
            file=file_name,
            found=found.get("found"),
            sheet=sheet,
            limit=limits.columns if "found" in found else limits.memory_mib,
            sheets=", ".join(found.get("sheets", [])) or "—",
        )
    return found


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        for position in range(reader.num_record_batches):
            yield reader.get_batch(position)
