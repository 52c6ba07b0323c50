"""What a shard has left to send, message by message, from the plan and the rows that were found to be left."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.model import OnUnknown

BLOCK_ROWS = 1_000
"""Rows of the plan that go to a shard together."""
_COLUMNS = (
    "message_id",
    "channel",
    "address",
    "address_key",
    "title",
    "body",
    "data",
    "person",
    "document",
    "edition",
    "problem",
)


def remaining_file(folder: Path, shard: int) -> Path:
    return folder / f"left-{shard:03}.parquet"


def remaining_messages(
    plan: Path, remaining: Path, provider: str, route: str, on_unknown: OnUnknown | None, default: OnUnknown
) -> Iterator[tuple[Message, bool]]:
    """What a shard has left to send through `provider`, in the order of the plan; in doubt only if resent.

    `on_unknown` is what the campaign says of those in doubt. Where it says nothing the provider's `default` holds, for
    what went out by the same `route`: no other provider or account takes a second copy for one. Each message with
    whether an earlier attempt may have arrived. Reads the groups of the plan that hold any of it, one at a time: memory
    grows by some bytes a message, not by its content.
    """
    table = pq.read_table(remaining)
    rows, attempts = table["plan_row"].to_numpy(), table["attempts"].to_numpy()
    doubts = table["is_in_doubt"].to_numpy(zero_copy_only=False)
    stays = _stays(table, route, on_unknown, default)
    del table
    with pq.ParquetFile(plan, page_checksum_verification=True) as file:
        start = 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            first, last = _between(rows, start, end)
            if first < last:
                batches = file.iter_batches(BLOCK_ROWS, row_groups=[group], columns=["provider", *_COLUMNS])
                for batch in batches:
                    first, last = _between(rows, start, start + batch.num_rows)
                    chosen = batch.take(pa.array(rows[first:last] - start))
                    parts = attempts[first:last], doubts[first:last], stays[first:last]
                    yield from _messages(chosen, provider, *parts)
                    start += batch.num_rows
            start = end


def _stays(table: pa.Table, route: str, on_unknown: OnUnknown | None, default: OnUnknown) -> np.ndarray:
    """Which rows are in doubt and not to be resent."""
    doubts = table["is_in_doubt"]
    if (on_unknown or default) is OnUnknown.HOLD:
        return np.array(doubts, bool)
    if on_unknown is OnUnknown.RESEND or not pc.any(doubts).as_py():
        return np.zeros(table.num_rows, bool)
    routes = table["doubtful_routes"].to_pylist()
    return np.array([any(each != route for each in known or ()) for known in routes], bool)


def _between(rows: np.ndarray, start: int, end: int) -> tuple[int, int]:
    """Where the rows of [start, end) are. In their own type: numpy would cast all of them to compare."""
    first, last = np.searchsorted(rows, np.array((start, end), dtype=rows.dtype))
    return int(first), int(last)


def _messages(
    batch: pa.RecordBatch, provider: str, attempts: np.ndarray, doubts: np.ndarray, stays: np.ndarray
) -> Iterator[tuple[Message, bool]]:
    columns = [batch[name].to_pylist() for name in ("provider", *_COLUMNS)]
    numbers = attempts.tolist(), doubts.tolist(), stays.tolist()
    for through, *content, made, is_in_doubt, is_to_stay in zip(*columns, *numbers, strict=True):
        if through == provider and not is_to_stay:
            message_id, channel, address, address_key, title, body, data, person, document, edition, problem = content
            extra = {} if data == "{}" else orjson.loads(data)
            yield (
                Message(
                    message_id,
                    channel,
                    address,
                    address_key,
                    title,
                    body,
                    extra,
                    person,
                    document,
                    edition,
                    problem,
                    made + 1,
                ),
                is_in_doubt,
            )
