"""The ledger: what was sent is decided here and nowhere else.

Below one folder: `control.db` with what all campaigns share (the key of the hashes, dead addresses,
releases, waits, progress), and one journal per campaign shard (see `journal`), so that two campaigns never
wait for each other on the hot path.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.journal import Journal
from mensageria_pipeline.sending.ledger_file import LedgerFile

SCHEMA_VERSION = 1

_metadata = sa.MetaData()
_facts = sa.Table(
    "ledger_facts", _metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)  # fmt: skip
_suppressions = sa.Table(
    "suppressions", _metadata,
    sa.Column("address_key", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Wait:
    """A campaign that waits, until when and why (`wait_window` or `wait_throttled`)."""

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
    """The shared part of the ledger, and the door to each campaign's journal. Safe for several processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _file(self) -> LedgerFile:
        file = LedgerFile(self.folder / "control.db", _metadata)
        found = int(_fact(file, "schema_version", str(SCHEMA_VERSION)))
        if found > SCHEMA_VERSION:
            raise LedgerError("ledger_newer", path=self.folder.name, found=found, expected=SCHEMA_VERSION)
        return file

    @cached_property
    def key(self) -> bytes:
        """The key of message ids and address hashes; made once, and part of every backup."""
        return bytes.fromhex(_fact(self._file, "hash_key", secrets.token_hex(32)))

    def journal(self, campaign: str) -> Journal:
        """The journal of a partition. One shard: its file is a campaign's own."""
        return Journal(self.folder / campaign / "shard-000.db")

    def has_journal(self, campaign: str) -> bool:
        return (self.folder / campaign / "shard-000.db").exists()

    # Dead addresses.

    def suppress(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Put addresses on the suppression list: address_key, mode, channel, reason, campaign each. Idempotent."""
        with self._file.write() as connection:
            for row in rows:
                _insert_once(connection, _suppressions, {**row, "since": _now()})

    def suppressed(self, mode: Mode, since: datetime | None = None) -> frozenset[str]:
        """The keys of all addresses that are not to be messaged in `mode`; with `since`, those added from then on."""
        query = sa.select(_suppressions.c.address_key).where(_suppressions.c.mode == mode.value)
        if since:
            query = query.where(_suppressions.c.since >= since.isoformat())
        with self._file.read() as connection:
            return frozenset(connection.execute(query).scalars())

    # Releases and waits.

    def release(self, campaign: str, plan: str) -> None:
        """A person released this plan (the fingerprint of its messages) for sending."""
        with self._file.write() as connection:
            _insert_once(connection, _releases, {"campaign": campaign, "plan": plan, "released_at": _now()})

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

    def waits(self) -> list[Wait]:
        with self._file.read() as connection:
            rows = connection.execute(sa.select(_waits).order_by(_waits.c.due_at, _waits.c.campaign)).all()
        return [Wait(row.campaign, datetime.fromisoformat(row.due_at), row.reason) for row in rows]

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
        """Drop a campaign's releases, waits and progress. Its journal is its folder; suppressions stay."""
        with self._file.write() as connection:
            for table in (_releases, _waits, _progress):
                connection.execute(sa.delete(table).where(table.c.campaign == campaign))


def _fact(file: LedgerFile, name: str, default: str) -> str:
    """The stored value of `name`; `default`, stored now, where there is none. The first writer wins."""
    query = sa.select(_facts.c.value).where(_facts.c.name == name)
    with file.read() as connection:
        found = connection.execute(query).scalar()
    if found is not None:
        return str(found)
    with file.write() as connection:
        _insert_once(connection, _facts, {"name": name, "value": default})
        return str(connection.execute(query).scalar_one())


def _insert_once(connection: sa.Connection, table: sa.Table, values: Mapping[str, str]) -> None:
    """Insert a row unless one with its key is there; two processes may do so at once."""
    key = sa.and_(*(column == values[column.name] for column in table.primary_key))
    row = sa.select(*(sa.literal(value) for value in values.values())).where(~sa.exists().where(key))
    connection.execute(sa.insert(table).from_select(list(values), row))


def _now() -> str:
    return datetime.now(UTC).isoformat()
