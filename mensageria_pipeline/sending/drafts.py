"""What would leave, for people to look at: the request of a message, its size and its price, and nothing secret."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.queries import literal, open_duckdb, query
from mensageria_pipeline.sending.providers.contract import (
    Draft,
    Drafting,
    HttpProvider,
    Price,
    Pricing,
    Provider,
    Request,
)
from mensageria_pipeline.settings import Settings

_COLUMNS = ("message_id", "channel", "address", "address_key", "title", "body", "data", "person", "document", "edition",
            "problem")  # fmt: skip
_HARMLESS = frozenset({"content-type", "accept", "idempotency-key"})
"""Headers whose values may be shown."""
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Shown:
    """One message, as a person may see it. `request` is None where nothing would leave this machine."""

    provider: str
    mode: str
    message: Message
    request: Draft | None
    price: Price | None
    refusal: str | None
    """Why its provider cannot send it at all, as a code."""

    @property
    def address(self) -> str:
        return mask(self.message.address)


@dataclass(slots=True)
class Estimate:
    """What a plan's messages of one provider would cost."""

    messages: int = 0
    parts: int = 0
    cost: float | None = None


def first_messages(plan: Path, count: int) -> list[tuple[Message, str, str]]:
    """The first messages of each channel of a plan, each with its provider and mode."""
    with open_duckdb() as connection:
        connection.execute(
            f"CREATE VIEW plan AS FROM read_parquet({literal(plan)}, file_row_number = true, hive_partitioning = false)"
        )
        rows = connection.sql(
            query("mensageria_pipeline.sending", "first_messages"), params={"count": count}
        ).fetchall()
    return [(_message(row[:-2]), row[-2], row[-1]) for row in rows]


def show(message: Message, provider: Provider | None, mode: str, name: str, settings: Settings) -> Shown:
    """`provider` None: its settings are incomplete, and only the text can be shown."""
    if provider is None:
        return Shown(name, mode, message, None, None, None)
    price = provider.price(message) if isinstance(provider, Pricing) else None
    refusal = message.problem or provider.refusal(message)
    draft = None if refusal else _draft(provider, message)
    return Shown(name, mode, message, _masked(draft, message, settings) if draft else None, price, refusal)


def estimate(
    plan: Path, providers: Mapping[str, Provider], on_progress: Callable[[int], None] = lambda _count: None
) -> dict[str, Estimate]:
    """Provider → what its messages of a plan would cost; those that know no price are left out."""
    priced = {name: each for name, each in providers.items() if isinstance(each, Pricing)}
    found = {name: Estimate() for name in priced}
    for message, name in _messages(plan) if priced else ():
        on_progress(1)
        if name in priced and not message.problem:
            price, so_far = priced[name].price(message), found[name]
            so_far.messages += 1
            so_far.parts += price.parts
            if price.cost is not None:
                so_far.cost = (so_far.cost or 0.0) + price.cost
    return found


def _draft(provider: Provider, message: Message) -> Draft | None:
    if isinstance(provider, Drafting):
        return provider.draft(message)
    if not isinstance(provider, HttpProvider):
        return None
    request = provider.build_request([message])
    return Draft("\n".join(_head(request)), _readable(request.body), len(request.body))


def _head(request: Request) -> Iterator[str]:
    yield f"POST {request.url}"
    for name, value in request.headers.items():
        yield f"{name}: {value if name.lower() in _HARMLESS else _HIDDEN}"


def _readable(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _masked(draft: Draft, message: Message, settings: Settings) -> Draft:
    hidden = {secret: _origin(secret) for secret in settings.secrets}
    # As it stands in the address, in JSON, and as providers want phones.
    address = mask(message.address)
    bare = message.address.lstrip("+")
    hidden |= dict.fromkeys((message.address, json.dumps(message.address)[1:-1], bare), address)
    longest_first = sorted((text for text in hidden if text), key=len, reverse=True)
    head, body = draft.head, draft.body
    for text in longest_first:
        head, body = head.replace(text, hidden[text]), body.replace(text, hidden[text])
    return Draft(head, body, draft.size_bytes)


def _origin(secret: str) -> str:
    """Of a secret address its server stays; of any other secret nothing."""
    parts = urlsplit(secret)
    return f"{parts.scheme}://{parts.hostname}/{_HIDDEN}" if parts.scheme and parts.hostname else _HIDDEN


def _messages(plan: Path) -> Iterator[tuple[Message, str]]:
    with pq.ParquetFile(plan) as file:
        for batch in file.iter_batches(10_000, columns=[*_COLUMNS, "provider"]):
            for *row, name in zip(*(batch[column].to_pylist() for column in (*_COLUMNS, "provider")), strict=True):
                yield _message(row), name


def _message(row: Iterable[object]) -> Message:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Message(**values | {"data": json.loads(str(values["data"]))})  # type: ignore[arg-type]
