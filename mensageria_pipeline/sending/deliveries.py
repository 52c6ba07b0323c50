"""Receipts, as send_results shows them: one delivery per message, the furthest of all its reports."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.messages import LEDGER_FACT
from mensageria_pipeline.contracts.receipts import RECEIPTS, Delivery
from mensageria_pipeline.contracts.send_results import SEND_RESULTS, Outcome
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.storage.dataset import Stamp, rewrite_dataset, write_dataset
from mensageria_pipeline.storage.duckdb import literal, open_duckdb, query
from mensageria_pipeline.storage.layout import Asset, Layout

_COLUMNS = ("delivery", "delivery_code", "delivery_at")
_CONCLUSIVE = [delivery.value for delivery in Delivery if delivery is not Delivery.UNLISTED]
SCHEMA = pa.schema([pa.field("message_id", pa.string()), *(SEND_RESULTS.field(name) for name in _COLUMNS)])
NONE = SCHEMA.empty_table()


def ledger_fact(ledger: Ledger, extent: Mapping[int, int]) -> dict[str, object]:
    """What a file of results or receipts says of the ledger that it is made from: its name, and how far each shard of
    the journal goes."""
    return {LEDGER_FACT: {"id": ledger.id, "lines": {str(shard): last for shard, last in extent.items()}}}


def write_receipts(layout: Layout, ledger: Ledger, partition: str) -> Path:
    """Write the history of a partition's receipts, whole, and say where it is. For whoever holds the campaign."""
    path, facts = layout.table(Asset.RECEIPTS, partition), ledger_fact(ledger, ledger.journal(partition).extent())
    write_dataset(path, RECEIPTS, ledger.receipts.of(partition), inputs={}, facts=facts)
    return path


def deliveries_of(receipts: Path) -> pa.Table:
    """What a history of receipts comes to: 1 row per message. The same, however often and in any order they came."""
    with open_duckdb() as connection:
        connection.execute(f"CREATE VIEW receipts AS FROM read_parquet({literal(receipts)}, hive_partitioning = false)")
        found = connection.sql(query("mensageria_pipeline.sending", "deliveries"), params={"order": _CONCLUSIVE})
        return found.to_arrow_table().cast(SCHEMA)


def add_deliveries(path: Path, deliveries: pa.Table, settled: Collection[str] = (), code: str = "") -> Stamp:
    """Write a file of send_results anew with what receipts say by now.

    Outcomes stay as they are, but for messages that were `settled` meanwhile: they are accepted, under `code`.
    For whoever holds the campaign.
    """
    known, named = deliveries["message_id"].combine_chunks(), pa.array(sorted(settled), pa.string())

    def change(table: pa.Table) -> pa.Table:
        ids = table["message_id"].combine_chunks()
        places = pc.index_in(ids, known)
        for name in SEND_RESULTS.names:
            if name in _COLUMNS:
                table = _put(table, name, deliveries[name].combine_chunks().take(places))
            elif name not in table.column_names:  # of before it existed
                table = _put(table, name, pa.nulls(table.num_rows, SEND_RESULTS.field(name).type))
        return _settled(table.select(SEND_RESULTS.names), pc.is_in(ids, named), code)

    return rewrite_dataset(path, change, schema=SEND_RESULTS)


def _settled(table: pa.Table, chosen: pa.Array, code: str) -> pa.Table:
    changed = pc.and_(chosen, pc.not_equal(table["outcome"], Outcome.ACCEPTED.value))
    values = {"outcome": Outcome.ACCEPTED.value, "code": code, "decided_at": datetime.now(UTC)}
    for name, value in values.items():
        kind = SEND_RESULTS.field(name).type
        table = _put(table, name, pc.if_else(changed, pa.scalar(value, kind), table[name]))
    return table


def _put(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), SEND_RESULTS.field(name), values)
    return table.append_column(SEND_RESULTS.field(name), values)
