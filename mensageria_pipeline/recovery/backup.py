"""Backups of data/state, with the ledger wherever it is: its key, what sensors remember, Dagster's history."""

import contextlib
import hashlib
import json
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from filelock import FileLock, Timeout

from mensageria_pipeline.errors import InputError, LedgerError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.layout import Layout

_SQLITE_MAGIC = b"SQLite format 3\x00"
_TRANSIENT = ("-wal", "-shm", "-journal", ".lock", ".part")
_ROOT = "state"
_LEDGER = "ledger"
_MANIFEST = "manifest.json"
_SCRATCH = ".backup-"
_KEPT_FREE_BYTES = 256 * 1024 * 1024
"""Left free on the disk by what is restored."""


def back_up(layout: Layout, target: Path) -> int:
    """Write all of data/state to `target` (.tar.gz), atomically; the number of files.

    Databases are copied with SQLite's own online backup, so that each is consistent while others write. The archive
    begins with the hash of each file.
    """
    with _scratch(layout) as folder:
        root, hashes = Path(folder) / _ROOT, dict[str, str]()
        for source in _state_files(layout):
            copy = root / _name(layout, source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if _copy(source, copy):
                hashes[copy.relative_to(folder).as_posix()] = _hash(copy)
        (Path(folder) / _MANIFEST).write_text(json.dumps({"sha256": hashes}, indent=1), encoding="utf-8")
        with replacing(target) as temporary, tarfile.open(temporary, "w:gz") as archive:
            archive.add(Path(folder) / _MANIFEST, _MANIFEST)
            archive.add(root, _ROOT)
    return len(hashes)


@contextlib.contextmanager
def _scratch(layout: Layout) -> Iterator[str]:
    """A folder below data/ for the copies: the key is in them. What a killed backup left is deleted.

    One backup at a time, and none beside a restore. Raises LedgerError where another one is under way.
    """
    layout.locks_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(layout.locks_dir / "backup.lock", timeout=0):
            for leftover in layout.data_dir.glob(f"{_SCRATCH}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=layout.data_dir, prefix=_SCRATCH) as folder:
                yield folder
    except Timeout:
        raise LedgerError("backup_under_way") from None


def restore_state(layout: Layout, source: Path, prepare: Callable[[Path], None] = lambda _ledger: None) -> Path | None:
    """Put the state in `source` in the place of data/state; where the former state was kept, or None.

    `prepare` is called with the folder of the restored ledger before it takes its place. Raises InputError for a file
    that is no whole backup, and LedgerError while a campaign is being sent; nothing is changed then.
    """
    with tempfile.TemporaryDirectory(dir=_made(layout.data_dir), prefix=".restore-") as folder:
        try:
            with tarfile.open(source, "r:gz") as archive:
                _extract(archive, folder)
        except (tarfile.TarError, OSError, EOFError, zlib.error):
            raise InputError("backup_unreadable", file=source.name) from None
        restored = Path(folder) / _ROOT
        if not (restored / _LEDGER / "control.db").is_file():
            raise InputError("backup_without_ledger", file=source.name)
        _check_whole(Path(folder), source.name)
        with _nobody_sends(layout):
            prepare(restored / _LEDGER)
            kept = _set_aside(layout)
            if layout.ledger_home:
                layout.ledger_dir.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(restored / _LEDGER, layout.ledger_dir)
            restored.replace(layout.state_dir)
    return kept


def _extract(archive: tarfile.TarFile, folder: str) -> None:
    """Files and folders below `folder`, and nothing else. Python's own filter is not in 3.11 before 3.11.4.

    Raises TarError for anything else, and for more than fits: sizes are declared before what they are the size of.
    """
    room = shutil.disk_usage(folder).free - _KEPT_FREE_BYTES
    for member in archive:
        parts = PurePosixPath(member.name).parts
        room -= member.size
        if not (member.isfile() or member.isdir()) or ".." in parts or member.name.startswith("/") or room < 0:
            raise tarfile.TarError
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    archive.extractall(folder)  # noqa: S202 - looked through above


def _check_whole(folder: Path, name: str) -> None:
    """Raises InputError naming the file that is not as it was saved, or whose database is damaged.

    Archives of before carry no hashes: there the databases speak for themselves.
    """
    manifest = folder / _MANIFEST
    saved = _manifest(manifest, name) if manifest.exists() else {}
    for member, expected in saved.items():
        if not (folder / member).is_file() or _hash(folder / member) != expected:
            raise InputError("backup_damaged", file=name, member=member)
    for path in sorted((folder / _ROOT).rglob("*.db")):
        if not _is_sound(path):
            raise InputError("backup_damaged", file=name, member=path.relative_to(folder).as_posix())


def _manifest(path: Path, name: str) -> dict[str, str]:
    try:
        return {str(member): str(value) for member, value in json.loads(path.read_text("utf-8"))["sha256"].items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise InputError("backup_damaged", file=name, member=_MANIFEST) from None


def _is_sound(path: Path) -> bool:
    """Whether a file of the state is what its name says: a SQLite database without a fault."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            return bool(database.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state_files(layout: Layout) -> Iterator[Path]:
    """The table of leases first: a journal may be newer than it, never older."""
    elsewhere = layout.ledger_dir.rglob("*") if layout.ledger_home else ()
    leases = layout.ledger_dir / "control.db"
    for path in sorted({*layout.state_dir.rglob("*"), *elsewhere}, key=lambda path: (path != leases, path)):
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
            contextlib.closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as database,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            database.backup(target)
    except FileNotFoundError:
        return 0
    return 1


@contextlib.contextmanager
def _nobody_sends(layout: Layout) -> Iterator[None]:
    """Hold every lock on files that are prepared. Raises LedgerError when one is taken, or somebody sends."""
    if (layout.ledger_dir / "control.db").exists() and _is_anybody_at_work(layout):
        raise LedgerError("restore_while_sending", lock=layout.ledger_dir.name)
    with contextlib.ExitStack() as stack:
        for path in sorted(layout.locks_dir.glob("*.lock")):
            try:
                stack.enter_context(FileLock(path, timeout=0))
            except Timeout:
                raise LedgerError("restore_while_sending", lock=path.stem) from None
        yield


def _is_anybody_at_work(layout: Layout) -> bool:
    """A table of leases that is damaged is what the backup is for: nobody can send under it."""
    try:
        return Ledger(layout.ledger_dir).leases.is_anybody_at_work()
    except LedgerError as error:
        if error.key != "ledger_damaged":  # locked, or of a newer version
            raise
        return False


def _set_aside(layout: Layout) -> Path | None:
    if not (layout.state_dir.exists() or layout.ledger_dir.exists()):
        return None
    kept = layout.data_dir / f"state.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    if layout.state_dir.exists():
        layout.state_dir.replace(kept)
    if layout.ledger_home and layout.ledger_dir.exists():
        kept.mkdir(exist_ok=True)
        shutil.move(layout.ledger_dir, kept / _LEDGER)
    return kept


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
