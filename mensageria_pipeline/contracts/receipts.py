"""receipts: what came back after a provider took a message. Never an outcome: a column of its own beside it.

A provider reports late, more than once and in any order. Each report is kept; what a message's column says is the
highest of all its reports, so that the same reports give the same end however they come.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc


class Delivery(StrEnum):
    """How far a message got, the later the further: a report only ever moves a message down this list.

    Trouble stands below success because it is told later and weighs more: a message that was delivered and then
    bounced has bounced.
    """

    UNLISTED = "unlisted"
    """A word of the provider's that is not in its adapter's table: kept, counted, and nothing is concluded."""
    DELAYED = "delayed"
    """Not delivered yet; the provider goes on trying."""
    SENT = "sent"
    """Passed on to the network that delivers it."""
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    """Given up; the address may be good."""
    BOUNCED = "bounced"
    """The address does not exist: it is not tried again by any campaign."""
    COMPLAINED = "complained"
    """The person called it spam: they are not messaged again."""

    @property
    def rank(self) -> int:
        return _RANKS[self]


ARRIVED = (Delivery.DELIVERED, Delivery.READ, Delivery.COMPLAINED)
"""What reached a person: whoever called it spam has seen it."""
ARRIVING = (*ARRIVED, Delivery.DELAYED, Delivery.SENT)
"""What reached a person, or may reach them yet."""
_RANKS = {delivery: rank for rank, delivery in enumerate(Delivery)}


_MICROSECONDS = pa.timestamp("us", tz="UTC")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=2)
"""A report outside of these has no date: the year 9999 in another zone is beyond what Python, spreadsheets and
databases hold, and one such date would break all that reads the column."""


def without_incredible(table: pa.Table, *names: str) -> pa.Table:
    """`table` with null for instants that cannot be, in the columns that it has; older versions have written such."""
    earliest, latest = (pa.scalar(at, _MICROSECONDS) for at in (EARLIEST, datetime.now(UTC) + AHEAD))
    for name in set(names).intersection(table.column_names):
        values = table[name]
        is_credible = pc.and_(pc.greater_equal(values, earliest), pc.less_equal(values, latest))
        kept = pc.if_else(is_credible, values, pa.scalar(None, values.type))
        table = table.set_column(table.column_names.index(name), table.field(name), kept)
    return table


class OptOutRequest(StrEnum):
    """What a person asked for by the way they answered."""

    LEAVE = "leave"


class DeliveryReceipt(NamedTuple):
    """What a provider says of one message, or a person by their answer. Its address and text stay out of `repr`."""

    event_id: str
    """The same for the same event, however often it is posted; unique for its provider."""
    at: datetime | None
    """When it happened, as the provider says it."""
    delivery: Delivery | None = None
    """None: it is only what a person answered."""
    code: str | None = None
    """The provider's own word or code, such as NOT_DELIVERED or 5.1.1; never a text that may quote personal data."""
    message_id: str | None = None
    """Ours, where the provider brings it back; else it is found by `provider_message_id`."""
    provider_message_id: str | None = None
    answer: str | None = None
    """What a person wrote back, whole. Whoever takes it in looks whether it asks to leave, and keeps no text."""
    channel: str | None = None
    address: str | None = None
    """Whose answer it is, as the provider writes addresses; where it names no message."""

    def __repr__(self) -> str:
        return f"DeliveryReceipt({self.event_id}, {self.delivery}, {self.code}, {self.message_id})"


RECEIPTS = pa.schema(
    [
        pa.field("message_id", pa.string(), False, {"comment": "keyed hash; the message it is about"}),
        pa.field("provider", pa.string(), False, {"comment": "adapter whose provider reported it"}),
        pa.field("event_id", pa.string(), False, {"comment": "the provider's own id of the event; each is kept once"}),
        pa.field(
            "delivery",
            pa.string(),
            True,
            {"comment": "unlisted, delayed, sent, delivered, read, undelivered, bounced or complained"},
        ),
        pa.field("code", pa.string(), True, {"comment": "the provider's word or code"}),
        pa.field("happened_at", _MICROSECONDS, True, {"comment": "when it happened, as the provider says it, UTC"}),
        pa.field("received_at", _MICROSECONDS, False, {"comment": "when it was told us, UTC"}),
    ]
)
