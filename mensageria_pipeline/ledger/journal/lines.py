"""The lines of a journal: what they say, and how a file keeps them."""

import hashlib
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from mensageria_pipeline.ledger.file import Schema, facts_table

if TYPE_CHECKING:
    from alembic.operations import Operations

FENCE, LEDGER_ID = "fence", "ledger_id"
"""Facts of a shard's file: the token it is fenced with, and the ledger it belongs to."""


class Event(StrEnum):
    """Lines that are not outcomes. A final outcome, or `unknown`, is its own event."""

    ATTEMPTING = "attempting"
    THROTTLED = "throttled"
    RETRY = "retry"
    REFUSED = "refused"
    """This attempt was refused, and an earlier one may have arrived: the message stays in doubt."""
    REOPENED = "reopened"
    """A person wants a settled message tried again."""
    ERASED = "erased"
    """Here stood a line of somebody who asked to be forgotten."""


class Line(NamedTuple):
    """One line. `attempt` 0 is a decision that took no request, such as `expired`."""

    message_id: str
    mode: str
    attempt: int
    event: str
    at_us: int
    """Microseconds since 1970, UTC."""
    code: str | None = None
    provider_message_id: str | None = None
    latency_ms: float | None = None
    address_key: str | None = None
    """On an intent: where the request goes, as a keyed hash; and the edition it is part of."""
    edition: int | None = None
    cost: float | None = None
    """What the provider asks for an accepted message."""
    route: str | None = None
    """On an intent: the provider and, as a keyed hash, the account and address it is reached at (`route_of`)."""


class LatestLine(NamedTuple):
    """Of a line what says how a sending goes."""

    message_id: str
    attempt: int
    event: str
    at_us: int
    code: str | None


def route_of(key: bytes, provider: str, credential: str) -> str:
    """Which provider a request goes to, and as whom. Only there a second copy may be known for one."""
    return f"{provider}:{hashlib.blake2b(credential.encode(), key=key, digest_size=6).hexdigest()}"


def provider_of(route: str) -> str:
    """The provider of a route; empty where a line of before names none."""
    return route.rpartition(":")[0]


def now_us() -> int:
    return time.time_ns() // 1_000


_metadata = sa.MetaData()
FACTS = facts_table(_metadata)
LINES = sa.Table(
    "journal",
    _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("provider_message_id", sa.Text),
    sa.Column("latency_ms", sa.Float),
    sa.Column("address_key", sa.Text),
    sa.Column("edition", sa.Integer),
    sa.Column("token", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cost", sa.Float),
    sa.Column("route", sa.Text),
)


def _add_token(operations: "Operations") -> None:
    """Version 2: lines carry the token of their lease. Older lines come before all of them."""
    _add_column(operations, sa.Column("token", sa.BigInteger, nullable=False, server_default="0"))


def _add_cost(operations: "Operations") -> None:
    """Version 3: an accepted message's line says what it cost."""
    _add_column(operations, sa.Column("cost", sa.Float))


def _add_route(operations: "Operations") -> None:
    """Version 4: an intent says which provider it is for."""
    _add_column(operations, sa.Column("route", sa.Text))


def _add_column(operations: "Operations", column: sa.Column[Any]) -> None:
    if column.name not in {each["name"] for each in sa.inspect(operations.get_bind()).get_columns("journal")}:
        operations.add_column("journal", column)


SCHEMA = Schema(_metadata, FACTS, migrations=(_add_token, _add_cost, _add_route))
