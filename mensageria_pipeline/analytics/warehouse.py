"""data/warehouse.duckdb: built beside the published file and put in its place by an atomic rename.

DuckDB lets one process write or many read. So nobody writes the file that analysts open: those who have it
open keep their snapshot, new ones see the new file. It is published read-only, in a storage format that
DuckDB 1.1 and later open. It can always be rebuilt from the Parquet files.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from mensageria_pipeline.analytics.relations import SOURCES, TABLES, VIEWS, Relation, relation, statement_of
from mensageria_pipeline.contracts.receipts import RECEIPTS
from mensageria_pipeline.contracts.recipients import RejectedRecipients, ValidatedRecipients, arrow_schema
from mensageria_pipeline.contracts.send_results import ATTEMPTS, SEND_RESULTS
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.duckdb import open_duckdb
from mensageria_pipeline.storage.layout import Asset, Layout

_logger = logging.getLogger(__name__)
_STORAGE_VERSION = "v1.0.0"
CONTRACTS = {
    Asset.SEND_RESULTS: SEND_RESULTS,
    Asset.ATTEMPTS: ATTEMPTS,
    Asset.RECEIPTS: RECEIPTS,
    Asset.VALIDATED_RECIPIENTS: arrow_schema(ValidatedRecipients),
    Asset.REJECTED_RECIPIENTS: arrow_schema(RejectedRecipients),
}
"""The Parquet that everything is computed from, with its columns."""
_EMPTY = "campaign=_"
"""The folder of each asset's zero-row file: a view over a pattern that matches nothing cannot be made."""


def publish(layout: Layout, campaigns: Iterable[str] | None = None) -> None:
    """Compute the metrics of `campaigns` (None: of all) from Parquet and publish the warehouse.

    Rows of other campaigns are taken over from the published file; where that cannot be read, all are computed.
    """
    layout.locks_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(layout.locks_dir / "warehouse.lock"):
        _write_empty_files(layout)
        for leftover in layout.data_dir.glob(f".{layout.warehouse.name}.next*"):
            leftover.unlink()
        _build_and_replace(layout, None if campaigns is None else sorted(set(campaigns)))
    _logger.info("warehouse published")


@contextmanager
def open_warehouse(layout: Layout) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only look at the published file as it is now. Each look sees the newest publication."""
    if not layout.warehouse.exists():
        publish(layout)
    with open_duckdb() as connection:
        connection.execute(f"ATTACH {_text(layout.warehouse)} AS warehouse (READ_ONLY)")
        connection.execute("USE warehouse")
        yield connection


def _build_and_replace(layout: Layout, campaigns: list[str] | None) -> None:
    target = layout.data_dir / f".{layout.warehouse.name}.next"
    with open_duckdb() as connection:
        connection.execute(f"ATTACH {_text(target)} AS next (STORAGE_VERSION '{_STORAGE_VERSION}')")
        can_keep = campaigns is not None and _attach_published(connection, layout)
        _create_sources(connection, layout, campaigns if can_keep else None)
        for name in TABLES:
            _create_table(connection, relation(name), campaigns if can_keep else None)
        connection.execute("USE next")
        for name in VIEWS:
            _create_view(connection, relation(name), layout)
        connection.execute("USE memory")
        connection.execute("DETACH next")
    target.chmod(0o400)
    target.replace(layout.warehouse)
    # A client that opened the old file for writing may have left this; it would break the new one.
    layout.warehouse.with_name(layout.warehouse.name + ".wal").unlink(missing_ok=True)


def _attach_published(connection: duckdb.DuckDBPyConnection, layout: Layout) -> bool:
    """True when the published file can be read and has today's tables and columns."""
    if not layout.warehouse.exists():
        return False
    try:
        connection.execute(f"ATTACH {_text(layout.warehouse)} AS published (READ_ONLY)")
        return all(
            [row[0] for row in connection.execute(f"DESCRIBE published.{name}").fetchall()]
            == list(relation(name).columns)
            for name in TABLES
        )
    except duckdb.Error:
        return False


def _create_sources(connection: duckdb.DuckDBPyConnection, layout: Layout, campaigns: list[str] | None) -> None:
    """The Parquet files that metrics are computed from, as temporary views over the asked campaigns."""
    for asset in CONTRACTS:
        folders = ["*"] if campaigns is None else [_EMPTY, *(f"campaign={campaign}" for campaign in campaigns)]
        found = [layout.processed_dir / asset / folder / "*.parquet" for folder in folders]
        patterns = [_text(path) for path in found if any(path.parent.parent.glob(f"{path.parent.name}/*.parquet"))]
        connection.execute(
            f"CREATE TEMP VIEW {asset} AS SELECT * FROM read_parquet([{', '.join(patterns)}], "  # noqa: S608
            "hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
        )
    for name in SOURCES:
        connection.execute(f"CREATE TEMP VIEW {name} AS {statement_of('sources', name)}")


def _create_table(connection: duckdb.DuckDBPyConnection, source: Relation, campaigns: list[str] | None) -> None:
    connection.execute(f"CREATE TABLE next.{source.name} AS {source.statement}")
    if campaigns is not None:
        kept = f"INSERT INTO next.{source.name} FROM published.{source.name} WHERE NOT list_contains(?, campaign)"
        connection.execute(kept, [campaigns])
    for statement in source.comments(f"next.{source.name}"):
        connection.execute(statement)


def _create_view(connection: duckdb.DuckDBPyConnection, source: Relation, layout: Layout) -> None:
    processed = str(layout.processed_dir.resolve()).replace("'", "''")
    # Qualified: a temporary view over the sources may bear the same name.
    target = f"next.main.{source.name}"
    connection.execute(f"CREATE VIEW {target} AS {source.statement.replace('{processed}', processed)}")
    for statement in source.comments(target):
        connection.execute(statement)


def _write_empty_files(layout: Layout) -> None:
    for asset, schema in CONTRACTS.items():
        path = layout.processed_dir / asset / _EMPTY / "empty.parquet"
        if not path.exists() or pq.read_schema(path) != schema:
            with replacing(path) as temporary:
                pq.write_table(pa.Table.from_batches([], schema), temporary)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
