"""The report workbook, written with openpyxl row by row: memory does not grow with the rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

_HEADER_FONT = Font(name="Calibri", bold=True, color="FFFFFF")
_HEADER_FILL = PatternFill("solid", fgColor="1F4E79")
_WRAP = Alignment(vertical="top", wrap_text=True)
_TOP = Alignment(vertical="top")
_FORMATS = {int: "#,##0", float: "#,##0.0", datetime: "dd/mm/yyyy hh:mm:ss"}
_WIDE = {"motivo": 100, "sugestao": 34, "valor": 26, "indicador": 62, "arquivo": 26, "pessoa": 22, "mensagem": 36,
         "id_do_provedor": 26, "decidida_em": 20, "resultado": 20}  # fmt: skip
_WIDTH = 16
_IDENTIFIERS = frozenset({"linha", "edicao"})
"""Numbers that name something: shown without thousands separators."""
_MAX_CELL = 32_767
_WRAPPED = 40


@dataclass(frozen=True, slots=True)
class Section:
    """One sheet: a header and rows. `cut`, where rows were left out: (rows in all, the file that has them)."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    cut: tuple[int, str] | None = None


def write_workbook(path: Path, sections: Sequence[Section]) -> None:
    """Write one styled sheet per section, with frozen headers and filters."""
    workbook = Workbook(write_only=True)
    for section in sections:
        sheet = workbook.create_sheet(section.title)
        _write_section(sheet, section)
    workbook.save(path)


def freeze_and_filter(sheet: Any, columns: int, rows: int) -> None:
    """A header that stays in sight, filters over `rows` rows, and pages as wide as the columns."""
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    sheet.auto_filter.ref = f"A1:{get_column_letter(columns)}{rows}"


def _write_section(sheet: Any, section: Section) -> None:
    freeze_and_filter(sheet, len(section.columns), 1)
    for position, name in enumerate(section.columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = _WIDE.get(name, _WIDTH)
    sheet.append([header_cell(sheet, name.replace("_", " ")) for name in section.columns])
    row_count = 1
    for row in _shown(section):
        sheet.append([_cell(sheet, name, value) for name, value in zip(section.columns, row, strict=True)])
        row_count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(section.columns))}{row_count}"


def _shown(section: Section) -> Iterator[Sequence[object]]:
    yield from section.rows
    if section.cut:
        total, file = section.cut
        count = f"{total:,}".replace(",", ".")
        notice = f"Esta aba mostra só o começo. As {count} linhas estão em {file}."
        yield [notice, *[None] * (len(section.columns) - 1)]


def header_cell(sheet: Any, name: str) -> Any:
    cell = text_cell(sheet, name)
    cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, _TOP
    return cell


def text_cell(sheet: Any, value: str | None) -> Any:
    """A cell that is never a formula: text stays text, whatever it begins with."""
    if value is None:
        return WriteOnlyCell(sheet)
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MAX_CELL]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
    cell.alignment = _TOP
    return cell


def _cell(sheet: Any, column: str, value: Any) -> Any:
    if isinstance(value, str):
        cell = text_cell(sheet, value)
        cell.alignment = _WRAP if _WIDE.get(column, 0) >= _WRAPPED else _TOP
        return cell
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)  # Excel knows no time zones; the query gives local time
    cell = WriteOnlyCell(sheet, value=value)
    if column not in _IDENTIFIERS:
        cell.number_format = _FORMATS.get(type(value), "General")
    return cell
