"""Leases: who may work on what, told by a heartbeat and fenced by a token.

A lease is never judged by a clock: its holder counts a beat up, and whoever wants it watches the beat for
`LEASE_S` of their own time. So neither a clock that jumps nor a job that takes long makes a living holder
look dead. A claim that succeeds carries a token higher than every token before it in its scope; what the
holder writes carries it too, and the file it writes to refuses lower ones.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.ledger.file import LedgerFile, insert_once

LEASE_S = 5.0
"""A lease whose beat stands still for so long has run out."""
BEAT_S = 1.0
_LOOK_S = 0.25
CAMPAIGN = -1
"""The shard number of the lease on a whole campaign."""


def declare(tables: sa.MetaData) -> sa.Table:
    """1 row per thing that was ever leased: a campaign, one of its shards, or a run."""
    return sa.Table(
        "leases", tables,
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeaseState:
    """What the table says of one lease. An empty owner: it was given back."""

    owner: str
    token: int
    beat: int

    @property
    def is_free(self) -> bool:
        return not self.owner


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a shard of a scope, for as long as `token` is its newest."""

    scope: str
    shard: int
    owner: str
    token: int


class Leases:
    """The table of leases. Safe for several processes."""

    def __init__(self, file: LedgerFile, table: sa.Table) -> None:
        self._file, self._table = file, table

    def states(self, scope: str) -> dict[int, LeaseState]:
        """Every lease of a scope, by shard."""
        query = sa.select(self._table).where(self._table.c.scope == scope)
        with self._file.read() as connection:
            return {row.shard: LeaseState(row.owner, row.token, row.beat) for row in connection.execute(query)}

    def scopes(self, prefix: str) -> dict[str, LeaseState]:
        """The leases on whole scopes whose name begins with `prefix`."""
        columns = self._table.c
        query = sa.select(self._table).where(
            columns.scope.startswith(prefix, autoescape=True), columns.shard == CAMPAIGN
        )
        with self._file.read() as connection:
            return {row.scope: LeaseState(row.owner, row.token, row.beat) for row in connection.execute(query)}

    def claim(self, scope: str, shard: int, owner: str, seen: LeaseState | None = None, above: int = 0) -> Lease | None:
        """The lease, if it is free or still as `seen`: whoever watched it run out may take it. Else None.

        Its token is higher than all of the scope's, and than `above`.
        """
        columns = self._table.c
        others = self._table.alias()
        newest = sa.select(sa.func.max(others.c.token)).where(others.c.scope == scope).scalar_subquery()
        highest = sa.case((newest > above, newest), else_=above)
        here = (columns.scope == scope) & (columns.shard == shard)
        is_as_seen = (columns.token == seen.token) & (columns.beat == seen.beat) if seen else sa.false()
        with self._file.write() as connection:
            insert_once(connection, self._table, {"scope": scope, "shard": shard, "owner": "", "token": 0, "beat": 0})
            claimed = connection.execute(
                sa.update(self._table)
                .where(here & ((columns.owner == "") | is_as_seen))
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

    def release(self, lease: Lease) -> None:
        """Give the lease back, so that nobody has to wait for it to run out."""
        with self._file.write() as connection:
            connection.execute(sa.update(self._table).where(self._own(lease)).values(owner=""))

    def forget(self, scope: str) -> None:
        """Drop what is known of a scope that will not be leased again."""
        with self._file.write() as connection:
            connection.execute(sa.delete(self._table).where(self._table.c.scope == scope))

    def is_anybody_at_work(self) -> bool:
        """Whether any lease is kept alive; watches for as long as a lease takes to run out, if there is one."""
        query = (
            sa.select(self._table).where(self._table.c.owner != "").order_by(self._table.c.scope, self._table.c.shard)
        )
        watch = Watch()
        while True:
            with self._file.read() as connection:
                held = connection.execute(query).all()
            alive = [row for row in held if not watch.has_run_out(row[:2], LeaseState(*row[2:]))]
            if not alive:
                return False
            if watch.has_seen_a_beat:
                return True
            time.sleep(_LOOK_S)

    def _own(self, lease: Lease) -> sa.ColumnElement[bool]:
        columns = self._table.c
        return (columns.scope == lease.scope) & (columns.shard == lease.shard) & (columns.token == lease.token)


@dataclass(slots=True)
class Watch:
    """Tells which leases have run out, by their beats and this process's own clock."""

    clock: Callable[[], float] = time.monotonic
    lease_s: float = LEASE_S
    has_seen_a_beat: bool = False
    _seen: dict[object, tuple[LeaseState, float]] = field(default_factory=dict)

    def has_run_out(self, key: object, state: LeaseState) -> bool:
        """True for a lease that is free, or whose beat stood still since it was first looked at here."""
        if state.is_free:
            return True
        known, since = self._seen.get(key, (None, 0.0))
        if known != state:
            self.has_seen_a_beat |= known is not None
            self._seen[key] = (state, self.clock())
            return False
        return self.clock() - since >= self.lease_s


def new_owner(run_id: str = "") -> str:
    """A name that no other holder has: host, process, the run it works for, and chance."""
    return f"{socket.gethostname()}:{os.getpid()}:{run_id}:{secrets.token_hex(4)}"


def wait_for(
    leases: Leases, scope: str, shard: int, owner: str, watch: Watch, above: int = 0,
    on_wait: Callable[[], None] = lambda: None,
) -> Lease:  # fmt: skip
    """Claim a lease, watching for as long as somebody else holds it. `on_wait` is called while waiting.

    All leases of the scope are watched meanwhile: those that are wanted next need not be waited for again.
    """
    while True:
        states = leases.states(scope)
        dead = {name for name, state in states.items() if watch.has_run_out(name, state)}
        is_to_be_had = shard in dead or shard not in states
        if is_to_be_had and (lease := leases.claim(scope, shard, owner, states.get(shard), above)):
            return lease
        on_wait()
        time.sleep(_LOOK_S)


class Keeper:
    """Renews leases from a thread until they are dropped. A context manager; gives back what is left at its end."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._kept: dict[Lease, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease-keeper", daemon=True)

    def __enter__(self) -> "Keeper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for lease in list(self._kept):
            self.drop(lease)

    def keep(self, lease: Lease, on_lost: Callable[[], None] = lambda: None) -> None:
        """Renew `lease` from now on; `on_lost` is called, once, when somebody has taken it over."""
        with self._lock:
            self._kept[lease] = on_lost

    def hand_over(self, lease: Lease) -> None:
        """Stop renewing: its owner does so from now on."""
        with self._lock:
            self._kept.pop(lease, None)

    def drop(self, lease: Lease) -> None:
        """Give the lease back. Where the ledger cannot be written, it runs out by itself."""
        self.hand_over(lease)
        try:
            self._leases.release(lease)
        except LedgerError:
            return

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            with self._lock:
                kept = list(self._kept.items())
            for lease, on_lost in kept:
                try:
                    is_ours = self._leases.renew(lease)
                except LedgerError:
                    continue  # locked or full: the fence, not this thread, keeps others out
                if not is_ours:
                    self.hand_over(lease)
                    on_lost()
