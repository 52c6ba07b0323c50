"""One file of a journal, as its writer holds it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.errors import LeaseLostError, LedgerError
from mensageria_pipeline.ledger.file import LedgerFile, insert_once, read_fact, write_fact
from mensageria_pipeline.ledger.groups import grouped
from mensageria_pipeline.ledger.journal.door import enter_plain, leave_plain, plain_turn
from mensageria_pipeline.ledger.journal.lines import FACTS, FENCE, LEDGER_ID, LINES, Event, Line

_COLUMNS = ", ".join((*Line._fields, "token"))
_PLACES = ", ".join("?" * len(Line._fields))
_BLOCKS = (256, 32, 4, 1)
"""Lines per statement: one with many rows runs in SQLite as a whole, without a turn of the interpreter's lock
for each row."""


class ShardFile(LedgerFile):
    """A shard's database, of which two copies of SQLite take turns (door.py)."""

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with plain_turn(self.path, self.busy_timeout_s), super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with plain_turn(self.path, self.busy_timeout_s), super().write() as connection:
            yield connection

    def settle_down(self) -> None:
        with plain_turn(self.path, self.busy_timeout_s):
            super().settle_down()


class Shard:
    """One file of a journal, as its writer holds it under a lease's token."""

    def __init__(self, file: ShardFile, token: int, ledger_id: str = "") -> None:
        self._file = file
        self._token, self._ledger_id = token, ledger_id

    def fence(self) -> None:
        """Refuse, from now on, whoever holds an older token.

        Raises LeaseLostError when this one is older itself, and LedgerError for a file of another ledger.
        """
        with self._file.write() as connection:
            if self._ledger_id:
                self._check_identity(connection)
            insert_once(connection, FACTS, {"name": FENCE, "value": "0"})
            if int(read_fact(connection, FACTS, FENCE) or 0) > self._token:
                raise LeaseLostError(self._file.path.parent.name)
            write_fact(connection, FACTS, FENCE, str(self._token))

    def _check_identity(self, connection: sa.Connection) -> None:
        """A file from before ledgers had names becomes this one's."""
        insert_once(connection, FACTS, {"name": LEDGER_ID, "value": self._ledger_id})
        if read_fact(connection, FACTS, LEDGER_ID) != self._ledger_id:
            raise LedgerError("ledger_foreign", campaign=self._file.path.parent.name)

    @cached_property
    def _writer(self) -> sa.Connection:
        enter_plain(self._file.path, self._file.busy_timeout_s)
        try:
            return self._file.open_writer()
        except BaseException:
            leave_plain(self._file.path)
            raise

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
        fence = self._writer.exec_driver_sql(f"SELECT value FROM ledger_facts WHERE name = '{FENCE}'").scalar()  # noqa: S608
        if fence is not None and int(fence) > self._token:
            raise LeaseLostError(self._file.path.parent.name)

    def erase(self, message_ids: Sequence[str]) -> int:
        """Delete every line of messages, because a person asked to be forgotten; how many lines.

        The one thing that is ever taken out of a journal. The number of its last line is not given out again: an older
        copy of the file would seem to go as far. Raises LeaseLostError when somebody has taken over.
        """
        erased = 0
        with self._file.write() as connection:
            last = connection.execute(sa.select(sa.func.max(LINES.c.seq))).scalar()
            for some in grouped(message_ids):
                erased += connection.execute(sa.delete(LINES).where(LINES.c.message_id.in_(some))).rowcount
            if erased:
                insert_once(connection, LINES, _placeholder_line(last or 0))
            if int(read_fact(connection, FACTS, FENCE) or 0) > self._token:
                raise LeaseLostError(self._file.path.parent.name)
        self._file.settle_down()
        return erased

    def close(self) -> None:
        if "_writer" in self.__dict__:
            self._writer.close()
            leave_plain(self._file.path)
            del self.__dict__["_writer"]


def _placeholder_line(number: int) -> dict[str, Any]:
    """What stands in the place of an erased last line: of no message, in no mode."""
    return {"seq": number, "message_id": "", "mode": "", "attempt": 0, "event": Event.ERASED.value, "at_us": 0}


def _insert(rows: int, token: int) -> str:
    values = ", ".join([f"({_PLACES}, {token})"] * rows)
    return f"INSERT INTO journal ({_COLUMNS}) VALUES {values}"  # noqa: S608 - placeholders and numbers
