"""Test sends: messages that somebody sent to themselves to look at them. Apart from every campaign's results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.ledger.file import LedgerFile


@dataclass(frozen=True, slots=True)
class TestSend:
    """One test send. An empty verdict: it left, and nobody knows what became of it."""

    test_send_id: str
    campaign: str
    channel: str
    provider: str
    address_key: str
    sent_at: datetime
    verdict: str = ""
    code: str = ""
    provider_message_id: str = ""
    latency_ms: float | None = None
    cost: float | None = None


def declare(metadata: sa.MetaData) -> sa.Table:
    """1 row per test send."""
    texts = ("campaign", "channel", "provider", "address_key", "sent_at", "verdict", "code", "provider_message_id")
    return sa.Table(
        "trials",
        metadata,
        sa.Column("trial_id", sa.Text, key="test_send_id", primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("latency_ms", sa.Float),
        sa.Column("cost", sa.Float),
    )


class TestSends:
    """The test sends of one installation."""

    def __init__(self, file: LedgerFile, table: sa.Table) -> None:
        self._file, self._table = file, table

    def begin(self, test_send: TestSend) -> None:
        """Write down, durably, that a test leaves. Raises LedgerError."""
        values = {name: getattr(test_send, name) for name in TestSend.__slots__} | {
            "sent_at": test_send.sent_at.isoformat()
        }
        with self._file.write() as connection:
            connection.execute(sa.insert(self._table).values(**values))

    def finish(self, test_send_id: str, **result: Any) -> None:
        with self._file.write() as connection:
            connection.execute(
                sa.update(self._table).where(self._table.c.test_send_id == test_send_id).values(**result)
            )

    def of(self, campaign: str, limit: int = 20) -> list[TestSend]:
        """The latest test sends of a campaign, the newest first."""
        table = self._table
        columns = (column.label(column.key) for column in table.c)  # a row is named by them, not by the file's names
        query = sa.select(*columns).where(table.c.campaign == campaign).order_by(table.c.sent_at.desc()).limit(limit)
        with self._file.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [TestSend(**dict(row) | {"sent_at": datetime.fromisoformat(row["sent_at"])}) for row in rows]
