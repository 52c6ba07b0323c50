"""Excel files for tests."""

import io
from collections.abc import Sequence

import openpyxl


def workbook(rows: Sequence[Sequence[object]], *, first_sheet_empty: bool = False) -> bytes:
    """An .xlsx with `rows`, in the second sheet when the first is to be empty."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Dados") if first_sheet_empty else book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


PASSWORD_PROTECTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512
"""How an encrypted workbook begins: an OLE container instead of a zip."""
