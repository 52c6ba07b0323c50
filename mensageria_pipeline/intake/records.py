"""parquet and jsonl: formats that name their columns themselves. Values become the text they would have in a CSV."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.values import number_text
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER, Grid, Reading, filled_rows
from mensageria_pipeline.intake.text_encoding import as_utf8, examine
from mensageria_pipeline.storage.dataset import BATCH_ROWS
from mensageria_pipeline.storage.duckdb import identifier, open_duckdb
from mensageria_pipeline.storage.limits import Limits

_PARQUET_MEMORY = "1GB"
_HALF = "HALF"
"""DuckDB reads fractions of two bytes as FLOAT."""
_EXACT_UNTIL = {"DOUBLE": 2**53, "FLOAT": 2**24, _HALF: 2**11}
"""Type → where it no longer holds every whole number."""


@contextlib.contextmanager
def open_parquet(path: Path, file_name: str, limits: Limits) -> Iterator[Grid]:
    """Rows are numbered as a spreadsheet would show them below a header."""
    with open_duckdb(memory_limit=_PARQUET_MEMORY) as connection:
        try:
            source = connection.sql("SELECT * FROM read_parquet(?, hive_partitioning = false)", params=[str(path)])
            halves = frozenset(field.name for field in pq.read_schema(path) if pa.types.is_float16(field.type))
        except (duckdb.Error, pa.ArrowException):
            raise InputError("file_parquet_damaged", file=file_name) from None
        _check_width(len(source.columns), file_name, limits)
        yield Grid(Reading("parquet"), _parquet_rows(source, halves, file_name), tuple(source.columns))


def _parquet_rows(source: duckdb.DuckDBPyRelation, halves: frozenset[str], file_name: str) -> Iterator[pa.RecordBatch]:
    number = 1
    # Whole numbers, decimals and dates cast to the text a person would write; nested values to JSON.
    shown = ", ".join(
        f'{_as_text(name, _HALF if name in halves else str(dtype))} AS "{position}"'
        for position, (name, dtype) in enumerate(zip(source.columns, source.types, strict=True))
    )
    try:
        for batch in source.project(shown).to_arrow_reader(BATCH_ROWS):
            numbers = pa.array(range(number + 1, number + 1 + len(batch)), pa.int64())
            number += len(batch)
            table = pa.Table.from_batches([batch])
            yield from table.append_column(ROW_NUMBER, numbers).take(filled_rows(table)).combine_chunks().to_batches()
    except duckdb.ConversionException:
        raise InputError("file_parquet_binary", file=file_name) from None
    except duckdb.Error:
        raise InputError("file_parquet_damaged", file=file_name) from None


def texts_of(source: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The same rows, under the same names, every value as the text it would have in a CSV."""
    columns = zip(source.columns, source.types, strict=True)
    return source.project(", ".join(f"{_as_text(name, str(dtype))} AS {identifier(name)}" for name, dtype in columns))


def _as_text(name: str, dtype: str) -> str:
    """The text of a column's values; numbers as `number_text` writes them.

    A fraction of four bytes holds whole numbers up to 2^24 only: a phone kept in one is somebody else's.
    """
    column = identifier(name)
    if dtype == "BLOB":  # text that a program wrote without saying that it is text
        return f"decode({column})"
    if dtype.endswith("]") or dtype.startswith(("STRUCT", "MAP")):
        return f"to_json({column})::VARCHAR"
    text = f"CAST({column} AS VARCHAR)"
    if dtype in _EXACT_UNTIL:
        whole, rounded = f"CAST(CAST({column} AS HUGEINT) AS VARCHAR)", f"format('{{:.14E}}', {column}::DOUBLE)"
        fits = f"abs({column}) < {_EXACT_UNTIL[dtype]}"
        is_whole = f"isfinite({column}) AND {column} = trunc({column})"
        text = f"CASE WHEN {is_whole} AND {fits} THEN {whole} WHEN {is_whole} THEN {rounded} ELSE {text} END"
    if dtype in _EXACT_UNTIL or dtype.startswith("DECIMAL"):
        return f"regexp_replace({text}, '^(-?[0-9]{{1,3}}[.][0-9]{{3}})$', '\\10')"
    return text


@contextlib.contextmanager
def open_jsonl(path: Path, file_name: str, limits: Limits) -> Iterator[Grid]:
    """One JSON object per line; rows bear the number of their line. The columns are the keys of all objects."""
    facts = examine(path, file_name, limits)
    with as_utf8(path, facts, file_name) as text:
        keys: dict[str, None] = {}
        for _, row in _objects(text, file_name):
            keys.update(dict.fromkeys(row))
            _check_width(len(keys), file_name, limits)
        yield Grid(Reading("jsonl", encoding=facts.encoding), _jsonl_rows(text, tuple(keys), file_name), tuple(keys))


def _objects(path: Path, file_name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                # Numbers keep their digits: 007 is no JSON, but 1.10 and 12345678901234567890 are.
                row = json.loads(
                    line, parse_int=str, parse_float=number_text, parse_constant=str, object_pairs_hook=_once
                )
                if "\\u" in line:  # half an emoji is no text: UnicodeEncodeError, a ValueError
                    json.dumps(row, ensure_ascii=False).encode()
            except (ValueError, RecursionError):
                raise InputError("file_not_jsonl", file=file_name, line=number) from None
            if not isinstance(row, dict):
                raise InputError("file_not_jsonl", file=file_name, line=number)
            yield number, row


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that has each key once. Raises ValueError otherwise: one of the values would be lost."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("key")
    return found


def _jsonl_rows(path: Path, keys: tuple[str, ...], file_name: str) -> Iterator[pa.RecordBatch]:
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, row in _objects(path, file_name):
        rows.append(row)
        numbers.append(number)
        if len(rows) == BATCH_ROWS:
            yield from _batch(rows, numbers, keys)
            rows, numbers = [], []
    yield from _batch(rows, numbers, keys)


def _batch(rows: list[dict[str, Any]], numbers: list[int], keys: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    if not rows:
        return
    columns = [pa.array([_text(row.get(key)) for row in rows], pa.string()) for key in keys]
    table = pa.table(columns, names=[str(position) for position in range(len(keys))])
    numbered = table.append_column(ROW_NUMBER, pa.array(numbers, pa.int64()))
    yield from numbered.take(filled_rows(table)).combine_chunks().to_batches()


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _check_width(count: int, file_name: str, limits: Limits) -> None:
    if count > limits.columns:
        raise InputError("file_too_wide", file=file_name, found=count, limit=limits.columns)
