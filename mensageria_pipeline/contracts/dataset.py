"""Parquet files that know what they were made from.

A stage writes one file under a temporary name and renames it: readers see the old file or the new one,
never half of one. The footer holds the file's fingerprint and those of its inputs, so that a step that is
launched alone can tell whether it looks at the right version. Pages carry checksums.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.errors import ContractError

_METADATA_KEY = b"mensageria"
BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a dataset file says of itself."""

    fingerprint: str
    inputs: Mapping[str, str]
    row_count: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Counts and names that later steps need; never a person's data."""


def fingerprint_of(parts: Mapping[str, object]) -> str:
    """A short content name of JSON-like values; equal values, equal name."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def write_dataset(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch | pa.Table],
    *,
    inputs: Mapping[str, str],
    facts: Mapping[str, Any] | None = None,
) -> Stamp:
    """Write `batches` to `path` atomically and return its stamp. Zero batches make a file of zero rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        row_count, content = 0, _ContentHash()
        with pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as writer:
            for batch in batches:
                table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
                table = table.cast(schema)
                row_count += table.num_rows
                writer.write_table(table)
                content.update(table)
            named = {"inputs": dict(inputs), "content": content.hexdigest(), "asset": path.parent.parent.name}
            stamp = Stamp(fingerprint_of(named), dict(inputs), row_count, dict(facts or {}))
            writer.add_key_value_metadata({_METADATA_KEY: json.dumps(_to_json(stamp)).encode()})
    return stamp


def read_stamp(path: Path) -> Stamp | None:
    """The stamp of a dataset file, or None where there is no file.

    Raises ContractError for a file that cannot be read or is not one of ours: to take it for missing would
    lose rows.
    """
    try:
        metadata = pq.read_metadata(path)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowInvalid):
        raise ContractError("dataset_unreadable", file=f"{path.parent.name}/{path.name}") from None
    text = (metadata.metadata or {}).get(_METADATA_KEY)
    if not text:
        raise ContractError("dataset_unreadable", file=f"{path.parent.name}/{path.name}")
    return Stamp(**json.loads(text))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place, durably, when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def share_file(source: Path, target: Path) -> None:
    """Give `source` a second name; a copy where the file system has no hard links. Raises FileNotFoundError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)


class _ContentHash:
    """A hash over rows, as Arrow writes them."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def update(self, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        self._hash.update(sink.getvalue())

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _to_json(stamp: Stamp) -> dict[str, Any]:
    return {
        "fingerprint": stamp.fingerprint,
        "inputs": dict(stamp.inputs),
        "row_count": stamp.row_count,
        "facts": dict(stamp.facts),
    }
