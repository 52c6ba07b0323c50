"""receipts: what came back after a provider took a message. Never an outcome: a column of its own beside it.

A provider reports late, more than once and in any order. Each report is kept; what a message's column says is the
highest of all its reports, so that the same reports give the same end however they come.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa


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


_RANKS = {delivery: rank for rank, delivery in enumerate(Delivery)}


class Wish(StrEnum):
    """What a person asked for by the way they answered."""

    LEAVE = "leave"


class Report(NamedTuple):
    """What a provider says of one message, or a person by their answer. Its address stays out of `repr`."""

    event_id: str
    """The same for the same event, however often it is posted; unique for its provider."""
    at: datetime | None
    """When it happened, as the provider says it."""
    delivery: Delivery | None = None
    """None: it is only about a wish."""
    code: str | None = None
    """The provider's own word or code, such as NOT_DELIVERED or 5.1.1; never a text that may quote personal data."""
    message_id: str | None = None
    """Ours, where the provider brings it back; else it is found by `provider_message_id`."""
    provider_message_id: str | None = None
    wish: Wish | None = None
    channel: str | None = None
    address: str | None = None
    """Whose wish it is, as the provider writes addresses; where it names no message."""

    def __repr__(self) -> str:
        return f"Report({self.event_id}, {self.delivery}, {self.code}, {self.message_id})"


_MICROSECONDS = pa.timestamp("us", tz="UTC")
RECEIPTS = pa.schema(
    [
        pa.field("message_id", pa.string(), False, {"comment": "keyed hash; the message it is about"}),
        pa.field("provider", pa.string(), False, {"comment": "adapter whose provider reported it"}),
        pa.field("event_id", pa.string(), False, {"comment": "the provider's own id of the event; each is kept once"}),
        pa.field(
            "delivery", pa.string(), True,
            {"comment": "unlisted, delayed, sent, delivered, read, undelivered, bounced or complained"},
        ),
        pa.field("code", pa.string(), True, {"comment": "the provider's word or code"}),
        pa.field("happened_at", _MICROSECONDS, True, {"comment": "when it happened, as the provider says it, UTC"}),
        pa.field("received_at", _MICROSECONDS, False, {"comment": "when it was told us, UTC"}),
    ]
)  # fmt: skip
