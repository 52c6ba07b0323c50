"""The reports of one installation, in a file of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mensageria_pipeline.contracts.receipts import ARRIVED, RECEIPTS, Delivery, OptOutRequest
from mensageria_pipeline.ledger.file import LedgerFile
from mensageria_pipeline.ledger.groups import grouped
from mensageria_pipeline.ledger.journal import now_us
from mensageria_pipeline.ledger.receipts.tables import REPORTS, SCHEMA
from mensageria_pipeline.ledger.receipts.values import ReceiptCounts, ReceiptState, StoredReceipt, credible_us
from mensageria_pipeline.storage.times import DEFAULT_TIMES

_COLUMNS = tuple(column.name for column in REPORTS.columns if column.name != "seq")
_APPEND = sa.text(
    f"INSERT INTO reports ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)
_MOVE = sa.text(
    "UPDATE reports SET state = :state, campaign = :campaign, message_id = :message_id, channel = :channel "
    "WHERE seq = :number"
)
_WRITTEN_TOGETHER = 2_000
"""Reports per transaction: whoever folds must not keep the receiver from writing."""
_READ_TOGETHER = 50_000


class Receipts:
    """The reports of one installation. Safe for several processes."""

    def __init__(self, folder: Path, busy_timeout_s: float = DEFAULT_TIMES.busy_timeout_s) -> None:
        self._folder, self._busy_timeout_s = folder, busy_timeout_s

    @cached_property
    def _file(self) -> LedgerFile:
        return LedgerFile(self._folder / "receipts.db", SCHEMA, self._busy_timeout_s)

    def append(self, receipts: Iterable[StoredReceipt]) -> None:
        """Keep reports in one durable transaction; those that are known already change nothing. Raises LedgerError.

        The only way in: whoever brings them, one whose date cannot be is kept without it.
        """
        rows = [_row(receipt, *credible_us()) for receipt in receipts]
        if rows:
            with self._file.write() as connection:
                connection.execute(_APPEND, rows)

    def every(self) -> Iterator[list[StoredReceipt]]:
        """All that was ever reported, the oldest first, some at a time."""
        if not (self._folder / "receipts.db").exists():
            return
        query = sa.select(REPORTS).order_by(REPORTS.c.seq)
        with self._file.read() as connection:
            found = connection.execution_options(stream_results=True).execute(query).mappings()
            for rows in found.partitions(_WRITTEN_TOGETHER):
                yield [_stored(dict(row)) for row in rows]

    def in_state(self, state: ReceiptState, limit: int) -> list[StoredReceipt]:
        """Reports that are so far, the oldest first."""
        query = sa.select(REPORTS).where(REPORTS.c.state == state.value).order_by(REPORTS.c.seq).limit(limit)
        with self._file.read() as connection:
            return [_stored(dict(row)) for row in connection.execute(query).mappings()]

    def move(self, receipts: Sequence[StoredReceipt], state: ReceiptState) -> None:
        """Note how far reports are, and where they belong by now."""
        rows = [
            {
                "number": each.seq,
                "state": state.value,
                "campaign": each.campaign,
                "message_id": each.message_id,
                "channel": each.channel,
            }
            for each in receipts
        ]
        for some in grouped(rows, _WRITTEN_TOGETHER):
            with self._file.write() as connection:
                connection.execute(_MOVE, some)

    def waiting(self) -> dict[str, int]:
        """Partition → reports that are to be shown beside its results."""
        columns = REPORTS.c
        query = sa.select(columns.campaign, sa.func.count()).where(columns.state == ReceiptState.APPLIED.value)
        with self._file.read() as connection:
            rows = connection.execute(query.group_by(columns.campaign).order_by(columns.campaign)).all()
        return {str(campaign): int(count) for campaign, count in rows}

    def unshown(self, campaign: str) -> list[StoredReceipt]:
        """The reports on a partition that are to be shown."""
        chosen = (REPORTS.c.campaign == campaign) & (REPORTS.c.state == ReceiptState.APPLIED.value)
        with self._file.read() as connection:
            rows = connection.execute(sa.select(REPORTS).where(chosen).order_by(REPORTS.c.seq)).mappings().all()
        return [_stored(dict(row)) for row in rows]

    def has_news(self) -> bool:
        """Whether a report came in that nobody has looked at."""
        query = sa.select(REPORTS.c.seq).where(REPORTS.c.state == ReceiptState.OPEN.value).limit(1)
        with self._file.read() as connection:
            return connection.execute(query).first() is not None

    def counts(self) -> ReceiptCounts:
        query = sa.select(REPORTS.c.state, sa.func.count()).group_by(REPORTS.c.state)
        misdated = sa.select(sa.func.count()).where(REPORTS.c.is_misdated)
        with self._file.read() as connection:
            states = {ReceiptState(state).name.lower(): int(count) for state, count in connection.execute(query)}
            return ReceiptCounts(**states, misdated=connection.execute(misdated).scalar_one())

    def of(self, campaign: str) -> Iterator[pa.RecordBatch]:
        """The reports on the messages of a partition, as RECEIPTS, in the order in which they came."""
        columns = REPORTS.c
        query = (
            sa.select(
                columns.message_id,
                columns.provider,
                columns.event_id,
                columns.delivery,
                columns.code,
                columns.happened_at_us.label("happened_at"),
                columns.received_at_us.label("received_at"),
            )
            .where(columns.campaign == campaign, columns.message_id != "")
            .order_by(columns.seq)
        )
        with self._file.read() as connection:
            found = connection.execution_options(stream_results=True).execute(query)
            for rows in found.partitions(_READ_TOGETHER):
                values = zip(*rows, strict=True)
                arrays = [pa.array(list(v), f.type) for v, f in zip(values, RECEIPTS, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=RECEIPTS)

    def arrived(self, message_ids: Sequence[str]) -> set[str]:
        """Of some messages those that a report says their person has."""
        if not (self._folder / "receipts.db").exists():
            return set()
        found: set[str] = set()
        columns, reached = REPORTS.c, [delivery.value for delivery in ARRIVED]
        with self._file.read() as connection:
            for some in grouped(message_ids):
                chosen = columns.message_id.in_(some) & columns.delivery.in_(reached)
                found |= set(connection.execute(sa.select(columns.message_id).where(chosen)).scalars())
        return found

    def has_any(self, campaign: str) -> bool:
        """Whether anything was reported on a partition's messages."""
        chosen = (REPORTS.c.campaign == campaign) & (REPORTS.c.message_id != "")
        with self._file.read() as connection:
            return connection.execute(sa.select(REPORTS.c.seq).where(chosen).limit(1)).first() is not None

    def answered(self, provider: str, since: datetime) -> set[str]:
        """The provider's ids of messages that something was reported of since."""
        query = sa.select(REPORTS.c.provider_message_id).where(
            REPORTS.c.provider == provider, REPORTS.c.received_at_us >= int(since.timestamp() * 1e6)
        )
        with self._file.read() as connection:
            return set(connection.execute(query).scalars())

    def erase(self, message_ids: Sequence[str]) -> int:
        """Delete every report on messages, because a person asked to be forgotten; how many."""
        if not (self._folder / "receipts.db").exists():
            return 0
        erased = 0
        with self._file.write() as connection:
            for some in grouped(message_ids):
                erased += connection.execute(sa.delete(REPORTS).where(REPORTS.c.message_id.in_(some))).rowcount
        self._file.settle_down()
        return erased

    def forget(self, campaign: str) -> None:
        """Drop the reports on a partition that is removed."""
        if not (self._folder / "receipts.db").exists():
            return
        with self._file.write() as connection:
            connection.execute(sa.delete(REPORTS).where(REPORTS.c.campaign == campaign))


def _row(receipt: StoredReceipt, earliest_us: int, latest_us: int) -> dict[str, Any]:
    values = receipt._asdict()
    del values["seq"]
    happened_at_us = receipt.happened_at_us
    is_misdated = happened_at_us is not None and not earliest_us <= happened_at_us <= latest_us
    return values | {
        "happened_at_us": None if is_misdated else happened_at_us,
        "is_misdated": is_misdated,
        "delivery": receipt.delivery.value if receipt.delivery else None,
        "wish": receipt.wish.value if receipt.wish else None,
        "received_at_us": receipt.received_at_us or now_us(),
        "state": ReceiptState.OPEN.value,
    }


def _stored(row: Mapping[str, Any]) -> StoredReceipt:
    values = {name: row[name] for name in StoredReceipt._fields}
    delivery = Delivery(values["delivery"]) if values["delivery"] else None
    return StoredReceipt(
        **values | {"delivery": delivery, "wish": OptOutRequest(values["wish"]) if values["wish"] else None}
    )
