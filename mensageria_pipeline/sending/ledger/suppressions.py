"""Who must not be messaged: dead addresses, known by a provider's code, and people who do not want to be.

Only keyed hashes are kept. Opt-outs are events that are never changed: a list that comes in adds, a person's word
can lift, and both stay readable. The last event of a subject in a scope decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.sending.ledger.file import LedgerFile, insert_once

EVERY_CAMPAIGN = ""
_HEARD_TOGETHER = 500
"""Values per `IN (…)`: SQLite takes some thousands."""
_WRITTEN_TOGETHER = 10_000
"""Opt-outs per transaction: it must not keep a sender from renewing its lease."""


class Subject(StrEnum):
    """What a key is of."""

    ADDRESS = "address"
    PERSON = "person"


class OptOutReason(StrEnum):
    """Why somebody is not messaged; also the code their rows and messages get."""

    OPTED_OUT = "opted_out"
    LISTED = "suppressed_by_list"
    FORGOTTEN = "forgotten"


class OptOutEvent(StrEnum):
    SUPPRESSED = "suppressed"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class OptOut:
    """One subject on one channel, in one campaign or (empty) in all."""

    subject_key: str
    subject: Subject
    channel: str
    campaign: str
    reason: OptOutReason
    source: str
    """Name of the list, or what a person did."""


@dataclass(frozen=True, slots=True)
class OptOutRecord:
    """An event as it was recorded."""

    event: OptOutEvent
    subject_key: str
    channel: str
    campaign: str
    reason: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Code by keyed hash, of all that must not be messaged in one mode by one campaign."""

    addresses: Mapping[str, str]
    people: Mapping[str, str]
    mark: int = 0
    """Number of the last event that is in it; what comes later has a higher one, whatever the clocks say."""

    def __bool__(self) -> bool:
        return bool(self.addresses or self.people)


@dataclass(frozen=True, slots=True)
class ListImport:
    """A suppression list that was taken in, once for its content."""

    content_hash: str
    file_name: str
    campaign: str
    row_count: int
    added: int
    already: int
    """Subjects that were on the list before."""
    ignored: int
    """Rows whose answer was no wish to leave."""
    unreadable: int
    """Rows without anything to know a person by."""
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionTables:
    dead: sa.Table
    opt_outs: sa.Table
    lists: sa.Table


def declare(metadata: sa.MetaData) -> SuppressionTables:
    """The tables of `Suppressions`, as part of the control file."""
    dead = sa.Table(
        "suppressions", metadata,
        sa.Column("address_key", sa.Text, primary_key=True), sa.Column("mode", sa.Text, primary_key=True),
        *_columns(sa.Text(), "channel", "reason", "campaign", "since"),
    )  # fmt: skip
    opt_outs = sa.Table(
        "opt_outs", metadata,
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("subject_key", sa.Text, nullable=False, index=True),
        *_columns(sa.Text(), "subject", "channel", "campaign", "event", "reason", "source", "at"),
    )  # fmt: skip
    lists = sa.Table(
        "opt_out_lists", metadata,
        sa.Column("content_hash", sa.Text, primary_key=True), sa.Column("campaign", sa.Text, primary_key=True),
        *_columns(sa.Text(), "file_name", "imported_at"),
        *_columns(sa.BigInteger(), "row_count", "added", "already", "ignored", "unreadable"),
    )  # fmt: skip
    return SuppressionTables(dead, opt_outs, lists)


def _columns(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


class Suppressions:
    """The suppression lists of one installation. Safe for several processes."""

    def __init__(self, file: LedgerFile, tables: SuppressionTables) -> None:
        self._file, self._tables = file, tables

    def bury(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Note dead addresses: address_key, mode, channel, reason, campaign each. Idempotent."""
        with self._file.write() as connection:
            for row in rows:
                insert_once(connection, self._tables.dead, {**row, "since": _now()})

    def forbidden(self, mode: Mode, campaign: str) -> Forbidden:
        """Whom `campaign` must not message in `mode`."""
        events = self._tables.opt_outs
        last = sa.select(sa.func.max(events.c.seq)).group_by(events.c.subject_key, events.c.campaign)
        standing = sa.select(events.c.subject_key, events.c.subject, events.c.reason).where(
            events.c.seq.in_(last), events.c.event == OptOutEvent.SUPPRESSED.value, self._concerns(campaign)
        )
        with self._file.read() as connection:
            mark = connection.execute(sa.select(sa.func.max(events.c.seq))).scalar() or 0
            return self._gathered(self._dead(connection, mode), connection.execute(standing).all(), mark)

    def added(self, mode: Mode, campaign: str, mark: int, since: datetime) -> Forbidden:
        """Whom it must not message beside what was known at `mark`. Dead addresses are asked for by `since`: they are
        written one by one, and seen at once."""
        events = self._tables.opt_outs
        later = sa.select(events.c.subject_key, events.c.subject, events.c.reason).where(
            events.c.seq > mark, events.c.event == OptOutEvent.SUPPRESSED.value, self._concerns(campaign)
        )
        with self._file.read() as connection:
            last = connection.execute(sa.select(sa.func.max(events.c.seq))).scalar() or 0
            rows = connection.execute(later).all() if last > mark else []
            return self._gathered(self._dead(connection, mode, since), rows, last)

    def _dead(self, connection: sa.Connection, mode: Mode, since: datetime | None = None) -> Iterable[str]:
        dead = self._tables.dead.c
        query = sa.select(dead.address_key).where(dead.mode == mode.value)
        return connection.execute(query.where(dead.since >= since.isoformat()) if since else query).scalars()

    def _concerns(self, campaign: str) -> sa.ColumnElement[bool]:
        return self._tables.opt_outs.c.campaign.in_(sorted({EVERY_CAMPAIGN, campaign}))

    def _gathered(self, dead: Iterable[str], rows: Sequence[Any], mark: int) -> Forbidden:
        addresses, people = dict.fromkeys(dead, "dead_address"), dict[str, str]()
        for row in rows:
            (people if row.subject == Subject.PERSON else addresses)[row.subject_key] = row.reason
        return Forbidden(addresses, people, mark)

    def remember_list(self, found: ListImport) -> None:
        """Note that a list was taken in, once all its opt-outs are."""
        values = {name: getattr(found, name) for name in ListImport.__slots__}
        with self._file.write() as connection:
            insert_once(connection, self._tables.lists, values | {"imported_at": found.imported_at.isoformat()})

    def suppress(self, opt_outs: Sequence[OptOut]) -> int:
        """Add opt-outs; how many were not there yet. In short transactions: senders write beside it."""
        new = list({(each.subject_key, each.campaign): each for each in reversed(opt_outs)}.values())
        added = 0
        for start in range(0, len(new), _WRITTEN_TOGETHER):
            with self._file.write() as connection:
                added += self._add(connection, new[start : start + _WRITTEN_TOGETHER])
        return added

    def _add(self, connection: sa.Connection, opt_outs: Sequence[OptOut]) -> int:
        standing = self._standing(connection, [each.subject_key for each in opt_outs])
        known = {(row.subject_key, row.campaign) for row in standing}
        rows = [
            self._row(each, OptOutEvent.SUPPRESSED, each.reason, each.source)
            for each in opt_outs
            if (each.subject_key, each.campaign) not in known
        ]
        if rows:
            connection.execute(sa.insert(self._tables.opt_outs), rows)
        return len(rows)

    def _standing(self, connection: sa.Connection, subject_keys: Sequence[str]) -> list[Any]:
        """The events by which subjects are suppressed now."""
        events = self._tables.opt_outs
        found: list[Any] = []
        for start in range(0, len(subject_keys), _HEARD_TOGETHER):
            keys = subject_keys[start : start + _HEARD_TOGETHER]
            mine = events.c.subject_key.in_(keys)
            last = sa.select(sa.func.max(events.c.seq)).where(mine).group_by(events.c.subject_key, events.c.campaign)
            query = sa.select(events).where(events.c.seq.in_(last), events.c.event == OptOutEvent.SUPPRESSED.value)
            found += connection.execute(query).all()
        return found

    def allow(self, subject_keys: Sequence[str], source: str) -> int:
        """Lift the opt-outs of subjects, on a person's word; how many stood. Dead addresses stay dead."""
        events = self._tables.opt_outs
        with self._file.write() as connection:
            standing = self._standing(connection, subject_keys)
            for row in standing:
                opt_out = OptOut(row.subject_key, Subject(row.subject), row.channel, row.campaign, row.reason, source)
                values = self._row(opt_out, OptOutEvent.ALLOWED, row.reason, source)
                connection.execute(sa.insert(events).values(**values))
        return len(standing)

    def _row(self, opt_out: OptOut, event: OptOutEvent, reason: str, source: str) -> dict[str, str]:
        return {
            "subject_key": opt_out.subject_key, "subject": opt_out.subject, "channel": opt_out.channel,
            "campaign": opt_out.campaign, "event": event.value, "reason": reason, "source": source, "at": _now(),
        }  # fmt: skip

    def history(self, subject_keys: Sequence[str]) -> list[OptOutRecord]:
        """All that was ever recorded of subjects, the oldest first; dead addresses as events of their own."""
        found: list[OptOutRecord] = []
        events, dead = self._tables.opt_outs, self._tables.dead
        with self._file.read() as connection:
            for start in range(0, len(subject_keys), _HEARD_TOGETHER):
                keys = subject_keys[start : start + _HEARD_TOGETHER]
                found += [
                    OptOutRecord(OptOutEvent(row.event), row.subject_key, row.channel, row.campaign, row.reason,
                                 row.source, datetime.fromisoformat(row.at))
                    for row in connection.execute(sa.select(events).where(events.c.subject_key.in_(keys)))
                ]  # fmt: skip
                found += [
                    OptOutRecord(OptOutEvent.SUPPRESSED, row.address_key, row.channel, EVERY_CAMPAIGN, "dead_address",
                                 row.campaign, datetime.fromisoformat(row.since))
                    for row in connection.execute(sa.select(dead).where(dead.c.address_key.in_(keys)))
                ]  # fmt: skip
        return sorted(found, key=lambda record: record.at)

    def lists(self) -> list[ListImport]:
        """Every list that was taken in, the latest first."""
        table = self._tables.lists
        with self._file.read() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.imported_at.desc())).mappings().all()
        return [ListImport(**{**row, "imported_at": datetime.fromisoformat(row["imported_at"])}) for row in rows]

    def standing_counts(self) -> Mapping[str, int]:
        """How many subjects must not be messaged now, by reason; dead addresses of every mode once."""
        events, dead = self._tables.opt_outs, self._tables.dead
        last = sa.select(sa.func.max(events.c.seq)).group_by(events.c.subject_key, events.c.campaign)
        standing = sa.select(events.c.reason, sa.func.count()).where(
            events.c.seq.in_(last), events.c.event == OptOutEvent.SUPPRESSED.value
        )
        with self._file.read() as connection:
            rows = connection.execute(standing.group_by(events.c.reason)).all()
            buried = connection.execute(sa.select(sa.func.count(sa.distinct(dead.c.address_key)))).scalar()
        counts = {str(reason): int(count) for reason, count in rows}
        return counts | ({"dead_address": buried} if buried else {})


def _now() -> str:
    return datetime.now(UTC).isoformat()
