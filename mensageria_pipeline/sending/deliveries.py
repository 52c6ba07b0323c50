"""Receipts, as send_results shows them: one delivery per message, the furthest of all its reports."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.dataset import Stamp, rewrite_dataset, write_dataset
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.queries import open_duckdb, query
from mensageria_pipeline.contracts.receipts import RECEIPTS, Delivery
from mensageria_pipeline.contracts.send_results import SEND_RESULTS

_COLUMNS = ("delivery", "delivery_code", "delivery_at")
_CONCLUSIVE = [delivery.value for delivery in Delivery if delivery is not Delivery.UNLISTED]
SCHEMA = pa.schema([pa.field("message_id", pa.string()), *(SEND_RESULTS.field(name) for name in _COLUMNS)])
NONE = SCHEMA.empty_table()


def deliveries_of(receipts: pa.Table) -> pa.Table:
    """What receipts (as RECEIPTS) come to: 1 row per message. The same, however often and in any order they came."""
    with open_duckdb() as connection:
        connection.register("receipts", receipts)
        found = connection.sql(query("mensageria_pipeline.sending", "deliveries"), params={"order": _CONCLUSIVE})
        return found.to_arrow_table().cast(SCHEMA)


def write_receipts(layout: Layout, partition: str, receipts: pa.Table) -> Stamp:
    """Write the history of a partition's receipts, whole."""
    return write_dataset(layout.table(Asset.RECEIPTS, partition), RECEIPTS, [receipts], inputs={})


def add_deliveries(path: Path, deliveries: pa.Table) -> Stamp:
    """Write a file of send_results anew with what receipts say by now; nothing else in it changes.

    For whoever holds the campaign.
    """
    known = deliveries["message_id"].combine_chunks()

    def change(table: pa.Table) -> pa.Table:
        places = pc.index_in(table["message_id"].combine_chunks(), known)
        for name in SEND_RESULTS.names:
            if name in _COLUMNS:
                table = _put(table, name, deliveries[name].combine_chunks().take(places))
            elif name not in table.column_names:  # of before it existed
                table = _put(table, name, pa.nulls(table.num_rows, SEND_RESULTS.field(name).type))
        return table.select(SEND_RESULTS.names)

    return rewrite_dataset(path, change, schema=SEND_RESULTS)


def _put(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), SEND_RESULTS.field(name), values)
    return table.append_column(SEND_RESULTS.field(name), values)
