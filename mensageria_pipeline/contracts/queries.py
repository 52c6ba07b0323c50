"""SQL lives in files, one statement each, and runs in DuckDB."""

from importlib.resources import files

import duckdb


def query(package: str, name: str) -> str:
    """The statement in `<package>/sql/<name>.sql`."""
    return (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def open_duckdb(**config: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our own in memory: instants in UTC, and silent on the terminal."""
    connection = duckdb.connect(":memory:", config=dict(config))
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return connection


def identifier(name: str) -> str:
    """A name of a column or table, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """A text, quoted; for places that take no parameter."""
    return "'" + str(text).replace("'", "''") + "'"
