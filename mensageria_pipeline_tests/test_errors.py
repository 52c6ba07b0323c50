"""What a disk does to a program, met by each library that writes: always the same sentence, never an internal error."""

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlalchemy as sa

from mensageria_pipeline.cli.run import not_taken_in
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.errors import StorageError, internal_error, storage_problem
from mensageria_pipeline.services import disk_space
from mensageria_pipeline_tests.workbench import Workbench

FULL = Path("/dev/full")
"""Every write to it finds no disk_space."""


def _write_file(_folder: Path) -> None:
    with FULL.open("wb") as file:
        file.write(b"x")


def _write_arrow(_folder: Path) -> None:
    with pa.OSFile(str(FULL), "wb") as file:
        file.write(b"x")


def _write_duckdb(folder: Path) -> None:
    (folder / "full.csv").symlink_to(FULL)
    duckdb.sql(f"COPY (SELECT range FROM range(200000)) TO '{folder / 'full.csv'}' (USE_TMP_FILE false)")


def _write_sqlite(folder: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{folder / 'full.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 4")
        connection.exec_driver_sql("CREATE TABLE t AS SELECT hex(zeroblob(100000)) AS x")


def _write_read_only_sqlite(folder: Path) -> None:
    path = folder / "read-only.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (x)")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        file.execute("INSERT INTO t VALUES (1)")


def _open_in_a_read_only_folder(_folder: Path) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


@pytest.mark.parametrize("write", [_write_file, _write_arrow, _write_duckdb, _write_sqlite])
def test_a_full_disk_is_the_same_sentence_whoever_meets_it(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """A list that is stored, Parquet, a report, the ledger or Dagster's records."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each library has its own
        write(tmp_path)
    assert "O disco está cheio" in internal_error(caught.value)


@pytest.mark.parametrize("write", [_write_read_only_sqlite, _open_in_a_read_only_folder])
def test_what_may_not_be_written_is_a_sentence(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """With what to do, and without the statement that failed."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - see above
        write(tmp_path)
    assert "não pode ser gravado" in internal_error(caught.value)


def test_it_is_found_behind_what_others_made_of_it() -> None:
    """Dagster wraps what its storage says."""

    def wrap() -> None:
        try:
            _write_file(Path())
        except OSError as error:
            raise ValueError("wrapped") from error

    with pytest.raises(ValueError, match="wrapped") as caught:
        wrap()
    assert storage_problem(caught.value) == "disk_full"


def test_anything_else_stays_an_internal_error() -> None:
    """A defect must not be taken for a full disk, nor its text be shown."""
    error = ValueError("ana@exemplo.com: No space left on device")
    assert storage_problem(error) is None
    assert "ValueError" in internal_error(error)
    assert "ana@" not in internal_error(error)


def test_nothing_is_begun_on_a_disk_that_is_nearly_full(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen before anything is written; what was found, what is needed, what to do."""
    disk_space.check_room(bench.project)
    monkeypatch.setattr(disk_space, "LEAST_FREE_MB", 10**9)
    with pytest.raises(StorageError, match=r"MB livres no disco de .* são precisos 1000000000 MB"):
        disk_space.check_room(bench.project)


def test_a_list_that_was_deleted_meanwhile_is_a_sentence(bench: Workbench) -> None:
    """`person forget` deletes lists; the run that was given one must say so, and not fall over it."""
    path = bench.drop("a")
    path.unlink()
    (sentence,) = not_taken_in(bench.project, Partition("a"), [path])
    assert "não está mais na pasta" in sentence
    assert "lista.csv" in sentence
