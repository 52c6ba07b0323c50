"""What the dashboard, the reports and the command line ask of the warehouse: SQL in sql/questions/, one file each.

Each question opens the published file anew and read-only, so that it sees the newest publication and blocks nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from mensageria_pipeline.analytics.looking import only_looks
from mensageria_pipeline.analytics.relations import statement_of
from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.layout import Layout


def ask(layout: Layout, question: str, **parameters: object) -> list[dict[str, Any]]:
    """The answer to a question, a mapping per row."""
    rows: list[dict[str, Any]] = ask_table(layout, question, **parameters).to_pylist()
    return rows


def ask_table(layout: Layout, question: str, **parameters: object) -> pa.Table:
    """The answer to a question as a table."""
    statement = statement_of("questions", question)
    with open_warehouse(layout) as warehouse:
        return warehouse.sql(statement, params=parameters).to_arrow_table()


def ask_freely(layout: Layout, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What an analyst's own statement gives: names of columns, and rows. Nothing can be changed by it.

    Raises InputError, with DuckDB's words, where it is none that runs.
    """
    with _only_looking(layout, statement) as (warehouse, checked):
        answer = warehouse.execute(checked)
        columns = [column[0] for column in answer.description or []]
        return columns, answer.fetchall()


def ask_freely_table(layout: Layout, statement: str) -> pa.Table:
    """The same as a table."""
    with _only_looking(layout, statement) as (warehouse, checked):
        return warehouse.sql(checked).to_arrow_table()


@contextmanager
def _only_looking(layout: Layout, statement: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A warehouse that can read nothing else and change nothing, and the statement, which only looks."""
    with open_warehouse(layout) as warehouse:
        # Views read Parquet, and nothing else is to be read. DuckDB knows no folder that may be read and not written.
        warehouse.execute("SET allowed_directories = [?]", [str(layout.processed_dir)])
        warehouse.execute("SET python_enable_replacements = false; SET enable_external_access = false")
        warehouse.execute("SET lock_configuration = true")
        try:
            yield warehouse, only_looks(statement)
        except duckdb.Error as error:
            raise InputError("sql_refused", problem=str(error).splitlines()[0][:300]) from None
