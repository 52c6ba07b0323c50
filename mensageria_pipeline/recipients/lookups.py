"""Tables below data/lookup/ that a campaign joins to its lists: read as strictly as lists are, each key once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from mensageria_pipeline.contracts.clean_text import key_sql, trim_sql
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.definition.rows import Lookup, Missing
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.intake.grid import Reading
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.intake.records import texts_of
from mensageria_pipeline.storage.duckdb import identifier, literal
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.layout import Layout

_SHOWN_ROWS = 20
_UNSURE = frozenset(
    {
        "doubt_header_data",
        "doubt_header_longer",
        "doubt_other_sheets",
        "doubt_totals",
        "doubt_trailing",
        "doubt_unreadable_sheets",
    }
)
"""Doubts about which value belongs to which key."""


@dataclass(frozen=True, slots=True)
class Joined:
    """One lookup table, loaded: how it is joined to the rows of a base."""

    name: str
    key: str
    """The base's column."""
    columns: tuple[str, ...]
    flag: str
    """Column that is filled where the table knows the key."""
    rejects: bool


def load_lookups(
    connection: duckdb.DuckDBPyConnection, layout: Layout, lookups: Sequence[Lookup], headers: Sequence[str]
) -> list[Joined]:
    """Load each table once.

    Raises InputError for a table that cannot be read, or not wholly, or that has a key twice, and DefinitionError for
    columns that are not there.
    """
    return [_load(connection, layout, lookup, headers, position) for position, lookup in enumerate(lookups)]


def _load(
    connection: duckdb.DuckDBPyConnection, layout: Layout, lookup: Lookup, headers: Sequence[str], position: int
) -> Joined:
    key = _found(lookup.key, headers, lookup.table, "enrich_key_missing")
    path = layout.lookup_dir / lookup.table.partition("/")[0]
    if not path.is_file():
        raise InputError("lookup_file_missing", table=path.name, known=", ".join(_known(layout.lookup_dir)) or "—")
    name = f"lookup_{position}"
    with pinned(path, within=layout.lookup_dir) as opened:
        if "/" in lookup.table:  # a table of a DuckDB file
            source = _table_of(connection, opened, lookup, position)
            key_column = _keep(source, source.columns, lookup, name)
        else:
            with _rows_of(path, opened, lookup) as rows:
                source = connection.from_arrow(rows)
                key_column = _keep(source, rows.schema.names, lookup, name)
    ((twice,),) = connection.execute(f"SELECT count(*) - count(DISTINCT _key) FROM {name}").fetchall()  # noqa: S608
    if twice:
        raise InputError("lookup_key_twice", table=lookup.table, key=key_column, count=twice)
    return Joined(name, key, lookup.columns, f"_known_{position}", lookup.missing is Missing.REJECT)


def _keep(source: duckdb.DuckDBPyRelation, columns: Sequence[str], lookup: Lookup, name: str) -> str:
    """Write the rows that have a key to a table of their own; what the key's column is called."""
    wanted = [lookup.lookup_key or lookup.key, *lookup.columns]
    key, *rest = [_found(column, columns, lookup.table, "lookup_column_missing") for column in wanted]
    cells = [key_sql(identifier(key)), *(trim_sql(f"nfc_normalize({identifier(column)})") for column in rest)]
    shown = ", ".join(
        f"{cell} AS {identifier(column)}" for cell, column in zip(cells, ["_key", *lookup.columns], strict=True)
    )
    try:
        source.filter(f"coalesce({cells[0]}, '') <> ''").project(shown).create(name)
    except duckdb.Error:
        raise InputError("lookup_unreadable", table=lookup.table, reason="—") from None
    return key


@contextmanager
def _rows_of(path: Path, opened: Path, lookup: Lookup) -> Iterator[pa.RecordBatchReader]:
    """The rows of a file, read as a list is. Raises InputError where some of its cells may be out of place."""
    wanted = (lookup.lookup_key or lookup.key, *lookup.columns)
    try:
        with open_sheet(path, ReadOptions(wanted=wanted), opened) as sheet:
            _check_rows(sheet.reading, lookup.table)
            schema = pa.schema([pa.field(header, pa.string()) for header in sheet.headers])
            yield pa.RecordBatchReader.from_batches(
                schema, (batch.select(list(sheet.headers)).cast(schema) for batch in sheet.batches)
            )
            _check_table(sheet.reading)
    except InputError as error:
        if error.key == "lookup_rows":
            raise
        raise InputError("lookup_unreadable", table=lookup.table, reason=error.text()) from None


def _check_table(reading: Reading) -> None:
    """Raises InputError, once all rows are read, for what is only a doubt in a list: nobody looks at a lookup."""
    if reading.surplus:
        raise InputError("lookup_surplus", columns=", ".join(reading.surplus))
    for doubt in reading.doubts:
        if doubt.key in _UNSURE:
            raise InputError("as_said", sentence=doubt.text())


def _check_rows(reading: Reading, table: str) -> None:
    if rows := reading.faulty_rows:
        shown = ", ".join(map(str, rows[:_SHOWN_ROWS]))
        raise InputError("lookup_rows", table=table, rows=shown, count=len(rows))


def _table_of(
    connection: duckdb.DuckDBPyConnection, path: Path, lookup: Lookup, position: int
) -> duckdb.DuckDBPyRelation:
    """A table of a DuckDB database, its values as the text they would have in a CSV."""
    _, _, table = lookup.table.partition("/")
    try:
        connection.execute(f"ATTACH {literal(path)} AS lookup_db_{position} (READ_ONLY)")
        return texts_of(connection.sql(f"SELECT * FROM lookup_db_{position}.{identifier(table)}"))  # noqa: S608 - quoted
    except duckdb.Error:
        raise InputError("lookup_unreadable", table=lookup.table, reason="—") from None


def _known(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _found(name: str, columns: Sequence[str], table: str, problem: str) -> str:
    for column in columns:
        if header_key(column) == header_key(name):
            return column
    raise DefinitionError(problem, column=name, table=table, found=", ".join(shown_headers(columns)))
