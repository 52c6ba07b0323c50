"""Backups of data/state, with the ledger wherever it is: its key, what sensors remember, Dagster's history."""

import contextlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from mensageria_pipeline.contracts.dataset import replacing
from mensageria_pipeline.contracts.layout import Layout
from mensageria_pipeline.errors import InputError, LedgerError
from mensageria_pipeline.sending.ledger import Ledger

_SQLITE_MAGIC = b"SQLite format 3\x00"
_TRANSIENT = ("-wal", "-shm", "-journal", ".lock", ".part")
_ROOT = "state"
_LEDGER = "ledger"


def back_up(layout: Layout, target: Path) -> int:
    """Write all of data/state to `target` (.tar.gz), atomically; the number of files.

    Databases are copied with SQLite's own online backup, so that each is consistent while others write.
    """
    with tempfile.TemporaryDirectory(prefix="mensageria-backup-") as folder:
        count = 0
        for source in _state_files(layout):
            copy = Path(folder) / _ROOT / _name(layout, source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            count += _copy(source, copy)
        with replacing(target) as temporary, tarfile.open(temporary, "w:gz") as archive:
            archive.add(Path(folder) / _ROOT, _ROOT)
    return count


def restore_state(layout: Layout, source: Path) -> Path | None:
    """Put the state in `source` in the place of data/state; where the former state was kept, or None.

    Raises InputError for a file that is no backup, and LedgerError while a campaign is being sent.
    """
    with tempfile.TemporaryDirectory(dir=_made(layout.data_dir), prefix=".restore-") as folder:
        try:
            with tarfile.open(source, "r:gz") as archive:
                _extract(archive, folder)
        except (tarfile.TarError, OSError, EOFError):
            raise InputError("backup_unreadable", file=source.name) from None
        restored = Path(folder) / _ROOT
        if not (restored / _LEDGER).is_dir():
            raise InputError("backup_unreadable", file=source.name)
        with _nobody_sends(layout):
            kept = _set_aside(layout)
            if layout.ledger_home:
                layout.ledger_dir.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(restored / _LEDGER, layout.ledger_dir)
            restored.replace(layout.state_dir)
    return kept


def _extract(archive: tarfile.TarFile, folder: str) -> None:
    """Files and folders below `folder`, and nothing else. Python's own filter is not in 3.11 before 3.11.4."""
    for member in archive:
        parts = PurePosixPath(member.name).parts
        if not (member.isfile() or member.isdir()) or ".." in parts or member.name.startswith("/"):
            raise tarfile.TarError
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    archive.extractall(folder)  # noqa: S202 - looked through above


def _state_files(layout: Layout) -> Iterator[Path]:
    elsewhere = layout.ledger_dir.rglob("*") if layout.ledger_home else ()
    for path in sorted({*layout.state_dir.rglob("*"), *elsewhere}):
        is_passing = {layout.locks_dir, layout.pacing_dir, layout.state_dir / "sending"} & set(path.parents)
        is_transient = path.name.endswith(_TRANSIENT) or is_passing
        if path.is_file() and not is_transient:
            yield path


def _name(layout: Layout, path: Path) -> Path:
    """Where a file is in the archive: the ledger below the state, wherever it is kept."""
    if layout.ledger_dir in path.parents:
        return Path(_LEDGER) / path.relative_to(layout.ledger_dir)
    return path.relative_to(layout.state_dir)


def _copy(source: Path, copy: Path) -> int:
    """1 when copied, 0 when the file went away meanwhile."""
    try:
        with source.open("rb") as file:
            is_database = file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
        if not is_database:
            shutil.copy2(source, copy)
            return 1
        with (
            contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as database,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            database.backup(target)
    except FileNotFoundError:
        return 0
    return 1


@contextlib.contextmanager
def _nobody_sends(layout: Layout) -> Iterator[None]:
    """Hold every lock on files that are prepared. Raises LedgerError when one is taken, or somebody sends."""
    if (layout.ledger_dir / "control.db").exists() and Ledger(layout.ledger_dir).leases.is_anybody_at_work():
        raise LedgerError("restore_while_sending", lock=layout.ledger_dir.name)
    with contextlib.ExitStack() as stack:
        for path in sorted(layout.locks_dir.glob("*.lock")):
            try:
                stack.enter_context(FileLock(path, timeout=0))
            except Timeout:
                raise LedgerError("restore_while_sending", lock=path.stem) from None
        yield


def _set_aside(layout: Layout) -> Path | None:
    if not (layout.state_dir.exists() or layout.ledger_dir.exists()):
        return None
    kept = layout.data_dir / f"state.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
    if layout.state_dir.exists():
        layout.state_dir.replace(kept)
    if layout.ledger_home and layout.ledger_dir.exists():
        kept.mkdir(exist_ok=True)
        shutil.move(layout.ledger_dir, kept / _LEDGER)
    return kept


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
