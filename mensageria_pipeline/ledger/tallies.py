"""What the plans of campaigns came to, counted once: for whoever looks while nobody writes.

A tally belongs to a plan and to the newest token of the campaign's shards. Nothing is written to a journal but under
a lease on a shard, and each such lease brings a higher token: so one that was counted before says so by itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.ledger.file import LedgerFile
from mensageria_pipeline.ledger.leases import CAMPAIGN


def declare(tables: sa.MetaData) -> sa.Table:
    """1 row per partition and view of it: as it was planned, or as if all of it were to be sent live."""
    return sa.Table(
        "tallies",
        tables,
        sa.Column("campaign", sa.Text, primary_key=True),
        sa.Column("view", sa.Text, primary_key=True),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )


@dataclass(frozen=True, slots=True)
class StoredTally:
    """The counts of a plan that nobody has written to since."""

    plan: str
    """The fingerprint of the messages that were counted."""
    counts: Mapping[str, Any]


class Tallies:
    """The tallies of one installation. Safe for several processes."""

    def __init__(self, file: LedgerFile, table: sa.Table, leases: sa.Table) -> None:
        self._file, self._table, self._leases = file, table, leases

    def mark(self, campaign: str) -> int | None:
        """The newest token of a partition's shards, to be asked for before counting; None while somebody writes."""
        with self._file.read() as connection:
            return self._mark(connection, campaign)

    def _mark(self, connection: sa.Connection, campaign: str) -> int | None:
        columns = self._leases.c
        of_shards = (columns.scope == campaign) & (columns.shard != CAMPAIGN)
        rows = connection.execute(sa.select(columns.owner, columns.token).where(of_shards)).all()
        return None if any(row.owner for row in rows) else max((int(row.token) for row in rows), default=0)

    def keep(self, campaign: str, view: str, tally: StoredTally, mark: int | None) -> None:
        """Keep what was counted since `mark`, unless somebody has written, or might have, meanwhile."""
        values = {"plan": tally.plan, "token": mark, "counts": json.dumps(dict(tally.counts))}
        with self._file.write() as connection:
            same = (self._table.c.campaign == campaign) & (self._table.c.view == view)
            connection.execute(sa.delete(self._table).where(same))
            if mark is not None and self._mark(connection, campaign) == mark:
                connection.execute(sa.insert(self._table).values(campaign=campaign, view=view, **values))

    def clear(self) -> None:
        """Forget all of them: the journals may be of another moment than this file."""
        with self._file.write() as connection:
            connection.execute(sa.delete(self._table))

    def of(self, campaign: str, view: str) -> StoredTally | None:
        """The tally of a partition, where it still holds."""
        return next((tally for _, each, tally in self._valid(self._table.c.campaign == campaign) if each == view), None)

    def all(self) -> dict[tuple[str, str], StoredTally]:
        """Every tally that still holds, by partition and view."""
        return {(campaign, view): tally for campaign, view, tally in self._valid(sa.true())}

    def _valid(self, chosen: sa.ColumnElement[bool]) -> Iterator[tuple[str, str, StoredTally]]:
        columns, leases = self._table.c, self._leases.c
        newest = (
            sa.select(leases.scope, sa.func.max(leases.token).label("token"))
            .where(leases.shard != CAMPAIGN)
            .group_by(leases.scope)
            .subquery()
        )
        query = (
            sa.select(columns.campaign, columns.view, columns.plan, columns.counts)
            .outerjoin_from(self._table, newest, newest.c.scope == columns.campaign)
            .where(chosen & (sa.func.coalesce(newest.c.token, 0) == columns.token))
        )
        with self._file.read() as connection:
            for row in connection.execute(query).all():
                yield row.campaign, row.view, StoredTally(row.plan, json.loads(row.counts))
