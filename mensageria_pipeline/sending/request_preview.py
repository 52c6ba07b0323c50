"""What would leave, for people to look at: the request of a message, its size and its price, and nothing secret."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.definition.model import SIMULATED, CampaignDefinition
from mensageria_pipeline.providers.contract import (
    HttpProvider,
    Previewable,
    Price,
    Pricing,
    Provider,
    Request,
    RequestPreview,
)
from mensageria_pipeline.providers.refusal import refuser_for
from mensageria_pipeline.sending.tariff import price_of
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.duckdb import literal, open_duckdb, query

_PACKAGE = "mensageria_pipeline.sending"
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
_HARMLESS = frozenset({"content-type", "accept", "idempotency-key"})
"""Headers whose values may be shown."""
_HIDDEN = "…"
_BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """One message, as a person may see it. `request` is None where nothing would leave this machine."""

    provider: str
    mode: str
    message: Message
    request: RequestPreview | None
    price: Price | None
    refusal: str | None
    """Why its provider cannot send it at all, as a code."""

    @property
    def address(self) -> str:
        return mask(self.message.address)


@dataclass(slots=True)
class CostEstimate:
    """What a plan's messages of one provider would cost."""

    messages: int = 0
    parts: int = 0
    cost: float | None = None


def first_messages(plan: Path, count: int, rows: pa.ChunkedArray | None = None) -> list[tuple[Message, str, str]]:
    """The first messages of each channel of a plan, or of these rows of it, each with its provider and mode."""
    with _whole(plan, rows) as connection:
        found = connection.execute(query(_PACKAGE, "first_messages"), {"count": count}).fetchall()
    return [(_message(row[:-2]), row[-2], row[-1]) for row in found]


def messages_at(plan: Path, rows: Sequence[int]) -> list[tuple[Message, str]]:
    """The messages in these rows of a plan, counted from 0, each with its provider."""
    with _whole(plan, pa.chunked_array([rows], pa.int64())) as connection:
        found = connection.execute(query(_PACKAGE, "messages_with_provider")).fetchall()
    return [(_message(row[:-1]), row[-1]) for row in found]


@contextmanager
def _whole(plan: Path, rows: pa.ChunkedArray | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the view `plan`: the messages with their texts, and the numbers of their rows."""
    only = ""
    with open_duckdb() as connection:
        if rows is not None:
            connection.register("chosen", pa.table({"file_row_number": rows.cast(pa.int64())}))
            only = "SEMI JOIN chosen USING (file_row_number)"
        whole = f"read_parquet({literal(plan)}, file_row_number = true, hive_partitioning = false)"
        connection.execute(f"CREATE TEMP VIEW plan AS FROM {whole} {only}")
        yield connection


def show(
    message: Message,
    provider: Provider | None,
    mode: str,
    name: str,
    settings: Settings,
    definition: CampaignDefinition,
) -> MessagePreview:
    """`provider` None: its settings are incomplete, and only the text can be shown."""
    if provider is None:
        return MessagePreview(name, mode, message, None, None, None)
    price = price_of(message, provider, definition)
    refusal = message.problem or refuser_for(provider)(message)
    preview = None if refusal else _preview_of(provider, message)
    return MessagePreview(name, mode, message, _masked(preview, message, settings) if preview else None, price, refusal)


def estimate(
    plan: Path,
    providers: Mapping[str, Provider],
    definition: CampaignDefinition,
    rows: pa.ChunkedArray,
) -> dict[str, CostEstimate]:
    """Provider → what its messages in these rows of a plan would cost; those that nobody bills are left out."""
    billed = {name for name in definition.providers if _is_billed(name, providers.get(name), definition)}
    found: dict[str, CostEstimate] = {}
    for message, name in _messages(plan, rows) if billed else ():
        is_priced = name in billed and not message.problem
        price = price_of(message, providers.get(name), definition) if is_priced else None
        if price is not None:
            _add(found.setdefault(name, CostEstimate()), price)
    return found


def _is_billed(name: str, provider: Provider | None, definition: CampaignDefinition) -> bool:
    """`provider` None: its settings are incomplete, and only the definition's price is known."""
    if provider is None:
        return name != SIMULATED and definition.price is not None
    return provider.capabilities.mode is Mode.LIVE and (isinstance(provider, Pricing) or definition.price is not None)


def _add(so_far: CostEstimate, price: Price) -> None:
    so_far.messages += 1
    so_far.parts += price.parts
    if price.cost is not None:
        so_far.cost = (so_far.cost or 0.0) + price.cost


def _preview_of(provider: Provider, message: Message) -> RequestPreview | None:
    if isinstance(provider, Previewable):
        return provider.preview_request(message)
    if not isinstance(provider, HttpProvider):
        return None
    request = provider.build_request([message])
    return RequestPreview("\n".join(_head(request)), _readable(request.body), len(request.body))


def _head(request: Request) -> Iterator[str]:
    yield f"POST {request.url}"
    for name, value in request.headers.items():
        yield f"{name}: {value if name.lower() in _HARMLESS else _HIDDEN}"


def _readable(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _masked(preview: RequestPreview, message: Message, settings: Settings) -> RequestPreview:
    hidden = {secret: _origin(secret) for secret in settings.secrets}
    # As it stands in the address, in JSON, and as providers want phones.
    address = mask(message.address)
    bare = message.address.lstrip("+")
    hidden |= dict.fromkeys((message.address, json.dumps(message.address)[1:-1], bare), address)
    longest_first = sorted((text for text in hidden if text), key=len, reverse=True)
    head, body = preview.head, preview.body
    for text in longest_first:
        head, body = head.replace(text, hidden[text]), body.replace(text, hidden[text])
    return RequestPreview(head, body, preview.size_bytes)


def _origin(secret: str) -> str:
    """Of a secret address its server stays; of any other secret nothing."""
    parts = urlsplit(secret)
    return f"{parts.scheme}://{parts.hostname}/{_HIDDEN}" if parts.scheme and parts.hostname else _HIDDEN


def _messages(plan: Path, rows: pa.ChunkedArray) -> Iterator[tuple[Message, str]]:
    with pq.ParquetFile(plan) as file:
        is_chosen, first = np.zeros(file.metadata.num_rows, bool), 0
        is_chosen[rows.to_numpy()] = True
        for batch in file.iter_batches(_BATCH_ROWS, columns=[*_COLUMNS, "provider"]):
            chosen = batch.filter(pa.array(is_chosen[first : first + batch.num_rows]))
            first += batch.num_rows
            for *row, name in zip(*(chosen[column].to_pylist() for column in (*_COLUMNS, "provider")), strict=True):
                yield _message(row), name


def _message(row: Iterable[object]) -> Message:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Message(**values | {"data": json.loads(str(values["data"]))})  # type: ignore[arg-type]
