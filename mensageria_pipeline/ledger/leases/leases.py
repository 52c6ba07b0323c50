"""The table of leases: claimed, renewed, fenced and given back."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mensageria_pipeline.errors import LeaseLostError
from mensageria_pipeline.ledger.file import LedgerFile, insert_once
from mensageria_pipeline.ledger.leases.lease import CAMPAIGN, Lease, LeaseState
from mensageria_pipeline.ledger.leases.watch import Watch
from mensageria_pipeline.storage.times import LedgerTimes

if TYPE_CHECKING:
    from alembic.operations import Operations


def declare(tables: sa.MetaData) -> sa.Table:
    """1 row per thing that was ever leased: a campaign, one of its shards, or a run."""
    return sa.Table(
        "leases",
        tables,
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    )


def add_fence(operations: "Operations") -> None:
    """A shard's row says up to which token its file is fenced, so that an older file in its place is noticed."""
    if "fence" not in {column["name"] for column in sa.inspect(operations.get_bind()).get_columns("leases")}:
        operations.add_column("leases", sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"))


class Leases:
    """The table of leases. Safe for several processes."""

    def __init__(self, file: LedgerFile, table: sa.Table, times: LedgerTimes) -> None:
        self._file, self._table = file, table
        self.times = times

    def states(self, scope: str) -> dict[int, LeaseState]:
        """Every lease of a scope, by shard."""
        query = sa.select(self._table).where(self._table.c.scope == scope)
        with self._file.read() as connection:
            return {row.shard: LeaseState(*row[2:]) for row in connection.execute(query)}

    def scopes(self, prefix: str) -> dict[str, LeaseState]:
        """The leases on whole scopes whose name begins with `prefix`."""
        columns = self._table.c
        query = sa.select(self._table).where(
            columns.scope.startswith(prefix, autoescape=True), columns.shard == CAMPAIGN
        )
        with self._file.read() as connection:
            return {row.scope: LeaseState(*row[2:]) for row in connection.execute(query)}

    def claim(
        self,
        scope: str,
        shard: int,
        owner: str,
        seen: LeaseState | None = None,
        above: int = 0,
        under: Lease | None = None,
    ) -> Lease | None:
        """The lease, if it is free or still as `seen`: whoever watched it run out may take it. Else None.

        Its token is higher than all of the scope's, and than `above`. With `under`, the lease on the campaign, it is
        given only while that one is still the newest: whoever slept through a takeover gets no shard any more.
        """
        columns = self._table.c
        others = self._table.alias()
        newest = sa.select(sa.func.max(others.c.token)).where(others.c.scope == scope).scalar_subquery()
        highest = sa.case((newest > above, newest), else_=above)
        here = (columns.scope == scope) & (columns.shard == shard)
        is_as_seen = (columns.token == seen.token) & (columns.beat == seen.beat) if seen else sa.false()
        is_covered = sa.select(others.c.scope).where(self._own(under, others)).exists() if under else sa.true()
        with self._file.write() as connection:
            insert_once(connection, self._table, {"scope": scope, "shard": shard, "owner": "", "token": 0, "beat": 0})
            claimed = connection.execute(
                sa.update(self._table)
                .where(here & ((columns.owner == "") | is_as_seen) & is_covered)
                .values(owner=owner, token=highest + 1, beat=columns.beat + 1)
            )
            if not claimed.rowcount:
                return None
            return Lease(scope, shard, owner, connection.execute(sa.select(columns.token).where(here)).scalar_one())

    def renew(self, lease: Lease) -> bool:
        """Count the beat up; False when somebody else has taken the lease over."""
        with self._file.write() as connection:
            beat = self._table.c.beat + 1
            return bool(connection.execute(sa.update(self._table).where(self._own(lease)).values(beat=beat)).rowcount)

    def is_held(self, lease: Lease) -> bool:
        """Whether nobody has taken the lease over."""
        with self._file.read() as connection:
            return connection.execute(sa.select(self._table.c.token).where(self._own(lease))).first() is not None

    def note_fence(self, scope: str, shard: int, token: int) -> None:
        """Remember that a shard's file is fenced with `token`; a higher one stays."""
        columns = self._table.c
        here = (columns.scope == scope) & (columns.shard == shard) & (columns.fence < token)
        with self._file.write() as connection:
            insert_once(
                connection,
                self._table,
                {"scope": scope, "shard": shard, "owner": "", "token": 0, "beat": 0, "fence": 0},
            )
            connection.execute(sa.update(self._table).where(here).values(fence=token))

    def release(self, lease: Lease) -> None:
        """Give the lease back, so that nobody has to wait for it to run out."""
        with self._file.write() as connection:
            connection.execute(sa.update(self._table).where(self._own(lease)).values(owner=""))

    def raise_to(self, scope: str, token: int) -> None:
        """Take the lease on a whole scope from whoever has one below `token`, for nobody."""
        columns = self._table.c
        here = (columns.scope == scope) & (columns.shard == CAMPAIGN) & (columns.token < token)
        with self._file.write() as connection:
            insert_once(
                connection,
                self._table,
                {"scope": scope, "shard": CAMPAIGN, "owner": "", "token": 0, "beat": 0, "fence": 0},
            )
            connection.execute(sa.update(self._table).where(here).values(token=token, owner=""))

    def forget_shards(self, scope: str) -> None:
        """Drop what is known of a scope's shards, whose files are about to be removed on purpose."""
        here = (self._table.c.scope == scope) & (self._table.c.shard != CAMPAIGN)
        with self._file.write() as connection:
            connection.execute(sa.delete(self._table).where(here))

    def watch(self) -> Watch:
        """A watch that does not take a holder for dead while nobody could have written."""
        return Watch(self.times.lease_s, touch=self.touch)

    def touch(self) -> None:
        """Return once this table could be written to. Nothing changes. Raises LedgerError when it cannot be."""
        with self._file.write() as connection:
            connection.execute(sa.update(self._table).where(sa.false()).values(owner=""))

    def forget(self, scope: str) -> None:
        """Drop what is known of a scope that will not be leased again."""
        with self._file.write() as connection:
            connection.execute(sa.delete(self._table).where(self._table.c.scope == scope))

    def is_anybody_at_work(self) -> bool:
        """Whether any lease is kept alive; watches for as long as a lease takes to run out, if there is one."""
        query = (
            sa.select(self._table).where(self._table.c.owner != "").order_by(self._table.c.scope, self._table.c.shard)
        )
        watch = Watch(self.times.lease_s)
        while True:
            with self._file.read() as connection:
                held = connection.execute(query).all()
            alive = [row for row in held if not watch.has_run_out(row[:2], LeaseState(*row[2:]))]
            if not alive:
                return False
            if watch.has_seen_a_beat:
                return True
            time.sleep(self.times.look_s)

    def _own(self, lease: Lease, table: sa.FromClause | None = None) -> sa.ColumnElement[bool]:
        columns = (self._table if table is None else table).c
        return (columns.scope == lease.scope) & (columns.shard == lease.shard) & (columns.token == lease.token)


def wait_for(
    leases: Leases,
    scope: str,
    shard: int,
    owner: str,
    watch: Watch,
    above: int = 0,
    on_wait: Callable[[], None] = lambda: None,
    under: Lease | None = None,
) -> Lease:
    """Claim a lease, watching for as long as somebody else holds it. `on_wait` is called while waiting.

    All leases of the scope are watched meanwhile: those that are wanted next need not be waited for again. Raises
    LeaseLostError when `under`, the lease on the campaign, was taken over.
    """
    while True:
        states = leases.states(scope)
        dead = {name for name, state in states.items() if watch.has_run_out((scope, name), state)}
        is_to_be_had = shard in dead or shard not in states
        if is_to_be_had and (lease := leases.claim(scope, shard, owner, states.get(shard), above, under)):
            return lease
        if under and not leases.is_held(under):
            raise LeaseLostError(scope)
        on_wait()
        time.sleep(leases.times.look_s)
