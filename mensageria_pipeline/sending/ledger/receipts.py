"""What came back: every report of a provider, once, as it came, before anybody is told that it was taken.

A report is written down first and understood later: which message it is about is looked up, what it asks for is done,
and only then is it done with. So nothing that was acknowledged is lost, whatever is killed in between.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from mensageria_pipeline.contracts.receipts import RECEIPTS, Delivery, Wish
from mensageria_pipeline.sending.ledger.file import LedgerFile, Schema, facts_table
from mensageria_pipeline.sending.ledger.journal import now_us

_metadata = sa.MetaData()
_facts = facts_table(_metadata)
_reports = sa.Table(
    "reports", _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text, nullable=False, index=True),
    sa.Column("message_id", sa.Text, nullable=False, index=True),
    sa.Column("provider_message_id", sa.Text, nullable=False),
    sa.Column("delivery", sa.Text),
    sa.Column("code", sa.Text),
    sa.Column("wish", sa.Text),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Column("happened_at_us", sa.BigInteger),
    sa.Column("received_at_us", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.UniqueConstraint("provider", "event_id"),
)  # fmt: skip
SCHEMA = Schema(_metadata, _facts)

_COLUMNS = tuple(column.name for column in _reports.columns if column.name != "seq")
_APPEND = sa.text(
    f"INSERT INTO reports ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)
_MOVE = sa.text(
    "UPDATE reports SET state = :state, campaign = :campaign, message_id = :message_id, channel = :channel "
    "WHERE seq = :number"
)
_TOGETHER = 500
"""Values per `IN (…)`."""
_WRITTEN_TOGETHER = 2_000
"""Reports per transaction: whoever folds must not keep the receiver from writing."""
_READ_TOGETHER = 50_000


class ReportState(StrEnum):
    """How far a report is understood. Each step is done before it is noted: a kill repeats it."""

    OPEN = "open"
    """New: nothing was done about it."""
    UNPLACED = "unplaced"
    """Its message is not known, or not yet."""
    OBEYED = "obeyed"
    """What it asks for is done; it is to be shown beside the results."""
    DONE = "done"
    NOBODYS = "nobodys"
    """About no message that is known here."""


class StoredReport(NamedTuple):
    """A report as it is kept: no address, only its keyed hash."""

    provider: str
    event_id: str
    delivery: Delivery | None = None
    code: str | None = None
    wish: Wish | None = None
    message_id: str = ""
    provider_message_id: str = ""
    campaign: str = ""
    channel: str = ""
    address_key: str = ""
    happened_at_us: int | None = None
    received_at_us: int = 0
    seq: int = 0
    """Its number, once it is kept."""


@dataclass(frozen=True, slots=True)
class ReportCounts:
    """Reports by where they stand."""

    open: int = 0
    unplaced: int = 0
    obeyed: int = 0
    done: int = 0
    nobodys: int = 0

    @property
    def unfinished(self) -> int:
        return self.open + self.unplaced + self.obeyed


class Receipts:
    """The reports of one installation. Safe for several processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _file(self) -> LedgerFile:
        return LedgerFile(self._folder / "receipts.db", SCHEMA)

    def append(self, reports: Iterable[StoredReport]) -> None:
        """Keep reports in one durable transaction; those that are known already change nothing. Raises LedgerError."""
        rows = [_row(report) for report in reports]
        if rows:
            with self._file.write() as connection:
                connection.execute(_APPEND, rows)

    def in_state(self, state: ReportState, limit: int) -> list[StoredReport]:
        """Reports that are so far, the oldest first."""
        query = sa.select(_reports).where(_reports.c.state == state.value).order_by(_reports.c.seq).limit(limit)
        with self._file.read() as connection:
            return [_stored(dict(row)) for row in connection.execute(query).mappings()]

    def move(self, reports: Sequence[StoredReport], state: ReportState) -> None:
        """Note how far reports are, and where they belong by now."""
        rows = [
            {"number": each.seq, "state": state.value, "campaign": each.campaign, "message_id": each.message_id,
             "channel": each.channel}
            for each in reports
        ]  # fmt: skip
        for start in range(0, len(rows), _WRITTEN_TOGETHER):
            with self._file.write() as connection:
                connection.execute(_MOVE, rows[start : start + _WRITTEN_TOGETHER])

    def waiting(self) -> dict[str, int]:
        """Partition → reports that are to be shown beside its results."""
        columns = _reports.c
        query = sa.select(columns.campaign, sa.func.count()).where(columns.state == ReportState.OBEYED.value)
        with self._file.read() as connection:
            rows = connection.execute(query.group_by(columns.campaign).order_by(columns.campaign)).all()
        return {str(campaign): int(count) for campaign, count in rows}

    def unshown(self, campaign: str) -> list[StoredReport]:
        """The reports on a partition that are to be shown."""
        chosen = (_reports.c.campaign == campaign) & (_reports.c.state == ReportState.OBEYED.value)
        with self._file.read() as connection:
            rows = connection.execute(sa.select(_reports).where(chosen).order_by(_reports.c.seq)).mappings().all()
        return [_stored(dict(row)) for row in rows]

    def has_news(self) -> bool:
        """Whether a report came in that nobody has looked at."""
        query = sa.select(_reports.c.seq).where(_reports.c.state == ReportState.OPEN.value).limit(1)
        with self._file.read() as connection:
            return connection.execute(query).first() is not None

    def counts(self) -> ReportCounts:
        query = sa.select(_reports.c.state, sa.func.count()).group_by(_reports.c.state)
        with self._file.read() as connection:
            return ReportCounts(**{str(state): int(count) for state, count in connection.execute(query)})

    def of(self, campaign: str) -> Iterator[pa.RecordBatch]:
        """The reports on the messages of a partition, as RECEIPTS, in the order in which they came."""
        columns = _reports.c
        query = sa.select(
            columns.message_id, columns.provider, columns.event_id, columns.delivery, columns.code,
            columns.happened_at_us.label("happened_at"), columns.received_at_us.label("received_at"),
        ).where(columns.campaign == campaign, columns.message_id != "").order_by(columns.seq)  # fmt: skip
        with self._file.read() as connection:
            found = connection.execution_options(stream_results=True).execute(query)
            for rows in found.partitions(_READ_TOGETHER):
                values = zip(*rows, strict=True)
                arrays = [pa.array(list(v), f.type) for v, f in zip(values, RECEIPTS, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=RECEIPTS)

    def has_any(self, campaign: str) -> bool:
        """Whether anything was reported on a partition's messages."""
        chosen = (_reports.c.campaign == campaign) & (_reports.c.message_id != "")
        with self._file.read() as connection:
            return connection.execute(sa.select(_reports.c.seq).where(chosen).limit(1)).first() is not None

    def answered(self, provider: str, since: datetime) -> set[str]:
        """The provider's ids of messages that something was reported of since."""
        query = sa.select(_reports.c.provider_message_id).where(
            _reports.c.provider == provider, _reports.c.received_at_us >= int(since.timestamp() * 1e6)
        )
        with self._file.read() as connection:
            return set(connection.execute(query).scalars())

    def erase(self, message_ids: Sequence[str]) -> int:
        """Delete every report on messages, because a person asked to be forgotten; how many."""
        if not (self._folder / "receipts.db").exists():
            return 0
        erased = 0
        with self._file.write() as connection:
            for some in _some(message_ids):
                erased += connection.execute(sa.delete(_reports).where(_reports.c.message_id.in_(some))).rowcount
        return erased

    def forget(self, campaign: str) -> None:
        """Drop the reports on a partition that is removed."""
        if not (self._folder / "receipts.db").exists():
            return
        with self._file.write() as connection:
            connection.execute(sa.delete(_reports).where(_reports.c.campaign == campaign))


def _row(report: StoredReport) -> dict[str, Any]:
    values = report._asdict()
    del values["seq"]
    return values | {
        "delivery": report.delivery.value if report.delivery else None,
        "wish": report.wish.value if report.wish else None,
        "received_at_us": report.received_at_us or now_us(),
        "state": ReportState.OPEN.value,
    }


def _stored(row: Mapping[str, Any]) -> StoredReport:
    values = {name: row[name] for name in StoredReport._fields}
    delivery = Delivery(values["delivery"]) if values["delivery"] else None
    return StoredReport(**values | {"delivery": delivery, "wish": Wish(values["wish"]) if values["wish"] else None})


def _some(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _TOGETHER] for start in range(0, len(values), _TOGETHER))


def microseconds(at: datetime | None) -> int | None:
    """An instant as the ledger keeps it; one without a zone is taken as UTC."""
    if at is None:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000)
