"""The report workbook, written with openpyxl row by row: memory does not grow with the rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple
from weakref import WeakKeyDictionary

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from mensageria_pipeline.texts import Language, current, say

_HEADER_FONT = Font(name="Calibri", bold=True, color="FFFFFF")
_HEADER_FILL = PatternFill("solid", fgColor="1F4E79")
_WRAP = Alignment(vertical="top", wrap_text=True)
_TOP = Alignment(vertical="top")


class Share(float):
    """A part of 1, shown as percentage."""


_FORMATS: Mapping[type, str] = {int: "#,##0", float: "#,##0.0", Share: "0.0%"}
_MOMENT = {Language.PT_BR: "dd/mm/yyyy hh:mm:ss", Language.EN: "yyyy-mm-dd hh:mm:ss"}
_WIDE = {
    "motivo": 100,
    "sugestao": 34,
    "valor": 26,
    "indicador": 62,
    "arquivo": 26,
    "pessoa": 22,
    "mensagem": 36,
    "id_do_provedor": 26,
    "decidida_em": 20,
    "resultado": 20,
    "quantidade": 22,
}
_WIDTH = 16
_IDENTIFIERS = frozenset({"linha", "edicao", "edition"})
"""Numbers that name something: shown without thousands separators."""
_MAX_CELL = 32_767
_SERIES = ("1F4E79", "2E75B6", "9DC3E6")
_PLOT_NAMES, _PLOT_ROWS = 46, 19
"""Width of the names beside a chart, and rows that a chart takes."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A small table and the spreadsheet's own chart of it: names in the first column, numbers in the others."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    axis: str
    """What the numbers are, with their unit."""


@dataclass(frozen=True, slots=True)
class Section:
    """One sheet: a header and rows. `cut`, where rows were left out: (rows in all, the file that has them)."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    cut: tuple[int, str] | None = None
    headings: Sequence[str] = ()
    """What the header says; the names of the columns where it is empty."""


def write_workbook(path: Path | IO[bytes], sections: Sequence[Section], plots: Sequence[Plot] = ()) -> None:
    """Write one styled sheet per section, with frozen headers and filters; plots on a sheet of their own, the 2nd."""
    workbook = Workbook(write_only=True)
    for place, section in enumerate(sections):
        sheet = workbook.create_sheet(section.title)
        _write_section(sheet, section)
        if place == 0 and plots:
            _write_plots(workbook.create_sheet(say("sheet_charts")), plots)
    workbook.save(path)


def _write_plots(sheet: Any, plots: Sequence[Plot]) -> None:
    """The tables one below the other, each with its chart to the right of it."""
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation = "landscape"
    sheet.column_dimensions["A"].width = _PLOT_NAMES
    for column in "BCD":
        sheet.column_dimensions[column].width = _WIDTH
    row = 1
    for plot in plots:
        sheet.append([header_cell(sheet, name) for name in plot.columns])
        for values in plot.rows:
            sheet.append([_cell(sheet, "", value) for value in values])
        sheet.add_chart(_chart(sheet, plot, row), f"{get_column_letter(len(plot.columns) + 2)}{row}")
        used = 1 + len(plot.rows)
        height = max(used + 1, _PLOT_ROWS)
        for _ in range(height - used):
            sheet.append([])
        row += height


def _chart(sheet: Any, plot: Plot, first: int) -> BarChart:
    chart = BarChart()
    chart.type, chart.style, chart.gapWidth = "bar", 10, 60
    chart.title, chart.y_axis.title, chart.y_axis.numFmt = plot.title, plot.axis, "#,##0"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.scaling.orientation, chart.y_axis.crosses = "maxMin", "max"  # the first row on top, the scale below
    chart.y_axis.scaling.min = 0
    last = first + len(plot.rows)
    for column in range(2, len(plot.columns) + 1):
        chart.add_data(Reference(sheet, min_col=column, min_row=first, max_row=last), titles_from_data=True)
    for series, color in zip(chart.series, _SERIES, strict=False):
        series.graphicalProperties.solidFill = color
    chart.set_categories(Reference(sheet, min_col=1, min_row=first + 1, max_row=last))
    chart.legend = None if len(plot.columns) == 2 else chart.legend
    chart.width, chart.height = 20, 8.5
    return chart


def freeze_and_filter(sheet: Any, columns: int, rows: int) -> None:
    """A header that stays in sight, filters over `rows` rows, and pages of A4 as wide as the columns, with lines."""
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.print_options.gridLines = True
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    sheet.auto_filter.ref = f"A1:{get_column_letter(columns)}{rows}"


def _write_section(sheet: Any, section: Section) -> None:
    freeze_and_filter(sheet, len(section.columns), 1)
    for position, name in enumerate(section.columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = _WIDE.get(name, _WIDTH)
    sheet.append([header_cell(sheet, name.replace("_", " ")) for name in section.headings or section.columns])
    row_count = 1
    for row in _shown(section):
        sheet.append([_cell(sheet, name, value) for name, value in zip(section.columns, row, strict=True)])
        row_count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(section.columns))}{row_count}"


def _shown(section: Section) -> Iterator[Sequence[object]]:
    yield from section.rows
    if section.cut:
        total, file = section.cut
        yield [say("sheet_cut", count=total, file=file), *[None] * (len(section.columns) - 1)]


def header_cell(sheet: Any, name: str) -> Any:
    cell = text_cell(sheet, name)
    cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, _TOP
    return cell


def text_cell(sheet: Any, value: str | None) -> Any:
    """A cell that is never a formula: text stays text, whatever it begins with."""
    return WriteOnlyCell(sheet) if value is None else _text(sheet, value, wraps=False)


def _text(sheet: Any, value: str, *, wraps: bool) -> Any:
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MAX_CELL]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    _dress(sheet, cell, _Dress(wraps=wraps, is_quoted=text.startswith(("=", "+", "-", "@"))))
    return cell


def _cell(sheet: Any, column: str, value: Any) -> Any:
    if isinstance(value, str):
        return _text(sheet, value, wraps=len(value) >= _WIDE.get(column, _WIDTH))
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)  # Excel knows no time zones; the query gives local time
    cell = WriteOnlyCell(sheet, value=value)
    if column not in _IDENTIFIERS and value is not None:
        _dress(sheet, cell, _Dress(number_format=_format_of(value)))
    return cell


def _format_of(value: object) -> str:
    return _MOMENT[current()] if isinstance(value, datetime) else _FORMATS.get(type(value), "General")


class _Dress(NamedTuple):
    """How a cell looks. There are few looks and many cells."""

    wraps: bool = False
    is_quoted: bool = False
    number_format: str = "General"


def _dress(sheet: Any, cell: Any, dress: _Dress) -> None:
    """Give a cell its look, worked out once for each workbook: openpyxl hashes every style anew, which took most of the
    time of a long sheet."""
    known = _LOOKS.setdefault(sheet.parent, {})
    if dress not in known:
        first = WriteOnlyCell(sheet)
        first.alignment = _WRAP if dress.wraps else _TOP
        first.number_format = dress.number_format
        first.quotePrefix = dress.is_quoted
        known[dress] = first._style  # type: ignore[attr-defined]  # noqa: SLF001 - as openpyxl copies cells
    cell._style = copy(known[dress])  # noqa: SLF001


_LOOKS: WeakKeyDictionary[Any, dict[_Dress, Any]] = WeakKeyDictionary()
"""Workbook → its looks."""
