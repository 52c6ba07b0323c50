"""One database file of the ledger; whatever goes wrong with it is a LedgerError."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from mensageria_pipeline.contracts.database import open_sqlite
from mensageria_pipeline.errors import LedgerError


class LedgerFile:
    """A SQLite file with the tables of `metadata`, made on first use."""

    def __init__(self, path: Path, metadata: sa.MetaData) -> None:
        self.path = path
        self._metadata = metadata

    @cached_property
    def _engine(self) -> sa.Engine:
        return open_sqlite(self.path, self._metadata)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Disk full, no permission, a damaged file: said as a LedgerError that names no value."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as error:
            problem = type(getattr(error, "orig", None) or error).__name__
            raise LedgerError("ledger_unwritable", problem=problem, path=self.path.parent.name) from None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self.errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One durable transaction."""
        with self.errors(), self._engine.begin() as connection:
            yield connection

    def open_writer(self) -> sa.Connection:
        """A connection that its owner keeps and commits."""
        with self.errors():
            return self._engine.connect()
