"""SQL lives in files, one statement each, and runs in DuckDB."""

from collections.abc import Iterator
from importlib.resources import files

import duckdb

FETCH_ROWS = 5_000
"""Rows that are in memory at once where a relation is read row by row."""


def query(package: str, name: str) -> str:
    """The statement in `<package>/sql/<name>.sql`."""
    return (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def open_duckdb(**config: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our own in memory: instants in UTC, and silent on the terminal."""
    connection = duckdb.connect(":memory:", config=dict(config))
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return connection


def rows_of(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[object, ...]]:
    """The rows as Python values, without all of them in memory."""
    for batch in relation.to_arrow_reader(FETCH_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def identifier(name: str) -> str:
    """A name of a column or table, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """A text, quoted; for places that take no parameter."""
    return "'" + str(text).replace("'", "''") + "'"
