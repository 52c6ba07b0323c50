"""Datasets: whole or not there, and aware of what they were made from."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mensageria_pipeline.errors import ContractError
from mensageria_pipeline.storage.dataset import read_stamp, write_dataset

SCHEMA = pa.schema([("a", pa.int64())])


def _table(*values: int) -> pa.Table:
    return pa.table({"a": list(values)}, schema=SCHEMA)


def test_the_fingerprint_follows_content_and_inputs(tmp_path: Path) -> None:
    """Equal content from equal inputs is the same version; anything else is another."""
    path = tmp_path / "asset" / "campaign=a" / "part-0.parquet"
    first = write_dataset(path, SCHEMA, [_table(1, 2)], inputs={"x": "1"})
    assert write_dataset(path, SCHEMA, [_table(1, 2)], inputs={"x": "1"}) == first
    assert write_dataset(path, SCHEMA, [_table(1, 3)], inputs={"x": "1"}).fingerprint != first.fingerprint
    assert write_dataset(path, SCHEMA, [_table(1, 2)], inputs={"x": "2"}).fingerprint != first.fingerprint


def test_the_stamp_is_read_back(tmp_path: Path) -> None:
    """Counts and facts travel with the file."""
    path = tmp_path / "asset" / "campaign=a" / "part-0.parquet"
    stamp = write_dataset(path, SCHEMA, [_table(1), _table(2)], inputs={"x": "1"}, facts={"n": 1})
    assert read_stamp(path) == stamp
    assert stamp.row_count == 2


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """A reader never sees half of a file, and a broken write leaves no litter."""
    path = tmp_path / "asset" / "campaign=a" / "part-0.parquet"
    write_dataset(path, SCHEMA, [_table(1)], inputs={})

    def failing() -> Iterator[pa.Table]:
        yield _table(2)
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the writer's own fault, passed on
        write_dataset(path, SCHEMA, failing(), inputs={})
    assert pq.read_table(path)["a"].to_pylist() == [1]
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_read_is_not_taken_for_missing(tmp_path: Path) -> None:
    """A list that silently drops out would change who is who, and message people twice."""
    foreign, broken = tmp_path / "foreign.parquet", tmp_path / "broken.parquet"
    pq.write_table(_table(1), foreign)
    broken.write_bytes(b"PAR1 no")
    assert read_stamp(tmp_path / "missing.parquet") is None
    for path in (foreign, broken):
        with pytest.raises(ContractError, match="não pôde ser lido"):
            read_stamp(path)
