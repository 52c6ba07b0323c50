"""Receipts that stand beside the results and not in the ledger, after a restore: back into it, and understood anew."""

from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from mensageria_pipeline.contracts.receipts import RECEIPTS, Delivery, OptOutRequest
from mensageria_pipeline.ledger.receipts import StoredReceipt, microseconds
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.receipt_match import match_receipts
from mensageria_pipeline.storage.dataset import BATCH_ROWS
from mensageria_pipeline.storage.layout import Asset


def take_back(project: Project, partition: str) -> None:
    """Keep again what receipts the results of a partition show; those that the ledger has stay as they are.

    The next look buries dead addresses once more and suppresses who complained. Whoever is being forgotten stays out.
    """
    path = project.layout.table(Asset.RECEIPTS, partition)
    if not path.exists():
        return
    erasures = project.ledger.erasures.unfinished()
    erased = {name for erasure in erasures for name in erasure.message_ids.get(partition, ())}
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=RECEIPTS.names):
            receipts = [_report(n, row) for n, row in enumerate(batch.to_pylist()) if row["message_id"] not in erased]
            project.ledger.receipts.append(_matched(project, receipts))


def _matched(project: Project, receipts: list[StoredReceipt]) -> Iterator[StoredReceipt]:
    places = match_receipts(project.layout, project.ledger, receipts)
    for receipt in receipts:
        campaign, _, channel = places.get(receipt.seq, ("", "", ""))
        yield receipt._replace(campaign=campaign, channel=channel)


def _report(number: int, row: dict[str, Any]) -> StoredReceipt:
    """A receipt as it was kept. Whoever complained wanted to leave; other wishes do not stand beside the results."""
    delivery = Delivery(row["delivery"]) if row["delivery"] else None
    return StoredReceipt(
        row["provider"],
        row["event_id"],
        delivery,
        row["code"],
        OptOutRequest.LEAVE if delivery is Delivery.COMPLAINED else None,
        row["message_id"],
        happened_at_us=microseconds(row["happened_at"]),
        received_at_us=microseconds(row["received_at"]) or 0,
        seq=number,
    )
