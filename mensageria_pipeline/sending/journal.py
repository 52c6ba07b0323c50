"""The journal of one campaign shard: append-only lines, an intent before each request and an answer after.

A message's state is derived from its lines, never stored: the last final line decides; else an intent
without an answer, or an answer `unknown`, leaves it in doubt; else it is pending.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES, Outcome
from mensageria_pipeline.sending.ledger_file import LedgerFile

_metadata = sa.MetaData()
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
)  # fmt: skip
_INSERT = (
    "INSERT INTO journal (message_id, mode, attempt, event, at_us, code, provider_message_id, latency_ms, "
    "address_key, edition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FINAL = tuple(outcome.value for outcome in FINAL_OUTCOMES)
_FETCH_ROWS = 50_000


class Event(StrEnum):
    """Lines that are not outcomes. A final outcome, or `unknown`, is its own event."""

    ATTEMPTING = "attempting"
    THROTTLED = "throttled"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `attempt` 0 is a decision that took no request, such as `expired`."""

    message_id: str
    mode: Mode
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


LINES_SCHEMA = pa.schema(
    [
        ("seq", pa.int64()), ("message_id", pa.string()), ("mode", pa.string()), ("attempt", pa.int64()),
        ("event", pa.string()), ("at_us", pa.int64()), ("code", pa.string()),
        ("provider_message_id", pa.string()), ("latency_ms", pa.float64()), ("address_key", pa.string()),
        ("edition", pa.int64()),
    ]
)  # fmt: skip


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


def _add(unsettled: dict[str, Unsettled], message_id: str, attempt: int, event: str) -> None:
    state = unsettled.setdefault(message_id, Unsettled())
    state.attempts = max(attempt, state.attempts)
    if event in {Event.ATTEMPTING, Outcome.UNKNOWN}:
        state.open_attempts.add(attempt)
    else:
        state.open_attempts.discard(attempt)


class Journal:
    """One SQLite file. `append` returns when its lines are on disk."""

    def __init__(self, path: Path) -> None:
        self._file = LedgerFile(path, _metadata)

    @cached_property
    def _writer(self) -> sa.Connection:
        return self._file.open_writer()

    def append(self, lines: Sequence[Line]) -> None:
        """Write `lines` in one durable transaction. For one thread. Raises LedgerError; nothing is then written."""
        with self._file.errors():
            try:
                # Plain parameters: SQLAlchemy's own inserts reach two thirds of their speed.
                self._writer.exec_driver_sql(_INSERT, [astuple(line) for line in lines])
                self._writer.commit()
            except sa.exc.SQLAlchemyError:
                self._writer.rollback()
                raise

    def close(self) -> None:
        if "_writer" in self.__dict__:
            self._writer.close()

    def states(self, mode: Mode) -> "States":
        """What became of every message that was touched in `mode`."""
        columns = (_lines.c.message_id, _lines.c.attempt, _lines.c.event)
        query = sa.select(*columns).where(_lines.c.mode == mode.value).order_by(_lines.c.seq)
        final = query.where(_lines.c.event.in_(_FINAL))
        with self._file.read() as connection:
            states = States({message_id: Outcome(event) for message_id, _, event in connection.execute(final)}, {})
            for message_id, attempt, event in connection.execute(query):
                if message_id not in states.final:
                    _add(states.unsettled, message_id, attempt, event)
        return states

    def addresses(self, mode: Mode, edition: int) -> dict[str, set[str]]:
        """Address keys that requests of an edition went to in `mode`, each with the messages they were for."""
        columns = (_lines.c.address_key, _lines.c.message_id)
        query = sa.select(*columns).where(_lines.c.mode == mode.value, _lines.c.edition == edition).distinct()
        found: dict[str, set[str]] = {}
        with self._file.read() as connection:
            for address_key, message_id in connection.execute(query):
                found.setdefault(address_key, set()).add(message_id)
        return found

    def lines(self) -> Iterator[pa.RecordBatch]:
        """Every line in order, in batches of `LINES_SCHEMA`."""
        with self._file.read() as connection:
            result = connection.execution_options(stream_results=True).execute(sa.select(_lines).order_by(_lines.c.seq))
            for rows in result.partitions(_FETCH_ROWS):
                columns: Iterable[Sequence[Any]] = zip(*rows, strict=True)
                arrays = [pa.array(column, field.type) for column, field in zip(columns, LINES_SCHEMA, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=LINES_SCHEMA)


def now_us() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)
