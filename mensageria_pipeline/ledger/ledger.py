"""The shared part of the ledger, and the door to each campaign's journal."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mensageria_pipeline.ledger import erasures as erasure_tables
from mensageria_pipeline.ledger import leases as lease_tables
from mensageria_pipeline.ledger import suppressions as suppression_tables
from mensageria_pipeline.ledger import tallies as tally_tables
from mensageria_pipeline.ledger import test_sends as test_send_tables
from mensageria_pipeline.ledger.erasures import Erasures
from mensageria_pipeline.ledger.file import LedgerFile, Schema, facts_table, insert_once, read_fact
from mensageria_pipeline.ledger.journal import LEDGER_ID, Journal
from mensageria_pipeline.ledger.leases import Leases
from mensageria_pipeline.ledger.receipts import Receipts
from mensageria_pipeline.ledger.suppressions import Suppressions
from mensageria_pipeline.ledger.tallies import Tallies
from mensageria_pipeline.ledger.test_sends import TestSends
from mensageria_pipeline.storage.times import DEFAULT_TIMES, LedgerTimes

if TYPE_CHECKING:
    from alembic.operations import Operations

_metadata = sa.MetaData()
_facts = facts_table(_metadata)
_releases = sa.Table(
    "releases",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("plan", sa.Text, primary_key=True),
    sa.Column("released_at", sa.Text, nullable=False),
)
_waits = sa.Table(
    "waits",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("due_at", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
_progress = sa.Table(
    "progress",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.Text, nullable=False),
)
_orders = sa.Table(
    "orders",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("given_at", sa.Text, nullable=False),
)
_leases = lease_tables.declare(_metadata)
_suppressions = suppression_tables.declare(_metadata)
_erasures = erasure_tables.declare(_metadata)
_test_sends = test_send_tables.declare(_metadata)
_tallies = tally_tables.declare(_metadata)


def _new_tables(_operations: "Operations") -> None:
    """Nothing that was there changes."""


SCHEMA = Schema(
    _metadata,
    _facts,
    migrations=(_new_tables, _new_tables, _new_tables, lease_tables.add_fence, suppression_tables.number_dead),
)
"""Version 2 brought leases and orders, version 3 opt-outs and erasures, version 4 test sends, version 5 the fences of
shards and what settled campaigns come to, version 6 the numbers of dead addresses."""


class OperatorCommand(StrEnum):
    """What a person asked of a campaign's sending, until they take it back."""

    PAUSE = "pause"
    CANCEL = "cancel"
    RESTORED = "restored"
    """Nobody asked: the ledger came from a backup, and a person has to look before the rest is sent."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A campaign that waits, until when and why: `wait_window`, `wait_throttled`, `wait_greylisted` or
    `wait_resumed`."""

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

    def __init__(self, folder: Path, times: LedgerTimes = DEFAULT_TIMES) -> None:
        self.folder, self._times = folder, times

    @cached_property
    def _file(self) -> LedgerFile:
        return LedgerFile(self.folder / "control.db", SCHEMA, self._times.busy_timeout_s)

    @cached_property
    def key(self) -> bytes:
        """The key of message ids and address hashes; made once, and part of every backup."""
        return bytes.fromhex(self._made_once("hash_key", 32))

    @cached_property
    def id(self) -> str:
        """The name of this ledger, no secret: its shards and the results made from it carry it; made once."""
        return self._made_once(LEDGER_ID, 8)

    def _made_once(self, name: str, size_bytes: int) -> str:
        """A fact drawn by chance by whoever asks first."""
        with self._file.read() as connection:
            found = read_fact(connection, _facts, name)
        if found is None:
            with self._file.write() as connection:
                insert_once(connection, _facts, {"name": name, "value": secrets.token_hex(size_bytes)})
                found = read_fact(connection, _facts, name)
        return found or ""

    @cached_property
    def leases(self) -> Leases:
        return Leases(self._file, _leases, self._times)

    @cached_property
    def suppressions(self) -> Suppressions:
        return Suppressions(self._file, _suppressions)

    @cached_property
    def erasures(self) -> Erasures:
        return Erasures(self._file, _erasures)

    @cached_property
    def test_sends(self) -> TestSends:
        return TestSends(self._file, _test_sends)

    @cached_property
    def tallies(self) -> Tallies:
        return Tallies(self._file, _tallies, _leases)

    @cached_property
    def receipts(self) -> Receipts:
        return Receipts(self.folder, self._times.busy_timeout_s)

    def journal(self, campaign: str) -> Journal:
        """What was sent of a partition, over all its shards."""
        return Journal(self.folder / campaign, self.id, self._times.busy_timeout_s)

    # Releases and waits.

    def release(self, campaign: str, plan: str) -> None:
        """A person released this plan (the fingerprint of its messages) for sending."""
        with self._file.write() as connection:
            insert_once(connection, _releases, {"campaign": campaign, "plan": plan, "released_at": _now()})

    def is_released(self, campaign: str, plan: str) -> bool:
        same = (_releases.c.campaign == campaign) & (_releases.c.plan == plan)
        with self._file.read() as connection:
            return connection.execute(sa.select(_releases.c.plan).where(same)).first() is not None

    def released(self) -> set[tuple[str, str]]:
        """Every campaign and plan that was released."""
        with self._file.read() as connection:
            rows = connection.execute(sa.select(_releases.c.campaign, _releases.c.plan)).all()
        return {(str(campaign), str(plan)) for campaign, plan in rows}

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

    def set_command(self, campaign: str, command: OperatorCommand | None) -> None:
        """Leave an order for whoever sends the campaign; None takes it back."""
        with self._file.write() as connection:
            connection.execute(sa.delete(_orders).where(_orders.c.campaign == campaign))
            if command:
                values = {"campaign": campaign, "kind": command.value, "given_at": _now()}
                connection.execute(sa.insert(_orders).values(**values))

    def replace_command(self, campaign: str, before: OperatorCommand | None, after: OperatorCommand | None) -> bool:
        """Leave an order in place of the one that was seen; False, and nothing changes, where another stands by now."""
        with self._file.write() as connection:
            if before:
                seen = (_orders.c.campaign == campaign) & (_orders.c.kind == before.value)
                if not connection.execute(sa.delete(_orders).where(seen)).rowcount:
                    return False
            if after:
                values = {"campaign": campaign, "kind": after.value, "given_at": _now()}
                insert_once(connection, _orders, values)
        return self.command(campaign) is after

    def command(self, campaign: str) -> OperatorCommand | None:
        """The order that stands for a campaign."""
        with self._file.read() as connection:
            found = connection.execute(sa.select(_orders.c.kind).where(_orders.c.campaign == campaign)).scalar()
        return OperatorCommand(found) if found else None

    def commands(self) -> dict[str, OperatorCommand]:
        """The orders that stand, by campaign."""
        with self._file.read() as connection:
            rows = connection.execute(sa.select(_orders.c.campaign, _orders.c.kind)).all()
        return {str(campaign): OperatorCommand(kind) for campaign, kind in rows}

    # Progress, for whoever watches from another process.

    def report_progress(self, campaign: str, total: int, done: int) -> None:
        with self._file.write() as connection:
            connection.execute(sa.delete(_progress).where(_progress.c.campaign == campaign))
            values = {"campaign": campaign, "total": total, "done": done, "updated_at": _now()}
            connection.execute(sa.insert(_progress).values(**values))

    def progress(self, campaign: str) -> Progress | None:
        return self.progress_of_all().get(campaign)

    def progress_of_all(self) -> dict[str, Progress]:
        """How far each campaign was when somebody last sent it."""
        with self._file.read() as connection:
            rows = connection.execute(sa.select(_progress)).all()
        return {row.campaign: Progress(row.total, row.done, datetime.fromisoformat(row.updated_at)) for row in rows}

    def forget(self, campaign: str) -> None:
        """Drop what is kept of a campaign here. Its journal is its folder; suppressions stay."""
        with self._file.write() as connection:
            for table in (_releases, _waits, _orders, _progress, _test_sends, _tallies):
                connection.execute(sa.delete(table).where(table.c.campaign == campaign))
        self.receipts.forget(campaign)


def _now() -> str:
    return datetime.now(UTC).isoformat()
