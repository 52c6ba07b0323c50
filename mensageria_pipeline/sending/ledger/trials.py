"""Test sends: messages that somebody sent to themselves to look at them. Apart from every campaign's results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.sending.ledger.file import LedgerFile


@dataclass(frozen=True, slots=True)
class Trial:
    """One test send. An empty verdict: it left, and nobody knows what became of it."""

    trial_id: str
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
        "trials", metadata,
        sa.Column("trial_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("latency_ms", sa.Float), sa.Column("cost", sa.Float),
    )  # fmt: skip


class Trials:
    """The test sends of one installation."""

    def __init__(self, file: LedgerFile, table: sa.Table) -> None:
        self._file, self._table = file, table

    def begin(self, trial: Trial) -> None:
        """Write down, durably, that a test leaves. Raises LedgerError."""
        values = {name: getattr(trial, name) for name in Trial.__slots__} | {"sent_at": trial.sent_at.isoformat()}
        with self._file.write() as connection:
            connection.execute(sa.insert(self._table).values(**values))

    def finish(self, trial_id: str, **result: Any) -> None:
        with self._file.write() as connection:
            connection.execute(sa.update(self._table).where(self._table.c.trial_id == trial_id).values(**result))

    def of(self, campaign: str, limit: int = 20) -> list[Trial]:
        """The latest test sends of a campaign, the newest first."""
        table = self._table
        query = sa.select(table).where(table.c.campaign == campaign).order_by(table.c.sent_at.desc()).limit(limit)
        with self._file.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Trial(**dict(row) | {"sent_at": datetime.fromisoformat(row["sent_at"])}) for row in rows]
