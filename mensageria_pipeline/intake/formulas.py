"""Formulas of a workbook that nobody has worked out: the readers of workbooks give such a cell as an empty one.

Spreadsheet programs keep the last result of every formula beside it; libraries that write workbooks do not. A formula
whose result is an empty text is marked as text by those that worked it out.
"""

import re
import zipfile
from pathlib import Path

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")
_WITHOUT_RESULT = re.compile(
    rb"""<c(?=[\s>])(?![^>]*\st="str")[^>]*>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"""
)
_CHUNK_BYTES = 1 << 20
_SEAM_BYTES = 16_384
"""A formula has at most 8,192 characters."""


def sheets_not_worked_out(path: Path) -> list[str]:
    """The parts of an xlsx workbook, by the names of their files, that have a formula without a result."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if _SHEET.match(name)]
        return [Path(name).stem for name in names if _has_any(archive, name)]


def _has_any(archive: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    with archive.open(name) as sheet:
        while chunk := sheet.read(_CHUNK_BYTES):
            seam = tail + chunk
            if b"<f" in seam and _WITHOUT_RESULT.search(seam):
                return True
            tail = seam[-_SEAM_BYTES:]
    return False
