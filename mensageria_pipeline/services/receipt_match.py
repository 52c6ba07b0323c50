"""Which message a report is about: the newest campaigns are looked through first, because reports come soon."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.storage.duckdb import literal, open_duckdb, query
from mensageria_pipeline.storage.layout import Asset, Layout

_logger = logging.getLogger(__name__)
DAYS = 60
"""A campaign that nothing was written of for longer gets no reports any more."""
_COLUMNS = "message_id, provider, channel"
_Row = tuple[int, str, str, bool]
"""A row of matches.sql."""


def match_receipts(
    layout: Layout, ledger: Ledger, receipts: Sequence[StoredReceipt]
) -> dict[int, tuple[str, str, str]]:
    """Report number → (partition, message id, channel), for those that are about a message of ours.

    A provider speaks of messages that it was asked to send, and of no others.
    """
    found: dict[int, tuple[str, str, str]] = {}
    left = {receipt.seq: receipt for receipt in receipts}
    with open_duckdb() as connection:
        for partition in _latest(layout):
            if not left:
                break
            try:
                rows = _in(connection, layout, partition, list(left.values()))
            except duckdb.Error as error:  # one campaign's damaged file; whoever works on it says so
                _logger.warning("a campaign cannot be looked through", extra={"problem": type(error).__name__})
                continue
            for seq, message_id, channel in _of_their_own(ledger, partition, left, rows):
                found[seq] = (partition, message_id, channel)
                del left[seq]
    return found


def addresses_planned(layout: Layout, partition: str, message_ids: Sequence[str]) -> dict[str, str]:
    """Where messages of a plan would go, as keyed hashes; those that are not planned any more are not in it."""
    plan = layout.table(Asset.MESSAGES, partition)
    if not plan.exists():
        return {}
    chosen = pc.field("message_id").isin(pa.array(message_ids, pa.string()))
    rows = pq.read_table(plan, columns=["message_id", "address_key"], filters=chosen, partitioning=None)
    return dict(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def _of_their_own(
    ledger: Ledger, partition: str, receipts: Mapping[int, StoredReceipt], rows: Sequence[_Row]
) -> Iterator[tuple[int, str, str]]:
    """The matches whose provider had the message: planned for it, or asked by an intent.

    An intent of before they named their provider may have been anybody's.
    """
    others = [message_id for _, message_id, _, is_planned in rows if not is_planned]
    asked = ledger.journal(partition).providers(others) if others else {}
    for seq, message_id, channel, is_planned in rows:
        if is_planned or not asked.get(message_id, set()).isdisjoint({receipts[seq].provider, ""}):
            yield seq, message_id, channel


def _latest(layout: Layout) -> Iterator[str]:
    """Partitions by what was written of them last."""
    limit = time.time() - DAYS * 86_400
    written: dict[str, float] = {}
    for asset in (Asset.MESSAGES, Asset.SEND_RESULTS):
        for path in (layout.processed_dir / asset).glob("campaign=*/[!.]*.parquet"):
            partition = path.parent.name.removeprefix("campaign=")
            written[partition] = max(written.get(partition, 0.0), _written_at(path))
    yield from sorted((name for name, at in written.items() if at >= limit), key=lambda name: -written[name])


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # replaced at this moment
        return time.time()


def _in(
    connection: duckdb.DuckDBPyConnection, layout: Layout, partition: str, receipts: Sequence[StoredReceipt]
) -> list[_Row]:
    sources = []
    plan = layout.table(Asset.MESSAGES, partition)
    if plan.exists():
        sources.append(f"SELECT {_COLUMNS}, NULL AS provider_message_id FROM read_parquet({literal(plan)})")  # noqa: S608
    results = sorted(layout.partition_dir(Asset.SEND_RESULTS, partition).glob("[!.]*.parquet"))
    sources += [f"SELECT {_COLUMNS}, provider_message_id FROM read_parquet({literal(path)})" for path in results]  # noqa: S608
    if not sources:
        return []
    wanted = pa.table(
        {
            name: [getattr(receipt, name) for receipt in receipts]
            for name in ("seq", "provider", "message_id", "provider_message_id")
        }
    )
    connection.register("wanted", wanted)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW known AS {' UNION ALL '.join(sources)}")
    return connection.execute(query("mensageria_pipeline.services", "matches")).fetchall()
