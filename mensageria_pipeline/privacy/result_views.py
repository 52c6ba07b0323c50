"""What was made of rows, to be asked in SQL: one view per asset, empty where nothing was made."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from mensageria_pipeline.contracts.messages import SCHEMA as MESSAGES
from mensageria_pipeline.contracts.recipients import RejectedRecipients, ValidatedRecipients, arrow_schema
from mensageria_pipeline.contracts.send_results import SEND_RESULTS
from mensageria_pipeline.storage.duckdb import literal
from mensageria_pipeline.storage.layout import Asset, Layout

VIEWED: Mapping[Asset, pa.Schema] = {
    Asset.VALIDATED_RECIPIENTS: arrow_schema(ValidatedRecipients),
    Asset.REJECTED_RECIPIENTS: arrow_schema(RejectedRecipients),
    Asset.MESSAGES: MESSAGES,
    Asset.SEND_RESULTS: SEND_RESULTS,
}


def create_view(connection: duckdb.DuckDBPyConnection, layout: Layout, asset: Asset, partition: str) -> None:
    """The asset's rows of a partition; those of the empty file where it has none yet."""
    folder = layout.partition_dir(asset, partition)
    paths = sorted(folder.glob("[!.]*.parquet"))
    if paths:
        listed = ", ".join(literal(path) for path in paths)
        source = f"read_parquet([{listed}], hive_partitioning = false)"
    else:
        empty = VIEWED[asset].empty_table()  # noqa: F841 - DuckDB reads it
        connection.execute(f"CREATE TABLE {asset.value}_empty AS FROM empty")
        source = f"{asset.value}_empty"
    connection.execute(f"CREATE VIEW {asset.value} AS SELECT * FROM {source}")  # noqa: S608
