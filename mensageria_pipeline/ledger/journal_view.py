"""A plan and its journal side by side in DuckDB: what send_results, attempts and what is left are asked of.

Tables: `plan` (the messages without their contents, with file_row_number), `journal` (the lines of every shard;
`position` orders them over all shards) and `deliveries` (what receipts say of each message). Views over the journal:
`attempt_states` and `message_states`.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.ledger.journal import Journal
from mensageria_pipeline.ledger.message_states import add_message_states
from mensageria_pipeline.storage.duckdb import open_duckdb

_MEMORY = "512MB"
"""Beyond it DuckDB goes to disk: a campaign may be larger than memory."""
_POSITION = "token * 1000000000000 + seq AS position"
_ROUTE = "coalesce(route, '') AS route"
_STATE = f"message_id, mode, attempt, event, {_POSITION}"
# ADBC takes a column's type from its first rows: none may be null.
_ANSWERS = (
    "at_us, coalesce(code, '') AS code, coalesce(provider_message_id, '') AS provider_message_id, "
    "coalesce(latency_ms, -1.0) AS latency_ms, coalesce(cost, -1.0) AS cost"
)


def connect(plan: Path, as_mode: Mode | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory with the view `plan`, as if its messages were of `as_mode` where given."""
    connection = open_duckdb(memory_limit=_MEMORY, temp_directory=str(plan.parent))
    path = str(plan).replace("'", "''")
    shown = f" REPLACE ('{as_mode.value}' AS mode)" if as_mode else ""
    columns = f"* EXCLUDE (title, body, data, address){shown}"
    connection.execute(
        f"CREATE VIEW plan AS SELECT {columns} FROM read_parquet('{path}', file_row_number = true)"  # noqa: S608
    )
    return connection


def add_deliveries(connection: duckdb.DuckDBPyConnection, deliveries: pa.Table) -> None:
    """Make the table `deliveries`; an empty one says nothing of any message."""
    connection.register("reported", deliveries)
    connection.execute("CREATE TABLE deliveries AS FROM reported")
    connection.unregister("reported")


def read_journal(
    connection: duckdb.DuckDBPyConnection, journal: Journal, *, with_answers: bool = False, with_routes: bool = False
) -> None:
    """Make the table `journal`; `with_answers` brings instants, codes and latencies too, `with_routes` where requests
    went. Raises LedgerError."""
    answers = (
        ", at_us BIGINT, code VARCHAR, provider_message_id VARCHAR, latency_ms DOUBLE, cost DOUBLE"
        if with_answers
        else ""
    )
    connection.execute(
        "CREATE TABLE journal (message_id VARCHAR, mode VARCHAR, attempt BIGINT, event VARCHAR, "
        f"position BIGINT{', route VARCHAR' if with_routes else ''}{answers})"
    )
    columns = ", ".join([_STATE, *([_ROUTE] if with_routes else []), *([_ANSWERS] if with_answers else [])])
    nulls = " REPLACE (nullif(code, '') AS code, nullif(provider_message_id, '') AS provider_message_id, nullif(latency_ms, -1) AS latency_ms, nullif(cost, -1) AS cost)"  # noqa: E501
    selected = f"SELECT *{nulls if with_answers else ''} FROM lines"  # noqa: S608 - constants
    for shard in journal.shards():
        with journal.open_reader(shard, columns) as lines:
            connection.register("lines", lines)
            connection.execute(f"INSERT INTO journal {selected}")
            connection.unregister("lines")
    add_message_states(connection)
