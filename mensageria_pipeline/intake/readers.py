"""A file's rows as text, with the row numbers a person sees in their spreadsheet.

CSV goes through DuckDB's reader after its encoding is found and, where needed, transcoded to UTF-8;
Excel goes through calamine. Every cell arrives as text: CPF, phone and CEP keep their leading zeros.
"""

import codecs
import contextlib
import itertools
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.dataset import BATCH_ROWS
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.queries import open_duckdb
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, ROW_FIELDS
from mensageria_pipeline.errors import InputError

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK_BYTES = 1 << 20
_DELIMITERS = (b";", b",", b"\t", b"|")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file: its headers, made unique, and its rows in batches.

    Each batch has one text column per header and the column `_row_number`. Rows without any value are left
    out; they are no rows to the person who looks at the sheet.
    """

    headers: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    name: str | None = None


@contextlib.contextmanager
def open_sheet(path: Path) -> Iterator[Sheet]:
    """The table in `path`. Raises InputError, in a sentence, when there is none to be read."""
    head = _head(path)
    if not head:
        raise InputError("file_empty", file=path.name)
    if path.suffix.lower() == ".csv":
        if head.startswith((_ZIP, _OLE)):
            raise InputError("file_excel_as_text", file=path.name)
        with _as_utf8(path, head) as text:
            yield _read_csv(text, path.name)
    else:
        _check_workbook(path, head)
        yield _read_workbook(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError:
        raise InputError("file_gone", file=path.name) from None


def _check_workbook(path: Path, head: bytes) -> None:
    is_ole = head.startswith(_OLE)
    if is_ole and path.suffix.lower() != ".xls":
        raise InputError("file_encrypted", file=path.name)
    if not is_ole and not head.startswith(_ZIP):
        key = "file_damaged" if b"\x00" in head else "file_text_as_excel"
        raise InputError(key, file=path.name)


def _read_workbook(path: Path) -> Sheet:
    try:
        workbook = fastexcel.read_excel(path)
        for index, name in enumerate(workbook.sheet_names):
            table = pa.Table.from_batches([_load_sheet(workbook, index)])
            filled = _filled_rows(table)
            if len(filled):
                return _sheet_of(table, filled, name, path.name)
    except fastexcel.FastExcelError as error:
        key = "file_encrypted" if "password" in str(error).lower() else "file_damaged"
        raise InputError(key, file=path.name) from None
    raise InputError("file_empty", file=path.name)


def _load_sheet(workbook: fastexcel.ExcelReader, index: int) -> pa.RecordBatch:
    # skip_rows=0: without it leading empty rows vanish and every row number shifts.
    sheet = workbook.load_sheet(index, header_row=None, skip_rows=0, dtypes="string")
    return sheet.to_arrow()


def _filled_rows(table: pa.Table) -> pa.UInt64Array:
    """Positions of the rows that hold any value."""
    filled = pa.repeat(pa.scalar(False), table.num_rows)
    for column in table.columns:
        text = pc.utf8_trim_whitespace(pc.fill_null(column.combine_chunks(), ""))
        filled = pc.or_(filled, pc.not_equal(text, ""))
    return pc.indices_nonzero(filled)


def _sheet_of(table: pa.Table, filled: pa.UInt64Array, sheet: str, file_name: str) -> Sheet:
    """The sheet below its first filled row, which is the header; columns without header and values are left out."""
    first, positions = filled[0].as_py(), filled.slice(1)
    header = [column[first].as_py() or "" for column in table.columns]
    body = table.take(positions)
    kept = [i for i, cell in enumerate(header) if cell.strip() or body.column(i).null_count < len(body)]
    headers = unique_headers([header[i] for i in kept])
    if not len(positions):
        raise InputError("file_without_rows", file=file_name, found=", ".join(shown_headers(headers)))
    rows = body.select(kept).rename_columns(list(headers))
    numbered = rows.append_column("_row_number", pc.add(positions.cast(pa.int64()), 1))
    return Sheet(headers, iter(numbered.to_batches(max_chunksize=BATCH_ROWS)), sheet)


def unique_headers(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers as written, trimmed; empty ones are numbered, repeated and reserved ones get a suffix."""
    taken = {name.casefold() for name in (*PROVENANCE_NAMES, ROW_FIELDS)}
    headers: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"coluna_{position}"
        candidate, copy = name, 2
        while candidate.casefold() in taken:
            candidate, copy = f"{name}_{copy}", copy + 1
        taken.add(candidate.casefold())
        headers.append(candidate)
    return tuple(headers)


@contextlib.contextmanager
def _as_utf8(path: Path, head: bytes) -> Iterator[Path]:
    """`path` itself when it is UTF-8 without a BOM, else a temporary UTF-8 copy."""
    encoding = _encoding(path, head)
    if encoding == "utf-8":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder:
        copy = Path(folder) / "copy.csv"
        try:
            with (
                path.open(encoding=encoding, newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as out,
            ):
                while chunk := source.read(_CHUNK_BYTES):
                    out.write(chunk)
        except UnicodeError:
            raise InputError("file_not_csv", file=path.name, line="?") from None
        yield copy


def _encoding(path: Path, head: bytes) -> str:
    """UTF-8 when every byte fits it, UTF-16 by its mark, else Windows-1252: what Excel writes in Brazil."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


_CSV = """
SELECT * FROM read_csv(
    ?, header = false, all_varchar = true, null_padding = true, strict_mode = false, parallel = false,
    quote = '"', escape = '"', auto_detect = true
)
"""


def _read_csv(path: Path, file_name: str) -> Sheet:
    connection = open_duckdb()
    try:
        batches = _numbered(connection.sql(_CSV, params=[str(path)]).to_arrow_reader(BATCH_ROWS), _blank_lines(path))
        first = next(batches, None)
    except duckdb.Error as error:
        line = re.search(r"[Ll]ine:? (\d+)", str(error))
        raise InputError("file_not_csv", file=file_name, line=line.group(1) if line else "?") from None
    if first is None:
        raise InputError("file_empty", file=file_name)
    headers = unique_headers([column[0].as_py() or "" for column in first.columns[:-1]])
    rest = itertools.chain([first.slice(1)], batches)
    second = next((batch for batch in rest if batch.num_rows), None)
    if second is None:
        raise InputError("file_without_rows", file=file_name, found=", ".join(shown_headers(headers)))
    return Sheet(headers, _named(itertools.chain([second], rest), headers, file_name, connection))


def _numbered(reader: pa.RecordBatchReader, blank_lines: list[int]) -> Iterator[pa.Table]:
    """The rows that hold any value, with their numbers in a last column; none of the batches is empty.

    The reader passes over blank lines, which a spreadsheet shows as rows: they are counted back in.
    """
    blank, number = iter(blank_lines), 0
    next_blank = next(blank, None)
    for batch in reader:
        numbers: list[int] = []
        for _ in range(batch.num_rows):
            number += 1
            while next_blank == number:
                number, next_blank = number + 1, next(blank, None)
            numbers.append(number)
        table = pa.Table.from_batches([batch])
        filled = _filled_rows(table)
        if len(filled):
            yield table.append_column("_row_number", pa.array(numbers, pa.int64())).take(filled)


def _blank_lines(path: Path) -> list[int]:
    """Numbers, from 1, of the records that are blank lines; a line break within quotes begins no record."""
    blank: list[int] = []
    number, in_quotes = 0, False
    with path.open("rb") as file:
        for line in file:
            if not in_quotes:
                number += 1
                if not line.strip(b"\r\n"):
                    blank.append(number)
            if in_quotes or b'"' in line:
                in_quotes = _ends_in_quotes(line, in_quotes)
    if in_quotes:
        raise InputError("file_open_quote", file=path.name)
    return blank


def _ends_in_quotes(line: bytes, in_quotes: bool) -> bool:  # noqa: FBT001 - the state before is the state after
    """Whether a quoted cell goes on after `line`. A quote opens only where a cell begins: 15" is fifteen inches."""
    text = line.rstrip(b"\r\n")
    begins, position = not in_quotes, 0
    while position < len(text):
        character = text[position : position + 1]
        if in_quotes and character == b'"':
            is_doubled = text[position + 1 : position + 2] == b'"'
            in_quotes, position = is_doubled, position + is_doubled
        elif not in_quotes and begins and character == b'"':
            in_quotes = True
        begins = character in _DELIMITERS
        position += 1
    return in_quotes


def _named(
    batches: Iterator[pa.Table], headers: tuple[str, ...], file_name: str, connection: duckdb.DuckDBPyConnection
) -> Iterator[pa.RecordBatch]:
    try:
        for table in batches:
            yield from table.rename_columns([*headers, "_row_number"]).to_batches()
    except duckdb.Error:
        raise InputError("file_not_csv", file=file_name, line="?") from None
    finally:
        connection.close()
