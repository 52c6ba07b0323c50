"""The shared part of the ledger, and the door to each campaign's journal."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from alembic.operations import Operations

from mensageria_pipeline.sending.ledger import erasures as erasure_tables
from mensageria_pipeline.sending.ledger import leases as lease_tables
from mensageria_pipeline.sending.ledger import suppressions as suppression_tables
from mensageria_pipeline.sending.ledger import trials as trial_tables
from mensageria_pipeline.sending.ledger.erasures import Erasures
from mensageria_pipeline.sending.ledger.file import LedgerFile, Schema, facts_table, insert_once, read_fact
from mensageria_pipeline.sending.ledger.journal import Journal
from mensageria_pipeline.sending.ledger.leases import Leases
from mensageria_pipeline.sending.ledger.receipts import Receipts
from mensageria_pipeline.sending.ledger.suppressions import Suppressions
from mensageria_pipeline.sending.ledger.trials import Trials

_metadata = sa.MetaData()
_facts = facts_table(_metadata)
_releases = sa.Table(
    "releases", _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("plan", sa.Text, primary_key=True),
    sa.Column("released_at", sa.Text, nullable=False),
)  # fmt: skip
_waits = sa.Table(
    "waits", _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("due_at", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)  # fmt: skip
_progress = sa.Table(
    "progress", _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.Text, nullable=False),
)  # fmt: skip
_orders = sa.Table(
    "orders", _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("given_at", sa.Text, nullable=False),
)  # fmt: skip
_leases = lease_tables.declare(_metadata)
_suppressions = suppression_tables.declare(_metadata)
_erasures = erasure_tables.declare(_metadata)
_trials = trial_tables.declare(_metadata)


def _new_tables(_operations: Operations) -> None:
    """Nothing that was there changes."""


SCHEMA = Schema(_metadata, _facts, migrations=(_new_tables, _new_tables, _new_tables))
"""Version 2 brought leases and orders, version 3 opt-outs and erasures, version 4 test sends."""


class Order(StrEnum):
    """What a person asked of a campaign's sending, until they take it back."""

    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Wait:
    """A campaign that waits, until when and why: `wait_window`, `wait_throttled` or `wait_resumed`."""

    campaign: str
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the sending of a campaign is."""

    total: int
    done: int
    updated_at: datetime


class Ledger:
    """The ledger of one installation. Safe for several processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _file(self) -> LedgerFile:
        return LedgerFile(self.folder / "control.db", SCHEMA)

    @cached_property
    def key(self) -> bytes:
        """The key of message ids and address hashes; made once, and part of every backup."""
        with self._file.read() as connection:
            found = read_fact(connection, _facts, "hash_key")
        if found is None:
            with self._file.write() as connection:
                insert_once(connection, _facts, {"name": "hash_key", "value": secrets.token_hex(32)})
                found = read_fact(connection, _facts, "hash_key") or ""
        return bytes.fromhex(found)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self._file, _leases)

    @cached_property
    def suppressions(self) -> Suppressions:
        return Suppressions(self._file, _suppressions)

    @cached_property
    def erasures(self) -> Erasures:
        return Erasures(self._file, _erasures)

    @cached_property
    def trials(self) -> Trials:
        return Trials(self._file, _trials)

    @cached_property
    def receipts(self) -> Receipts:
        return Receipts(self.folder)

    def journal(self, campaign: str) -> Journal:
        """What was sent of a partition, over all its shards."""
        return Journal(self.folder / campaign)

    # Releases and waits.

    def release(self, campaign: str, plan: str) -> None:
        """A person released this plan (the fingerprint of its messages) for sending."""
        with self._file.write() as connection:
            insert_once(connection, _releases, {"campaign": campaign, "plan": plan, "released_at": _now()})

    def is_released(self, campaign: str, plan: str) -> bool:
        same = (_releases.c.campaign == campaign) & (_releases.c.plan == plan)
        with self._file.read() as connection:
            return connection.execute(sa.select(_releases.c.plan).where(same)).first() is not None

    def set_wait(self, campaign: str, wait: Wait | None) -> None:
        """Remember until when a campaign waits; None: it does not."""
        with self._file.write() as connection:
            connection.execute(sa.delete(_waits).where(_waits.c.campaign == campaign))
            if wait:
                values = {"campaign": campaign, "due_at": wait.due_at.isoformat(), "reason": wait.reason}
                connection.execute(sa.insert(_waits).values(**values))

    def wait(self, campaign: str) -> Wait | None:
        """Until when a campaign waits."""
        return next((wait for wait in self.waits() if wait.campaign == campaign), None)

    def end_wait(self, wait: Wait) -> None:
        """Forget a wait that is over; another one of the campaign stays."""
        same = (_waits.c.campaign == wait.campaign) & (_waits.c.due_at == wait.due_at.isoformat())
        with self._file.write() as connection:
            connection.execute(sa.delete(_waits).where(same))

    def waits(self) -> list[Wait]:
        with self._file.read() as connection:
            rows = connection.execute(sa.select(_waits).order_by(_waits.c.due_at, _waits.c.campaign)).all()
        return [Wait(row.campaign, datetime.fromisoformat(row.due_at), row.reason) for row in rows]

    # What people ask of a campaign.

    def give(self, campaign: str, order: Order | None) -> None:
        """Leave an order for whoever sends the campaign; None takes it back."""
        with self._file.write() as connection:
            connection.execute(sa.delete(_orders).where(_orders.c.campaign == campaign))
            if order:
                values = {"campaign": campaign, "kind": order.value, "given_at": _now()}
                connection.execute(sa.insert(_orders).values(**values))

    def order(self, campaign: str) -> Order | None:
        """The order that stands for a campaign."""
        with self._file.read() as connection:
            found = connection.execute(sa.select(_orders.c.kind).where(_orders.c.campaign == campaign)).scalar()
        return Order(found) if found else None

    # Progress, for whoever watches from another process.

    def report_progress(self, campaign: str, total: int, done: int) -> None:
        with self._file.write() as connection:
            connection.execute(sa.delete(_progress).where(_progress.c.campaign == campaign))
            values = {"campaign": campaign, "total": total, "done": done, "updated_at": _now()}
            connection.execute(sa.insert(_progress).values(**values))

    def progress(self, campaign: str) -> Progress | None:
        with self._file.read() as connection:
            row = connection.execute(sa.select(_progress).where(_progress.c.campaign == campaign)).one_or_none()
        return Progress(row.total, row.done, datetime.fromisoformat(row.updated_at)) if row else None

    def forget(self, campaign: str) -> None:
        """Drop what is kept of a campaign here. Its journal is its folder; suppressions stay."""
        with self._file.write() as connection:
            for table in (_releases, _waits, _orders, _progress, _trials):
                connection.execute(sa.delete(table).where(table.c.campaign == campaign))
        self.receipts.forget(campaign)


def _now() -> str:
    return datetime.now(UTC).isoformat()
