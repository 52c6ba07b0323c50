"""What the dashboard, the reports and the command line ask of the warehouse: SQL in sql/questions/, one file each.

Each question opens the published file anew and read-only, so that it sees the newest publication and blocks nobody.
"""

from typing import Any

import duckdb
import pyarrow as pa

from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.contracts.layout import Layout
from mensageria_pipeline.contracts.queries import query
from mensageria_pipeline.errors import InputError

_PACKAGE = "mensageria_pipeline.analytics"
_LOOKING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
"""Kinds of statements that only look."""


def ask(layout: Layout, question: str, **parameters: object) -> list[dict[str, Any]]:
    """The answer to a question, a mapping per row."""
    rows: list[dict[str, Any]] = ask_table(layout, question, **parameters).to_pylist()
    return rows


def ask_table(layout: Layout, question: str, **parameters: object) -> pa.Table:
    """The answer to a question as a table."""
    statement = query(_PACKAGE, f"questions/{question}")
    with open_warehouse(layout) as warehouse:
        return warehouse.sql(statement, params=parameters).to_arrow_table()


def ask_freely(layout: Layout, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What an analyst's own statement gives: names of columns, and rows. Nothing can be changed by it.

    Raises InputError, with DuckDB's words, where it is none that runs.
    """
    with open_warehouse(layout) as warehouse:
        # Views read Parquet; nothing else is to be read, and nothing written.
        warehouse.execute("SET allowed_directories = [?]", [str(layout.processed_dir)])
        warehouse.execute("SET enable_external_access = false; SET lock_configuration = true")
        try:
            parsed = warehouse.extract_statements(statement)
            if len(parsed) != 1 or parsed[0].type not in _LOOKING:
                raise InputError("sql_only_looks")
            answer = warehouse.execute(statement)
            columns = [column[0] for column in answer.description or []]
            return columns, answer.fetchall()
        except duckdb.Error as error:
            raise InputError("sql_refused", problem=str(error).splitlines()[0][:300]) from None
