"""One database file of the ledger: its schema, its version, and its errors as LedgerError."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.storage.sqlite import open_sqlite
from mensageria_pipeline.storage.times import DEFAULT_TIMES

if TYPE_CHECKING:
    from alembic.operations import Operations

_VERSION = "schema_version"
_BASE_CODE = 0xFF
"""SQLite's codes carry their kind in the lowest byte."""
Migration = Callable[["Operations"], None]


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a file, and how an older file becomes today's.

    `migrations[n]` leads from version n+1 to n+2 and may be repeated after a crash. Tables that are new are
    made from `tables`, so that a migration only changes what was there.
    """

    tables: sa.MetaData
    facts: sa.Table
    """name → value; holds the version."""
    migrations: Sequence[Migration] = ()

    @property
    def version(self) -> int:
        return len(self.migrations) + 1


def facts_table(tables: sa.MetaData) -> sa.Table:
    """Where a file keeps what it is: its version and a few single values."""
    return sa.Table(
        "ledger_facts",
        tables,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


class LedgerFile:
    """A SQLite file with the tables of `schema`, made or brought to today's version on first use."""

    def __init__(self, path: Path, schema: Schema, busy_timeout_s: float = DEFAULT_TIMES.busy_timeout_s) -> None:
        self.path = path
        self._schema, self.busy_timeout_s = schema, busy_timeout_s

    @cached_property
    def _engine(self) -> sa.Engine:
        return open_sqlite(self.path, self._prepare, self.busy_timeout_s)

    def _prepare(self, connection: sa.Connection) -> None:
        schema = self._schema
        is_new = not sa.inspect(connection).get_table_names()
        schema.tables.create_all(connection)
        stored = read_fact(connection, schema.facts, _VERSION)
        # Files from before the version was written down are of the first one.
        found = int(stored) if stored else (schema.version if is_new else 1)
        if found > schema.version:
            raise LedgerError("ledger_newer", path=self.path.name, found=found, expected=schema.version)
        if behind := schema.migrations[found - 1 :]:
            operations = _operations(connection)
            for migrate in behind:
                migrate(operations)
        if stored != str(schema.version):
            write_fact(connection, schema.facts, _VERSION, str(schema.version))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Disk full, no permission, a damaged file: said as a LedgerError that names no value."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._said(getattr(error, "orig", None) or error) from None

    def _said(self, cause: BaseException) -> LedgerError:
        file = f"{self.path.parent.name}/{self.path.name}"
        if type(cause) is sqlite3.DatabaseError:  # no database, or a malformed one; its subclasses are other trouble
            return LedgerError("ledger_damaged", file=file)
        if getattr(cause, "sqlite_errorcode", 0) & _BASE_CODE == sqlite3.SQLITE_BUSY:
            return LedgerError("ledger_locked", file=file)
        return LedgerError("ledger_unwritable", problem=type(cause).__name__, path=self.path.parent.name)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self.errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One durable transaction."""
        with self.errors(), self._engine.begin() as connection:
            yield connection

    def settle_down(self) -> None:
        """Empty the write-ahead log into the file: what was deleted is in older pages of it until then.

        As far as readers let it; the next one goes on.
        """
        with self.errors(), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def open_writer(self) -> sa.Connection:
        """A connection that its owner keeps and commits."""
        with self.errors():
            return self._engine.connect()


def _operations(connection: sa.Connection) -> "Operations":
    """Imported only where a file is behind: every command opens files, and alembic takes a tenth of a second."""
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    return Operations(MigrationContext.configure(connection))


def read_fact(connection: sa.Connection, facts: sa.Table, name: str) -> str | None:
    found = connection.execute(sa.select(facts.c.value).where(facts.c.name == name)).scalar()
    return None if found is None else str(found)


def write_fact(connection: sa.Connection, facts: sa.Table, name: str, value: str) -> None:
    insert_once(connection, facts, {"name": name, "value": value})
    connection.execute(sa.update(facts).where(facts.c.name == name).values(value=value))


def insert_once(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert a row of values and expressions unless one with its key is there; two processes may do so at once."""
    key = sa.and_(*(column == values[column.name] for column in table.primary_key))
    given = (value if isinstance(value, sa.ColumnElement) else sa.literal(value) for value in values.values())
    row = sa.select(*given).where(~sa.exists().where(key))
    connection.execute(sa.insert(table).from_select(list(values), row))
