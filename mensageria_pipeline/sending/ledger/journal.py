"""The journal of a campaign: append-only lines, an intent before each request and an answer after.

A message's state is derived from its lines, never stored: the last line that settles or reopens it decides;
else an intent without an answer, or an answer `unknown`, leaves it in doubt; else it is pending.

One file per shard. Which shard a message is written to may differ from run to run; lines are therefore
ordered by the token of the lease they were written under, and below it by their number: no clock decides.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa
from alembic.operations import Operations

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES, Outcome
from mensageria_pipeline.errors import LeaseLostError, LedgerError
from mensageria_pipeline.sending.ledger.file import LedgerFile, Schema, facts_table, insert_once, read_fact, write_fact

_metadata = sa.MetaData()
_facts = facts_table(_metadata)
_lines = sa.Table(
    "journal", _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("provider_message_id", sa.Text),
    sa.Column("latency_ms", sa.Float),
    sa.Column("address_key", sa.Text),
    sa.Column("edition", sa.Integer),
    sa.Column("token", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cost", sa.Float),
)  # fmt: skip


def _add_token(operations: Operations) -> None:
    """Version 2: lines carry the token of their lease. Older lines come before all of them."""
    _add_column(operations, sa.Column("token", sa.BigInteger, nullable=False, server_default="0"))


def _add_cost(operations: Operations) -> None:
    """Version 3: an accepted message's line says what it cost."""
    _add_column(operations, sa.Column("cost", sa.Float))


def _add_column(operations: Operations, column: sa.Column[Any]) -> None:
    if column.name not in {each["name"] for each in sa.inspect(operations.get_bind()).get_columns("journal")}:
        operations.add_column("journal", column)


SCHEMA = Schema(_metadata, _facts, migrations=(_add_token, _add_cost))

_COLUMNS = (
    "message_id, mode, attempt, event, at_us, code, provider_message_id, latency_ms, address_key, edition, cost, token"
)
_FENCE = "fence"
_BLOCKS = (256, 32, 4, 1)
"""Lines per statement: one with many rows runs in SQLite as a whole, without a turn of the interpreter's lock
for each row."""
_TOGETHER = 500
_FINAL = tuple(outcome.value for outcome in FINAL_OUTCOMES)
_FETCH_ROWS = "50000"
_WRITTEN_HERE: set[Path] = set()
"""Shards that this process has open for writing."""


class Event(StrEnum):
    """Lines that are not outcomes. A final outcome, or `unknown`, is its own event."""

    ATTEMPTING = "attempting"
    THROTTLED = "throttled"
    RETRY = "retry"
    REOPENED = "reopened"
    """A person wants a settled message tried again."""


class Line(NamedTuple):
    """One line. `attempt` 0 is a decision that took no request, such as `expired`."""

    message_id: str
    mode: str
    attempt: int
    event: str
    at_us: int
    """Microseconds since 1970, UTC."""
    code: str | None = None
    provider_message_id: str | None = None
    latency_ms: float | None = None
    address_key: str | None = None
    """On an intent: where the request goes, as a keyed hash; and the edition it is part of."""
    edition: int | None = None
    cost: float | None = None
    """What the provider asks for an accepted message."""


@dataclass(slots=True)
class Unsettled:
    """A message that was touched and has no final outcome."""

    attempts: int = 0
    open_attempts: set[int] = field(default_factory=set)
    """Attempts that may have arrived: without an answer, or answered `unknown`."""

    @property
    def is_in_doubt(self) -> bool:
        return bool(self.open_attempts)


@dataclass(frozen=True, slots=True)
class States:
    """Messages by id; the two never share one."""

    final: dict[str, Outcome]
    unsettled: dict[str, Unsettled]

    def outcome(self, message_id: str) -> Outcome | None:
        """The state of a message; None when it was never touched."""
        if message_id in self.final:
            return self.final[message_id]
        touched = self.unsettled.get(message_id)
        if touched is None:
            return None
        return Outcome.UNKNOWN if touched.is_in_doubt else Outcome.PENDING


class Shard:
    """One file of a journal, as its writer holds it under a lease's token."""

    def __init__(self, path: Path, token: int) -> None:
        self._file = LedgerFile(path, SCHEMA)
        self._token = token

    def fence(self) -> None:
        """Refuse, from now on, whoever holds an older token. Raises LedgerError when this one is older itself."""
        with self._file.write() as connection:
            insert_once(connection, _facts, {"name": _FENCE, "value": "0"})
            if int(read_fact(connection, _facts, _FENCE) or 0) > self._token:
                raise LeaseLostError(self._file.path.parent.name)
            write_fact(connection, _facts, _FENCE, str(self._token))

    @cached_property
    def _writer(self) -> sa.Connection:
        _WRITTEN_HERE.add(self._file.path)
        return self._file.open_writer()

    def append(self, lines: Sequence[Line]) -> None:
        """Write `lines` in one durable transaction. For one thread.

        Raises LedgerError when they cannot be written, or when somebody has taken the shard over; nothing is
        then written.
        """
        with self._file.errors():
            try:
                done = 0
                for size in _BLOCKS:
                    statement = _insert(size, self._token)
                    while len(lines) - done >= size:
                        values = tuple(chain.from_iterable(lines[done : done + size]))
                        self._writer.exec_driver_sql(statement, values)
                        done += size
                self._check_fence()
                self._writer.commit()
            except (sa.exc.SQLAlchemyError, LedgerError):
                self._writer.rollback()
                raise

    def _check_fence(self) -> None:
        """In the transaction that writes: whoever raises the fence waits for it, or it for them."""
        fence = self._writer.exec_driver_sql(f"SELECT value FROM ledger_facts WHERE name = '{_FENCE}'").scalar()  # noqa: S608
        if fence is not None and int(fence) > self._token:
            raise LeaseLostError(self._file.path.parent.name)

    def close(self) -> None:
        if "_writer" in self.__dict__:
            self._writer.close()
            _WRITTEN_HERE.discard(self._file.path)


def _insert(rows: int, token: int) -> str:
    values = ", ".join([f"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {token})"] * rows)
    return f"INSERT INTO journal ({_COLUMNS}) VALUES {values}"  # noqa: S608 - placeholders and numbers


class Journal:
    """All shards of a campaign, to be read; and the door to each for its writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def shard(self, number: int, token: int) -> Shard:
        return Shard(self._path(number), token)

    def shards(self) -> list[int]:
        """The numbers of the shards that were ever written."""
        return sorted(int(path.stem.removeprefix("shard-")) for path in self._folder.glob("shard-[0-9]*.db"))

    def highest_fence(self) -> int:
        """The highest token that any shard was fenced with; 0 for none."""
        tokens = [0]
        for number in self.shards():
            with self._file(number).read() as connection:
                tokens.append(int(read_fact(connection, _facts, _FENCE) or 0))
        return max(tokens)

    def _path(self, number: int) -> Path:
        return self._folder / f"shard-{number:03}.db"

    def _file(self, number: int) -> LedgerFile:
        return LedgerFile(self._path(number), SCHEMA)

    def _rows(self, query: sa.Select[Any]) -> Iterator[Any]:
        """The rows of `query` over every shard."""
        for number in self.shards():
            with self._file(number).read() as connection:
                yield from connection.execution_options(stream_results=True).execute(query)

    def states(self, mode: Mode) -> States:
        """What became of every message that was touched in `mode`."""
        columns = _lines.c
        deciding = columns.event.in_((*_FINAL, Event.REOPENED.value))
        own = sa.select(columns.token, columns.seq, columns.message_id, columns.attempt, columns.event).where(
            columns.mode == mode.value
        )
        decided = {row.message_id: row.event for row in sorted(self._rows(own.where(deciding)))}
        states = States({name: Outcome(event) for name, event in decided.items() if event != Event.REOPENED}, {})
        for _, _, message_id, attempt, event in sorted(
            row for row in self._rows(own) if row.message_id not in states.final
        ):
            _add(states.unsettled, message_id, attempt, event)
        return states

    def erase(self, message_ids: Sequence[str]) -> int:
        """Delete every line of messages, because a person asked to be forgotten; how many lines.

        The one thing that is ever taken out of a journal. For whoever holds the campaign.
        """
        erased = 0
        for number in self.shards():
            with self._file(number).write() as connection:
                for start in range(0, len(message_ids), _TOGETHER):
                    some = message_ids[start : start + _TOGETHER]
                    erased += connection.execute(sa.delete(_lines).where(_lines.c.message_id.in_(some))).rowcount
        return erased

    def addresses(self, mode: Mode, edition: int) -> dict[str, set[str]]:
        """Address keys that requests of an edition went to in `mode`, each with the messages they were for."""
        columns = (_lines.c.address_key, _lines.c.message_id)
        query = sa.select(*columns).where(_lines.c.mode == mode.value, _lines.c.edition == edition).distinct()
        found: dict[str, set[str]] = {}
        for address_key, message_id in self._rows(query):
            found.setdefault(address_key, set()).add(message_id)
        return found

    def address_keys(self, message_ids: Sequence[str]) -> dict[str, str]:
        """Where messages went, as keyed hashes; those that never left are not in it."""
        found: dict[str, str] = {}
        for start in range(0, len(message_ids), _TOGETHER):
            some = message_ids[start : start + _TOGETHER]
            chosen = _lines.c.message_id.in_(some) & _lines.c.address_key.is_not(None)
            found |= {row.message_id: row.address_key for row in
                      self._rows(sa.select(_lines.c.message_id, _lines.c.address_key).where(chosen))}  # fmt: skip
        return found

    def open_attempts(self, mode: Mode, message_ids: Sequence[str]) -> dict[str, set[int]]:
        """Of some messages those in doubt: each with its attempts that may have arrived."""
        columns = _lines.c
        states = States({}, {})
        decided: dict[str, str] = {}
        for start in range(0, len(message_ids), _TOGETHER):
            some = message_ids[start : start + _TOGETHER]
            query = sa.select(columns.token, columns.seq, columns.message_id, columns.attempt, columns.event).where(
                columns.mode == mode.value, columns.message_id.in_(some)
            )
            for _, _, message_id, attempt, event in sorted(self._rows(query)):
                if event in _FINAL or event == Event.REOPENED:
                    decided[message_id] = event
                else:
                    _add(states.unsettled, message_id, attempt, event)
        return {
            name: state.open_attempts
            for name, state in states.unsettled.items()
            if state.is_in_doubt and decided.get(name) not in _FINAL
        }

    @contextlib.contextmanager
    def open_reader(self, shard: int, columns: str) -> Iterator[pa.RecordBatchReader]:
        """The lines of a shard as Arrow, for `columns`: SQL expressions that are never null.

        ADBC hands lines over as columns, without a Python object for each. It brings its own copy of SQLite, and
        two copies in one process drop each other's locks on a file (sqlite.org/howtocorrupt, 2.2.1): a shard that
        is being written in this process cannot be read so.
        """
        import adbc_driver_sqlite.dbapi as adbc  # noqa: PLC0415 - it imports pandas, which senders do not need

        path = self._path(shard)
        if path in _WRITTEN_HERE:
            raise LedgerError("ledger_unwritable", problem="open for writing", path=path.parent.name)
        self._file(shard).open_writer().close()  # an older file is brought to today's version first
        try:
            with adbc.connect(str(path)) as connection, connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _FETCH_ROWS})
                cursor.execute(f"SELECT {columns} FROM journal")  # noqa: S608 - expressions of our own
                yield cursor.fetch_record_batch()
        except (adbc.Error, pa.ArrowException, OSError) as error:
            raise LedgerError("ledger_unwritable", problem=type(error).__name__, path=path.parent.name) from None


def _add(unsettled: dict[str, Unsettled], message_id: str, attempt: int, event: str) -> None:
    state = unsettled.setdefault(message_id, Unsettled())
    state.attempts = max(attempt, state.attempts)
    if event in {Event.ATTEMPTING, Outcome.UNKNOWN}:
        state.open_attempts.add(attempt)
    else:
        state.open_attempts.discard(attempt)


def now_us() -> int:
    return time.time_ns() // 1_000
