"""What a workbook's cells hold beyond their text: whether it was a number, a duration, an error.

The reader gives text for every cell. Its complaints about cells that are not of the type one asks for say what they
are.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

_ODD = r"^(?:-?\d{16,}|-?\d{1,3}\.\d{3}|(?:1899|19[01]\d)-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)$"
"""Text that may be a number of lost digits, one of three decimals, or a duration or time of day shown as a date."""
_MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_ERRORS: Mapping[str, str] = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
_ERROR = re.compile(r"got 'Error\((\w+)\)")
_ISO_DURATION = re.compile(r"got 'DurationIso\(\"(-?)P(?:T)?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?\"\)")
_CLOCK = re.compile(r"got 'DateTime\(ExcelDateTime \{ value: (-?[\d.]+(?:e-?\d+)?), datetime_type: (\w+),")
_DAY_S = 86_400


def texts_of(
    workbook: fastexcel.ExcelReader, name: str, table: pa.Table, errors: fastexcel.CellErrors | None
) -> pa.Table:
    """The text of every cell as a person would write it in a CSV.

    Errors are what the spreadsheet shows for them. Durations are hours and minutes, however many. A number of 16 digits
    or more is in scientific notation: a spreadsheet keeps 15, so that it may be another one by now. A number of three
    decimals gets a zero, so that no Brazilian takes it for thousands. Dates have no midnight.
    """
    columns = [_without_midnight(column) for column in table.columns]
    for position, found in _told(errors).items():
        columns[position] = _replaced(columns[position], found)
    odd = [position for position, column in enumerate(columns) if _has(pc.match_substring_regex(column, _ODD))]
    if odd:
        kinds, complaints = _looked_at(workbook, name, odd)
        clocks = _clocks(complaints)
        for position, is_number in zip(odd, kinds, strict=True):
            numbers = _odd_numbers(columns[position], is_number)
            columns[position] = _replaced(columns[position], numbers | clocks.get(position, {}))
    return pa.table(columns, names=table.column_names)


def _without_midnight(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if _has(pc.and_not(pc.ends_with(column, " 00:00:00"), pc.match_substring_regex(column, _ODD))):
        is_odd = pc.match_substring_regex(column, _ODD)
        return pc.if_else(is_odd, column, pc.replace_substring_regex(column, _MIDNIGHT, r"\1"))
    return column


def _told(errors: fastexcel.CellErrors | None) -> dict[int, dict[int, str]]:
    """Column → row → text, of cells that are no text, no number and no date."""
    found: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else ():
        row, column = error.position
        if kind := _ERROR.search(error.detail):
            found.setdefault(column, {})[row] = _ERRORS.get(kind[1], "#REF!")
        elif duration := _ISO_DURATION.search(error.detail):
            hours, minutes, seconds = (int(part or 0) for part in duration.groups()[1:])
            found.setdefault(column, {})[row] = duration[1] + _hours(hours * 3600 + minutes * 60 + seconds)
    return found


def _looked_at(
    workbook: fastexcel.ExcelReader, name: str, columns: Sequence[int]
) -> tuple[list[pa.Array], Sequence[fastexcel.CellError]]:
    """Per column, whether each cell is a number; and what the reader says of the others.

    Asked for as truth values: numbers pass for such, while text and dates do not.
    """
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, use_columns=list(columns), dtypes="boolean")
    batch, errors = sheet.to_arrow_with_errors()
    return [pc.is_valid(column) for column in batch.columns], errors.errors if errors else ()


def _odd_numbers(column: pa.ChunkedArray, is_number: pa.Array) -> dict[int, str]:
    """Row → text, of numbers that cannot stay as they are."""
    wanted = pc.and_(pc.fill_null(pc.match_substring_regex(column, _ODD), fill_value=False), is_number)
    rows = pc.indices_nonzero(wanted)
    texts = column.take(rows).to_pylist()
    return {row: _number(text) for row, text in zip(rows.to_pylist(), texts, strict=True)}


def _number(text: str) -> str:
    return f"{text}0" if "." in text else f"{Decimal(text):.14E}"


def _clocks(complaints: Sequence[fastexcel.CellError]) -> dict[int, dict[int, str]]:
    """Column → row → text, of durations and of times without a date."""
    found: dict[int, dict[int, str]] = {}
    for each in complaints:
        clock = _CLOCK.search(each.detail)
        days = float(clock[1]) if clock else 0.0
        if clock and (clock[2] == "TimeDelta" or 0 <= days < 1):
            row, column = each.position
            found.setdefault(column, {})[row] = ("-" if days < 0 else "") + _hours(round(abs(days) * _DAY_S))
    return found


def _hours(seconds: int) -> str:
    """`30:15`, and `30:15:20` where there are seconds."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{rest:02d}" if rest else "")


def _replaced(column: pa.ChunkedArray, texts: Mapping[int, str]) -> pa.ChunkedArray:
    if not texts:
        return column
    cells = column.to_pylist()
    for row, text in texts.items():
        cells[row] = text
    return pa.chunked_array([pa.array(cells, pa.string())])


def _has(mask: pa.ChunkedArray) -> bool:
    return bool(pc.any(mask).as_py())
