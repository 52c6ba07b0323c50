"""Formulas of a workbook that nobody has worked out: the readers of workbooks give such a cell as an empty one.

Spreadsheet programs keep the last result of every formula beside it; libraries that write workbooks do not. A formula
whose result is an empty text is marked as text by those that worked it out.
"""

import html
import re
import zipfile
from pathlib import Path

_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_LINK = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_WITHOUT_RESULT = re.compile(
    rb"""<(?:\w+:)?c(?=[\s>])(?![^>]*\st="str")[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_CHUNK_BYTES = 1 << 20
_SEAM_BYTES = 16_384
"""A formula has at most 8,192 characters."""


def is_not_worked_out(path: Path, sheet: str) -> bool:
    """Whether a sheet of an xlsx workbook has a formula without a result. False where the sheet's part is not found."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        return part in archive.namelist() and _has_any(archive, part)


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Which file of the archive a sheet is; empty for none."""
    try:
        book = archive.read("xl/workbook.xml").decode()
        links = archive.read("xl/_rels/workbook.xml.rels").decode()
    except (KeyError, UnicodeDecodeError):
        return ""
    named = [each for each in map(_attributes, _SHEET.findall(book)) if each.get("name") == sheet]
    targets = {each.get("Id"): each.get("Target", "") for each in map(_attributes, _LINK.findall(links))}
    target = targets.get(named[0].get("r:id"), "") if named else ""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _attributes(element: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(element)}


def _has_any(archive: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    with archive.open(name) as sheet:
        while chunk := sheet.read(_CHUNK_BYTES):
            seam = tail + chunk
            if (b"<f" in seam or b":f" in seam) and _WITHOUT_RESULT.search(seam):
                return True
            tail = seam[-_SEAM_BYTES:]
    return False
