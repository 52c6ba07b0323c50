"""Parquet files that know what they were made from.

A stage writes one file under a temporary name and renames it: readers see the old file or the new one,
never half of one. The footer holds the file's fingerprint and those of its inputs, so that a step that is
launched alone can tell whether it looks at the right version. Pages carry checksums.
"""

import contextlib
import hashlib
import itertools
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.errors import ContractError
from mensageria_pipeline.storage.placing import unique_beside

T = TypeVar("T")
_METADATA_KEY = b"mensageria"
BATCH_ROWS = 50_000
_WAITING_CHUNKS = 2
_FORMERLY = "formerly"
_REMEMBERED = 50
_DISTINCT_SHARE = 10
"""A column gets a dictionary where it has at most one distinct value in so many rows."""


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
    facts: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = MappingProxyType({}),
) -> Stamp:
    """Write `batches` to `path` atomically and return its stamp. Zero batches make a file of zero rows.

    `facts` may be a function: it is asked after the last row.
    """
    with DatasetWriter(path, schema, inputs) as writer:
        for batch in batches:
            writer.write(batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch]))
        return writer.finish(facts() if callable(facts) else facts)


def rewrite_dataset(
    path: Path,
    change: Callable[[pa.Table], pa.Table],
    *,
    added: pa.Table | None = None,
    inputs: Mapping[str, str] = MappingProxyType({}),
    facts: Mapping[str, Any] = MappingProxyType({}),
    schema: pa.Schema | None = None,
) -> Stamp:
    """Write a dataset anew, its rows changed batch by batch and others added; atomically, in its own schema unless
    another one is given.

    `inputs` and `facts` replace those of the same name, the others stay. The new file remembers the fingerprints of
    those before it, so that what was made from one of them can be told to belong to it. Raises ContractError where
    there is none.
    """
    stamp = read_stamp(path)
    if stamp is None:
        raise ContractError("dataset_unreadable", file=f"{path.parent.name}/{path.name}")
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        rows = (change(pa.Table.from_batches([batch])) for batch in file.iter_batches(BATCH_ROWS))
        changed = itertools.chain(rows, [] if added is None else [added.select(file.schema_arrow.names)])
        schema = schema or pa.schema([field.with_metadata(_comment_only(field)) for field in file.schema_arrow])
        formerly = [stamp.fingerprint, *stamp.facts.get(_FORMERLY, ())][:_REMEMBERED]
        return write_dataset(
            path,
            schema,
            changed,
            inputs={**stamp.inputs, **inputs},
            facts={**stamp.facts, **facts, _FORMERLY: formerly},
        )


def renamed_inputs(inputs: Mapping[str, str], upstream: Stamp | None) -> dict[str, str]:
    """`inputs` with the fingerprint of `upstream` where they name one that its file had before it was rewritten."""
    if upstream is None:
        return dict(inputs)
    formerly = frozenset(upstream.facts.get(_FORMERLY, ()))
    return {name: upstream.fingerprint if value in formerly else value for name, value in inputs.items()}


def was_called(stamp: Stamp) -> Sequence[str]:
    """The fingerprints that a dataset had before it was rewritten, the latest first."""
    return tuple(stamp.facts.get(_FORMERLY, ()))


def _comment_only(field: pa.Field) -> Mapping[bytes, bytes] | None:
    """Without what the Parquet reader adds."""
    comment = (field.metadata or {}).get(b"comment")
    return {b"comment": comment} if comment else None


def ahead(items: Iterable[T]) -> Iterator[T]:
    """`items`, each made ready by a thread of its own while the one before it is used."""
    iterator = iter(items)

    def following() -> tuple[T, ...]:
        return tuple(itertools.islice(iterator, 1))

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        pending = thread.submit(following)
        while ready := pending.result():
            pending = thread.submit(following)
            yield ready[0]


class DatasetWriter:
    """A dataset file on its way: rows are added, then it is finished, and takes its place when the block ends well.

    A thread of its own compresses, hashes and writes, while the next rows are made ready; at most two chunks wait.
    Row groups have `BATCH_ROWS` rows however the rows came: equal rows make equal pages, whose hash names the content.
    """

    def __init__(self, path: Path, schema: pa.Schema, inputs: Mapping[str, str]) -> None:
        self._path, self._schema, self._inputs = path, schema, dict(inputs)
        self.row_count = 0

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._temporary = stack.enter_context(replacing(self._path))
            self._sink = stack.enter_context(pa.OSFile(str(self._temporary), "wb"))
            self._files = stack.enter_context(contextlib.ExitStack())
            # Left first: nothing is written any more when the file is closed.
            self._thread = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="dataset"))
            self._stack = stack.pop_all()
        self._waiting: deque[Future[None]] = deque()
        self._gathered, self._gathered_rows = list[pa.Table](), 0
        self._writer: pq.ParquetWriter | None = None
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def write(self, table: pa.Table) -> None:
        """Add rows, each column cast to the schema's type."""
        self.row_count += table.num_rows
        while table.num_rows:
            taken = table.slice(0, BATCH_ROWS - self._gathered_rows)
            self._gathered.append(taken)
            self._gathered_rows += taken.num_rows
            table = table.slice(taken.num_rows)
            if self._gathered_rows == BATCH_ROWS:
                self._submit()

    def _submit(self) -> None:
        if len(self._waiting) == _WAITING_CHUNKS:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._add, self._gathered))
        self._gathered, self._gathered_rows = [], 0

    def _add(self, tables: list[pa.Table]) -> None:
        whole = pa.concat_tables([table.cast(self._schema) for table in tables]).combine_chunks()
        if self._writer is None:
            self._writer = self._open(whole)
        self._writer.write_table(whole, row_group_size=BATCH_ROWS)

    def _open(self, first: pa.Table) -> pq.ParquetWriter:
        """A writer with dictionaries for the columns whose values repeat; for others they double file and time."""
        few = first.num_rows // _DISTINCT_SHARE
        repeated = [name for name in first.column_names if pc.count_distinct(first[name], mode="all").as_py() <= few]
        writer = pq.ParquetWriter(
            self._sink, self._schema, compression="zstd", write_page_checksum=True, use_dictionary=repeated
        )
        return self._files.enter_context(writer)

    def finish(self, facts: Mapping[str, Any]) -> Stamp:
        """Give the file its stamp, after the last row."""
        if self._gathered or not self.row_count:
            self._gathered = self._gathered or [self._schema.empty_table()]
            self._submit()
        while self._waiting:
            self._waiting.popleft().result()
        assert self._writer is not None  # noqa: S101 - the chunk above opened it
        self._sink.flush()
        content = _content_hash(self._temporary, self._sink.tell())
        named = {"inputs": self._inputs, "content": content, "asset": self._path.parent.parent.name}
        stamp = Stamp(fingerprint_of(named), self._inputs, self.row_count, dict(facts))
        self._writer.add_key_value_metadata({_METADATA_KEY: json.dumps(_to_json(stamp)).encode()})
        self._files.close()
        return stamp


def _content_hash(path: Path, size: int) -> str:
    """The hash of a file's first `size` bytes: its pages, without what the footer says of them."""
    content = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while size > 0 and (chunk := file.read(min(size, 1 << 20))):
            content.update(chunk)
            size -= len(chunk)
    return content.hexdigest()


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
    temporary = unique_beside(path)
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


def _to_json(stamp: Stamp) -> dict[str, Any]:
    return {
        "fingerprint": stamp.fingerprint,
        "inputs": dict(stamp.inputs),
        "row_count": stamp.row_count,
        "facts": dict(stamp.facts),
    }
