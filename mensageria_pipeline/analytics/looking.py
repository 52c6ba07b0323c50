"""Whether a statement only looks, as DuckDB's own parser understands it.

Its kind is not enough: `EXPLAIN ANALYZE` carries out what it explains, and the parser calls
`WITH x AS (COPY … TO …) FROM x` a SELECT (tried on 2.0.0). So every part of the parsed statement is looked at.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.duckdb import open_duckdb

_READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_READING_FUNCTIONS = frozenset(
    {
        "generate_series",
        "glob",
        "histogram",
        "histogram_values",
        "icu_calendar_names",
        "json_each",
        "json_tree",
        "parquet_file_metadata",
        "parquet_full_metadata",
        "parquet_kv_metadata",
        "parquet_metadata",
        "parquet_scan",
        "parquet_schema",
        "pg_timezone_names",
        "pragma_show",
        "pragma_table_info",
        "pragma_version",
        "range",
        "read_parquet",
        "repeat",
        "repeat_row",
        "summary",
        "unnest",
    }
)
"""Functions that stand where a table does. Others change settings, run texts as statements or read memory."""


def only_looks(statement: str) -> str:
    """The statement, if all it does is read. Raises InputError for any other, and DuckDB's error where it is none."""
    with open_duckdb() as parser:
        parsed = parser.extract_statements(statement)
        if len(parsed) == 1 and parsed[0].type == duckdb.StatementType.EXPLAIN:
            return f"EXPLAIN {_selecting(parser, _explained(statement))}"
        return _selecting(parser, statement)


def _explained(statement: str) -> str:
    """What an EXPLAIN is of: with ANALYZE or options it is no statement by itself, and refused as such."""
    start = next(place for place, kind in duckdb.tokenize(statement) if kind != duckdb.token_type.comment)
    return statement[start + len("EXPLAIN") :]


def _selecting(parser: duckdb.DuckDBPyConnection, statement: str) -> str:
    parsed = parser.extract_statements(statement)
    if len(parsed) != 1 or parsed[0].type != duckdb.StatementType.SELECT:
        raise InputError("sql_only_looks")
    (text,) = parser.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()[0]
    tree = json.loads(text)
    if tree.get("error") or not all(map(_reads, _parts(tree))):
        raise InputError("sql_only_looks")
    return statement


def _reads(part: dict[str, Any]) -> bool:
    kind = str(part.get("type", ""))
    if kind == "TABLE_FUNCTION":
        name = str(part.get("function", {}).get("function_name", "")).lower()
        return name in _READING_FUNCTIONS or name.startswith("duckdb_")
    return kind in _READING_NODES or not kind.endswith("_NODE")


def _parts(tree: object) -> Iterator[dict[str, Any]]:
    """Every object of the parsed statement."""
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
