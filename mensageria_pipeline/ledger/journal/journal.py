"""The journal of a campaign: append-only lines, an intent before each request and an answer after.

A message's state is derived from its lines, never stored: the last line that settles or reopens it decides;
else an intent without an answer, or an answer `unknown`, leaves it in doubt; else it is pending.

One file per shard. Which shard a message is written to may differ from run to run; lines are therefore
ordered by the token of the lease they were written under, and below it by their number: no clock decides.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.file import read_fact
from mensageria_pipeline.ledger.groups import grouped
from mensageria_pipeline.ledger.journal.door import column_turn
from mensageria_pipeline.ledger.journal.lines import FACTS, FENCE, LINES, SCHEMA, Event, LatestLine, provider_of
from mensageria_pipeline.ledger.journal.shard import Shard, ShardFile
from mensageria_pipeline.ledger.message_states import DECIDING, Standing, States, settled, unsettled
from mensageria_pipeline.storage.times import DEFAULT_TIMES

_FETCH_ROWS = "50000"
_OWN_WRITER_S = 10.0
"""How long a reader waits for a writer of its own process."""
_STATE_LINES = sa.select(LINES.c.token, LINES.c.seq, LINES.c.message_id, LINES.c.attempt, LINES.c.event)
"""What a message's state is derived from; token and number say what came first."""


class Journal:
    """All shards of a campaign, to be read; and the door to each for its writer."""

    def __init__(self, folder: Path, ledger_id: str = "", busy_timeout_s: float = DEFAULT_TIMES.busy_timeout_s) -> None:
        self._folder, self._ledger_id, self._busy_timeout_s = folder, ledger_id, busy_timeout_s

    def shard(self, number: int, token: int) -> Shard:
        return Shard(self._file(number), token, self._ledger_id)

    def shards(self) -> list[int]:
        """The numbers of the shards that were ever written."""
        return sorted(int(path.stem.removeprefix("shard-")) for path in self._folder.glob("shard-[0-9]*.db"))

    def fences(self) -> dict[int, int]:
        """Shard → the token that its file was fenced with last."""
        found = {}
        for number in self.shards():
            with self._file(number).read() as connection:
                found[number] = int(read_fact(connection, FACTS, FENCE) or 0)
        return found

    def highest_fence(self) -> int:
        """The highest token that any shard was fenced with; 0 for none."""
        return max(self.fences().values(), default=0)

    def extent(self) -> dict[int, int]:
        """Shard → the number of its last line, 0 for none: what a reader of the whole journal saw at that moment."""
        found = {}
        for number in self.shards():
            with self._file(number).read() as connection:
                found[number] = connection.execute(sa.select(sa.func.max(LINES.c.seq))).scalar() or 0
        return found

    def _path(self, number: int) -> Path:
        return self._folder / f"shard-{number:03}.db"

    def _file(self, number: int) -> ShardFile:
        return ShardFile(self._path(number), SCHEMA, self._busy_timeout_s)

    def _rows(self, query: sa.Select[Any]) -> Iterator[Any]:
        """The rows of `query` over every shard."""
        for number in self.shards():
            with self._file(number).read() as connection:
                yield from connection.execution_options(stream_results=True).execute(query)

    def latest(self, count: int) -> list[LatestLine]:
        """The last lines of each shard, at most so many of each: what is going on, of a campaign of any size."""
        columns = (LINES.c.message_id, LINES.c.attempt, LINES.c.event, LINES.c.at_us, LINES.c.code)
        newest = sa.select(*columns).order_by(LINES.c.seq.desc()).limit(count)
        return [LatestLine(*row) for row in self._rows(newest)]

    def states(self, mode: Mode) -> States:
        """What became of every message that was touched in `mode`."""
        own = _STATE_LINES.where(LINES.c.mode == mode.value)
        deciding = own.where(LINES.c.event.in_(sorted(DECIDING)))
        final = settled((row.message_id, row.event) for row in sorted(self._rows(deciding)))
        others = (row for row in self._rows(own) if row.message_id not in final)
        return States(final, unsettled((row.message_id, row.attempt, row.event) for row in others))

    def addresses(self, mode: Mode, edition: int) -> dict[str, set[str]]:
        """Address keys that requests of an edition went to in `mode`, each with the messages they were for."""
        columns = (LINES.c.address_key, LINES.c.message_id)
        query = sa.select(*columns).where(LINES.c.mode == mode.value, LINES.c.edition == edition).distinct()
        found: dict[str, set[str]] = {}
        for address_key, message_id in self._rows(query):
            found.setdefault(address_key, set()).add(message_id)
        return found

    def address_keys(self, message_ids: Sequence[str]) -> dict[str, str]:
        """Where messages went, as keyed hashes; those that never left are not in it."""
        found: dict[str, str] = {}
        for some in grouped(message_ids):
            chosen = LINES.c.message_id.in_(some) & LINES.c.address_key.is_not(None)
            found |= {
                row.message_id: row.address_key
                for row in self._rows(sa.select(LINES.c.message_id, LINES.c.address_key).where(chosen))
            }
        return found

    def standings(self, mode: Mode, message_ids: Sequence[str]) -> dict[str, Standing]:
        """Where some messages stand; those that were never touched are not in it."""
        found: dict[str, Standing] = {}
        for some in grouped(message_ids):
            query = _STATE_LINES.where(LINES.c.mode == mode.value, LINES.c.message_id.in_(some))
            rows = sorted(self._rows(query))
            final = settled((row.message_id, row.event) for row in rows if row.event in DECIDING)
            touched = unsettled((row.message_id, row.attempt, row.event) for row in rows)
            states = States(final, {name: state for name, state in touched.items() if name not in final})
            found |= {name: Standing.of(name, states, state.attempts) for name, state in touched.items()}
        return found

    def providers(self, message_ids: Sequence[str]) -> dict[str, set[str]]:
        """The providers that requests for some messages went to; empty names are of lines from before they said so."""
        found: dict[str, set[str]] = {}
        for some in grouped(message_ids):
            chosen = LINES.c.message_id.in_(some) & (LINES.c.event == Event.ATTEMPTING.value)
            for row in self._rows(sa.select(LINES.c.message_id, LINES.c.route).where(chosen).distinct()):
                found.setdefault(row.message_id, set()).add(provider_of(row.route or ""))
        return found

    @contextlib.contextmanager
    def open_reader(self, shard: int, columns: str) -> Iterator[pa.RecordBatchReader]:
        """The lines of a shard as Arrow, for `columns`: SQL expressions that are never null.

        ADBC hands lines over as columns, without a Python object for each. It brings its own copy of SQLite, which
        takes turns with Python's (door.py). Raises LedgerError for a shard that stays open for writing in this process.
        """
        import adbc_driver_sqlite.dbapi as adbc  # noqa: PLC0415 - it imports pandas, which senders do not need

        path = self._path(shard)
        with self._file(shard).read():
            pass  # an older file is brought to today's version first
        try:
            with (
                column_turn(path, _OWN_WRITER_S),
                adbc.connect(str(path)) as connection,
                connection.cursor() as cursor,
            ):
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _FETCH_ROWS})
                cursor.execute(f"SELECT {columns} FROM journal")  # noqa: S608 - expressions of our own
                yield cursor.fetch_record_batch()
        except (adbc.Error, pa.ArrowException, OSError) as error:
            raise LedgerError("ledger_unwritable", problem=type(error).__name__, path=path.parent.name) from None
