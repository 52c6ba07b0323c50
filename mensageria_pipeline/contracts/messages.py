"""messages: what will be sent. 1 row per message; its id names the same message for ever."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import pyarrow as pa

from mensageria_pipeline.contracts.names import Partition


class Mode(StrEnum):
    """A simulated outcome never counts as a live one."""

    SIMULATED = "simulated"
    LIVE = "live"


SCHEMA = pa.schema(
    [
        pa.field("message_id", pa.string(), False, {"comment": "keyed hash; the same message for ever"}),
        pa.field("intake", pa.string(), False, {"comment": "sha256 of the file"}),
        pa.field("row_number", pa.int64(), False, {"comment": "row as a spreadsheet shows it"}),
        pa.field("person", pa.string(), False, {"comment": "id, CPF or normalized address"}),
        pa.field("channel", pa.string(), False, {"comment": "push, email, sms, whatsapp or webhook"}),
        pa.field("address", pa.string(), False, {"comment": "normalized address on the channel"}),
        pa.field("address_key", pa.string(), False, {"comment": "keyed hash of channel and address"}),
        pa.field("provider", pa.string(), False, {"comment": "adapter that sends it"}),
        pa.field("mode", pa.string(), False, {"comment": "simulated or live"}),
        pa.field("edition", pa.int64(), False, {"comment": "the definition's edition"}),
        pa.field("title", pa.string(), False, {"comment": "rendered title or subject"}),
        pa.field("body", pa.string(), False, {"comment": "rendered text"}),
        pa.field("data", pa.string(), False, {"comment": "rendered extra values, JSON"}),
        pa.field("problem", pa.string(), True, {"comment": "code where rendering failed: it is not sent"}),
    ]
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a message the same message: never its text."""

    partition: Partition
    edition: int
    channel: str
    recipient: str
    """The person, or the address where every address gets one."""
    revision: int = 0


def message_id(key: bytes, identity: Identity) -> str:
    """The message's name: 32 hex digits, not to be reversed without the ledger's key."""
    return _keyed(
        key, "message", identity.partition.campaign, identity.partition.occurrence, str(identity.edition),
        identity.channel, identity.recipient, str(identity.revision),
    )  # fmt: skip


def address_key(key: bytes, channel: str, address: str) -> str:
    """A name for an address that does not tell it: what suppression lists hold."""
    return _keyed(key, "address", channel, address)


def _keyed(key: bytes, *parts: str) -> str:
    text = "\x1f".join(part.replace("\x1f", " ") for part in parts)
    return hashlib.blake2b(text.encode(), key=key, digest_size=16).hexdigest()


class Message(NamedTuple):
    """One message on its way. Its content and address stay out of `repr`."""

    message_id: str
    channel: str
    address: str
    address_key: str
    title: str
    body: str
    data: Mapping[str, Any]
    edition: int = 1
    problem: str | None = None
    attempt: int = 1

    def __repr__(self) -> str:
        return f"Message({self.message_id}, {self.channel}, attempt={self.attempt})"
