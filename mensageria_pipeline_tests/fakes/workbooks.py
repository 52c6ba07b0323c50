"""Excel files for tests."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from types import MappingProxyType

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900


def workbook(
    rows: Sequence[Sequence[object]],
    *,
    first_sheet_empty: bool = False,
    hidden_first: bool = False,
    twin: bool = False,
    since_1904: bool = False,
    sheets: Mapping[str, Sequence[Sequence[object]]] = MappingProxyType({}),
) -> bytes:
    """An .xlsx with `rows`, in the second sheet when the first is to be empty or hidden; twice for a twin.

    `sheets` are further ones, by name. `since_1904` counts days as Excel for the Mac once did.
    """
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904 if since_1904 else CALENDAR_WINDOWS_1900
    first = book.active
    assert first is not None
    sheet = book.create_sheet("Dados") if first_sheet_empty or hidden_first else first
    for row in rows:
        sheet.append(list(row))
    for row in rows if hidden_first else ():
        first.append([f"{cell}-teste" for cell in row])
    if hidden_first:
        first.sheet_state = "hidden"
    for name, further in sheets.items():
        other = book.create_sheet(name)
        for row in further:
            other.append(list(row))
    if twin:
        other = book.create_sheet("Fevereiro")
        for row in rows:
            other.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


PASSWORD_PROTECTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512
"""How an encrypted workbook begins: an OLE container instead of a zip."""


def xls(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook of Excel 97."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Plan1")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A zip of files: name → content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def ods(rows: Sequence[Sequence[object]]) -> bytes:
    """A spreadsheet as LibreOffice saves it; with numbers and durations where they are such."""
    cells = "".join(
        "<table:table-row>" + "".join(_ods_cell(cell) for cell in row) + "</table:table-row>" for row in rows
    )
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Planilha1">{cells}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest_space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = (
        f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{manifest_space}">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def _ods_cell(cell: object) -> str:
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        value = f"PT{minutes // 60:02d}H{minutes % 60:02d}M{seconds:02d}S"
        kind, shown = f'"time" office:time-value="{value}"', f"{minutes // 60}:{minutes % 60:02d}"
    elif isinstance(cell, int | float):
        kind, shown = f'"float" office:value="{cell}"', str(cell)
    else:
        kind, shown = '"string"', escape(str(cell))
    return f"<table:table-cell office:value-type={kind}><text:p>{shown}</text:p></table:table-cell>"


def xlsb(rows: Sequence[Sequence[object]], *, chart: str = "") -> bytes:
    """A binary workbook with one sheet: the records of [MS-XLSB] that a reader needs, and no more.

    `chart` adds a sheet that is a chart, `before` the other or `after` it.
    """
    sheets = {"before": ["Grafico", "Plan1"], "after": ["Plan1", "Grafico"]}.get(chart, ["Plan1"])
    ids = {"Plan1": "rId1", "Grafico": "rId2"}
    workbook = (
        _record(143)
        + b"".join(_record(156, b"\0" * 8 + _wide(ids[name]) + _wide(name)) for name in sheets)
        + _record(144)
        + _record(157)
        + _record(132)
    )
    body = b""
    for number, row in enumerate(rows):
        body += _record(0, number.to_bytes(4, "little") + b"\0" * 21)
        for column, cell in enumerate(row):
            place = column.to_bytes(4, "little") + b"\0" * 4
            is_number = isinstance(cell, int | float)
            body += _record(5, place + struct.pack("<d", cell)) if is_number else _record(6, place + _wide(str(cell)))
    last = (len(rows) - 1).to_bytes(4, "little") + b"\0" * 4 + (max(map(len, rows)) - 1).to_bytes(4, "little")
    sheet = _record(129) + _record(148, b"\0" * 4 + last) + _record(145) + body + _record(146) + _record(130)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.bin"/>'
        f'<Relationship Id="rId2" Type="{relations}/chartsheet" Target="chartsheets/sheet1.bin"/></Relationships>'
    )
    members = {"xl/workbook.bin": workbook, "xl/_rels/workbook.bin.rels": links, "xl/worksheets/sheet1.bin": sheet}
    # No dimensions and no cells: a view, and a drawing elsewhere.
    members |= {"xl/chartsheets/sheet1.bin": _record(129) + _record(139) + _record(140) + _record(130)} if chart else {}
    return zipped(members)


def _record(kind: int, data: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + _seven_bits(len(data)) + data


def _seven_bits(size: int) -> bytes:
    out = b""
    while size > 127:
        out, size = out + bytes([size & 0x7F | 0x80]), size >> 7
    return out + bytes([size])


def _wide(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return (len(encoded) // 2).to_bytes(4, "little") + encoded
