"""The suppression lists of one installation, in the control file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.ledger.file import LedgerFile, insert_once
from mensageria_pipeline.ledger.groups import grouped
from mensageria_pipeline.ledger.suppressions.tables import NUMBER, SuppressionTables
from mensageria_pipeline.ledger.suppressions.values import (
    EVERY_CAMPAIGN,
    ListImport,
    Mark,
    OptOut,
    OptOutEvent,
    OptOutRecord,
    Subject,
    SuppressionSet,
)

_WRITTEN_TOGETHER = 10_000
"""Opt-outs per transaction: it must not keep a sender from renewing its lease."""


class Suppressions:
    """The suppression lists of one installation. Safe for several processes."""

    def __init__(self, file: LedgerFile, tables: SuppressionTables) -> None:
        self._file, self._tables = file, tables

    def add_dead_addresses(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Note dead addresses: address_key, mode, channel, reason, campaign each. Idempotent."""
        dead = self._tables.dead
        # Taken by the statement that inserts: no number is given out that is not yet to be seen.
        number = sa.select(sa.func.coalesce(sa.func.max(dead.c[NUMBER]), 0) + 1).scalar_subquery()
        with self._file.write() as connection:
            for row in rows:
                insert_once(connection, dead, {**row, "since": _now(), NUMBER: number})

    def last_number(self) -> int:
        """The number of the newest opt-out or of a person's word that takes one back; 0 for none."""
        with self._file.read() as connection:
            return int(connection.execute(sa.select(sa.func.max(self._tables.opt_outs.c.seq))).scalar() or 0)

    def forget_reasons(self, address_keys: Sequence[str]) -> None:
        """Clear what providers said of addresses: their owner asked to be forgotten. They stay dead."""
        dead = self._tables.dead
        with self._file.write() as connection:
            for keys in grouped(address_keys):
                connection.execute(sa.update(dead).where(dead.c.address_key.in_(keys)).values(reason=""))

    def suppression_set(self, mode: Mode, campaign: str) -> SuppressionSet:
        """Whom `campaign` must not message in `mode`."""
        events = self._tables.opt_outs
        standing = sa.select(events.c.subject_key, events.c.subject, events.c.reason).where(
            self._stands(), self._concerns(campaign)
        )
        with self._file.read() as connection:
            mark = self._mark(connection)  # before the rows: what is added meanwhile is read again, not missed
            return self._gathered(self._dead(connection, mode), connection.execute(standing).all(), mark)

    def added(self, mode: Mode, campaign: str, mark: Mark) -> SuppressionSet:
        """Whom it must not message beside what was known at `mark`."""
        events = self._tables.opt_outs
        later = sa.select(events.c.subject_key, events.c.subject, events.c.reason).where(
            events.c.seq > mark.opt_outs, events.c.event == OptOutEvent.SUPPRESSED.value, self._concerns(campaign)
        )
        with self._file.read() as connection:
            last = self._mark(connection)
            dead = self._dead(connection, mode, mark.dead) if last.dead > mark.dead else []
            rows = connection.execute(later).all() if last.opt_outs > mark.opt_outs else []
            return self._gathered(dead, rows, last)

    def _mark(self, connection: sa.Connection) -> Mark:
        numbers = (self._tables.dead.c[NUMBER], self._tables.opt_outs.c.seq)
        return Mark(*(connection.execute(sa.select(sa.func.max(number))).scalar() or 0 for number in numbers))

    def _dead(self, connection: sa.Connection, mode: Mode, above: int = -1) -> Iterable[str]:
        dead = self._tables.dead.c
        query = sa.select(dead.address_key).where(dead.mode == mode.value)
        return connection.execute(query.where(dead[NUMBER] > above) if above >= 0 else query).scalars()

    def _concerns(self, campaign: str) -> sa.ColumnElement[bool]:
        return self._tables.opt_outs.c.campaign.in_(sorted({EVERY_CAMPAIGN, campaign}))

    def _gathered(self, dead: Iterable[str], rows: Sequence[Any], mark: Mark) -> SuppressionSet:
        addresses, people = dict.fromkeys(dead, ReasonCode.DEAD_ADDRESS.value), dict[str, str]()
        for row in rows:
            (people if row.subject == Subject.PERSON else addresses)[row.subject_key] = row.reason
        return SuppressionSet(addresses, people, mark)

    def remember_list(self, found: ListImport) -> None:
        """Note that a list was taken in, once all its opt-outs are."""
        values = {name: getattr(found, name) for name in ListImport.__slots__}
        with self._file.write() as connection:
            insert_once(connection, self._tables.lists, values | {"imported_at": found.imported_at.isoformat()})

    def suppress(self, opt_outs: Sequence[OptOut]) -> int:
        """Add opt-outs; how many were not there yet. In short transactions: senders write beside it."""
        new = list({(each.subject_key, each.campaign): each for each in reversed(opt_outs)}.values())
        added = 0
        for some in grouped(new, _WRITTEN_TOGETHER):
            with self._file.write() as connection:
                added += self._add(connection, some)
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
        for keys in grouped(subject_keys):
            stands = self._stands(events.c.subject_key.in_(keys))
            found += connection.execute(sa.select(events).where(stands)).all()
        return found

    def _stands(self, subjects: sa.ColumnElement[bool] | None = None) -> sa.ColumnElement[bool]:
        """The events that decide, the last of each subject in each scope, where they suppress."""
        events = self._tables.opt_outs.c
        last = sa.select(sa.func.max(events.seq)).group_by(events.subject_key, events.campaign)
        if subjects is not None:
            last = last.where(subjects)
        return events.seq.in_(last) & (events.event == OptOutEvent.SUPPRESSED.value)

    def everybody(self) -> list[OptOut]:
        """Every opt-out that stands."""
        query = sa.select(self._tables.opt_outs).where(self._stands())
        with self._file.read() as connection:
            return [
                OptOut(row.subject_key, Subject(row.subject), row.channel, row.campaign, row.reason, row.source)
                for row in connection.execute(query)
            ]

    def dead(self) -> list[dict[str, str]]:
        """Every dead address, as `add_dead_addresses` takes them."""
        columns = [self._tables.dead.c[name] for name in ("address_key", "mode", "channel", "reason", "campaign")]
        with self._file.read() as connection:
            return [dict(row) for row in connection.execute(sa.select(*columns)).mappings()]

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
            "subject_key": opt_out.subject_key,
            "subject": opt_out.subject,
            "channel": opt_out.channel,
            "campaign": opt_out.campaign,
            "event": event.value,
            "reason": reason,
            "source": source,
            "at": _now(),
        }

    def history(self, subject_keys: Sequence[str]) -> list[OptOutRecord]:
        """All that was ever recorded of subjects, the oldest first; dead addresses as events of their own."""
        found: list[OptOutRecord] = []
        events, dead = self._tables.opt_outs, self._tables.dead
        with self._file.read() as connection:
            for keys in grouped(subject_keys):
                found += [
                    OptOutRecord(
                        OptOutEvent(row.event),
                        row.subject_key,
                        row.channel,
                        row.campaign,
                        row.reason,
                        row.source,
                        datetime.fromisoformat(row.at),
                    )
                    for row in connection.execute(sa.select(events).where(events.c.subject_key.in_(keys)))
                ]
                found += [
                    OptOutRecord(
                        OptOutEvent.SUPPRESSED,
                        row.address_key,
                        row.channel,
                        EVERY_CAMPAIGN,
                        ReasonCode.DEAD_ADDRESS.value,
                        row.campaign,
                        datetime.fromisoformat(row.since),
                    )
                    for row in connection.execute(sa.select(dead).where(dead.c.address_key.in_(keys)))
                ]
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
        standing = sa.select(events.c.reason, sa.func.count()).where(self._stands())
        with self._file.read() as connection:
            rows = connection.execute(standing.group_by(events.c.reason)).all()
            buried = connection.execute(sa.select(sa.func.count(sa.distinct(dead.c.address_key)))).scalar()
        counts = {str(reason): int(count) for reason, count in rows}
        return counts | ({ReasonCode.DEAD_ADDRESS.value: buried} if buried else {})


def _now() -> str:
    return datetime.now(UTC).isoformat()
