"""SQLite files for state that must survive a crash, behind SQLAlchemy so that PostgreSQL can take over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from mensageria_pipeline.storage.times import DEFAULT_TIMES


def open_sqlite(
    path: Path, prepare: Callable[[Connection], None], busy_timeout_s: float = DEFAULT_TIMES.busy_timeout_s
) -> Engine:
    """An engine over one SQLite file: WAL, commits on disk before they return, waiting for writers.

    `prepare` makes its tables. One process at a time does so, under a lock: SQLite's own locks do not cover
    the making of a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": busy_timeout_s})
    event.listen(engine, "connect", _configure)
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=busy_timeout_s), engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        prepare(connection)
    return engine


def _configure(connection: Any, _record: object) -> None:
    # secure_delete: what is deleted, because a person asked for it, is overwritten and not left on a free page.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
