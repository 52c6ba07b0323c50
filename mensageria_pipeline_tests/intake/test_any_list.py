"""Any table, in any format: every row comes in, with its cells as they were and the number a person sees."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mensageria_pipeline.intake.formats import WORKBOOKS
from mensageria_pipeline.intake.readers import open_sheet
from mensageria_pipeline_tests.fakes.workbooks import ods, xls, xlsb, zipped

Table = Sequence[Sequence[str]]
HEADERS = ("id", "nome", "token", "obs")
_CHARACTERS = st.one_of(
    st.sampled_from("=+-@'\"\t\n;,|0179eE. áÇ€😀"), st.characters(codec="utf-8", categories=["L", "N", "P", "S"])
)
_CELLS = st.text(_CHARACTERS, max_size=12).map(str.strip)
_ROWS = st.lists(st.tuples(*[_CELLS] * len(HEADERS)), min_size=1, max_size=8)


def _text(delimiter: str, encoding: str = "utf-8", line_end: str = "\r\n") -> Callable[[Table], bytes]:
    def write(rows: Table) -> bytes:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=delimiter, lineterminator=line_end).writerows([HEADERS, *rows])
        return buffer.getvalue().encode(encoding)

    return write


def _jsonl(rows: Table) -> bytes:
    return "\n".join(json.dumps(dict(zip(HEADERS, row, strict=True))) for row in rows).encode()


def _parquet(rows: Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: [row[place] for row in rows] for place, name in enumerate(HEADERS)}), buffer)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "a.csv": _text(";"),
    "b.csv": _text(",", line_end="\n"),
    "c.tsv": _text("\t"),
    "d.txt": _text("|"),
    "e.csv": _text(";", "utf-8-sig"),
    "f.csv": _text(";", "utf-16"),
    "g.jsonl": _jsonl,
    "h.parquet": _parquet,
    "i.csv.gz": lambda rows: gzip.compress(_text(";")(rows)),
    "j.zip": lambda rows: zipped({"lista.csv": _text(";")(rows)}),
    "k.xls": lambda rows: xls([HEADERS, *rows]),
    "l.xlsb": lambda rows: xlsb([HEADERS, *rows]),
    "m.ods": lambda rows: ods([HEADERS, *rows]),
}


def _is_row(row: Sequence[str]) -> bool:
    """A row without any value is none to the person who looks at the sheet."""
    return any(cell.strip() for cell in row)


def _read(path: Path) -> list[tuple[str, ...]]:
    with open_sheet(path) as sheet:
        tables = [pa.Table.from_batches([batch]).select(list(HEADERS)) for batch in sheet.batches]
    return [tuple((row[name] or "").strip() for name in HEADERS) for table in tables for row in table.to_pylist()]


_SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def check(name: str, rows: Table, folder: Path) -> None:
    # The last row is no total and has every cell: what follows a table is not what is tested here.
    table = [*rows, ("9", "Última Pessoa", "tok-9", "fim da lista")]
    path = folder / name
    path.write_bytes(FORMATS[name](table))
    # Each letter and its accents in one form (NFC); all else as it was written.
    assert _read(path) == [tuple(normalize("NFC", cell).strip() for cell in row) for row in table if _is_row(row)]


@pytest.mark.parametrize("name", [name for name in FORMATS if not name.endswith(WORKBOOKS)])
@settings(max_examples=40, suppress_health_check=_SLOW, deadline=None)
@given(rows=_ROWS)
def test_every_row_of_any_table_comes_in_as_it_is(name: str, rows: Table, tmp_path: Path) -> None:
    check(name, rows, tmp_path)


@pytest.mark.parametrize("name", [name for name in FORMATS if name.endswith(WORKBOOKS)])
@settings(max_examples=8, suppress_health_check=_SLOW, deadline=None)
@given(rows=_ROWS)
def test_every_row_of_any_workbook_comes_in_as_it_is(name: str, rows: Table, tmp_path: Path) -> None:
    """Fewer examples: a process of its own reads each."""
    check(name, rows, tmp_path)
