"""messages: what will be sent. 1 row per message; its id names the same message for ever."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from mensageria_pipeline.contracts.partition import Partition


class Mode(StrEnum):
    """A simulated outcome never counts as a live one."""

    SIMULATED = "simulated"
    LIVE = "live"


LEDGER_FACT = "ledger"
"""Of a file that was made with a ledger: its name, and for results how far each shard of the journal went."""
READDRESSED = "readdressed"
"""Of a plan: its messages whose person had one that failed before."""
_DIGEST_BYTES = 16
SCHEMA = pa.schema(
    [
        pa.field("message_id", pa.string(), False, {"comment": "keyed hash; the same message for ever"}),
        pa.field("intake", pa.string(), False, {"comment": "sha256 of the file"}),
        pa.field("row_number", pa.int64(), False, {"comment": "row as a spreadsheet shows it"}),
        pa.field("person", pa.string(), False, {"comment": "id, CPF, CNPJ or normalized address"}),
        pa.field("document", pa.string(), False, {"comment": "CPF or CNPJ of the row, or both; else empty"}),
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
        key,
        "message",
        identity.partition.campaign,
        identity.partition.occurrence,
        str(identity.edition),
        identity.channel,
        identity.recipient,
        str(identity.revision),
    )


def address_key(key: bytes, channel: str, address: str) -> str:
    """A name for an address that does not tell it: what suppression lists hold."""
    return _keyed(key, "address", channel, address)


def person_key(key: bytes, channel: str, person: str) -> str:
    """A name for a person (id, CPF or CNPJ) on a channel that does not tell who: what suppression lists hold."""
    return _keyed(key, "person", channel, person)


@dataclass(frozen=True, slots=True)
class Names:
    """The ids and address keys of many messages of one partition, edition and channel; the same as one by one."""

    key: bytes
    partition: Partition
    edition: int

    def message_ids(self, channel: str, recipients: Sequence[str], revisions: Sequence[int]) -> pa.Array:
        started = _started(
            self.key, "message", self.partition.campaign, self.partition.occurrence, str(self.edition), channel
        )
        return _many(
            started, [f"{_safe(name)}\x1f{number}" for name, number in zip(recipients, revisions, strict=True)]
        )

    def address_keys(self, channel: str, addresses: Sequence[str]) -> pa.Array:
        return _many(_started(self.key, "address", channel), [_safe(address) for address in addresses])

    def person_keys(self, channel: str, people: Sequence[str]) -> pa.Array:
        return _many(_started(self.key, "person", channel), [_safe(person) for person in people])


def _many(started: "hashlib.blake2b", lasts: Sequence[str]) -> pa.Array:
    """The names of many last parts. A million take a second: the hexadecimal digits are made all at once."""
    copy = started.copy
    digests = []
    for last in lasts:
        each = copy()
        each.update(last.encode())
        digests.append(each.digest())
    text = pa.py_buffer(b"".join(digests).hex().encode())
    offsets = np.arange(0, 2 * _DIGEST_BYTES * len(lasts) + 1, 2 * _DIGEST_BYTES, dtype=np.int32)
    return pa.StringArray.from_buffers(len(lasts), pa.py_buffer(offsets), text)


def _keyed(key: bytes, *parts: str) -> str:
    return _finished(_started(key, *parts[:-1]), _safe(parts[-1]))


def _started(key: bytes, *parts: str) -> "hashlib.blake2b":
    """A hash over the first parts of a name, to be copied for each last part."""
    text = "".join(f"{_safe(part)}\x1f" for part in parts)
    return hashlib.blake2b(text.encode(), key=key, digest_size=_DIGEST_BYTES)


def _finished(started: "hashlib.blake2b", last: str) -> str:
    copy = started.copy()
    copy.update(last.encode())
    return copy.hexdigest()


def _safe(part: str) -> str:
    return part.replace("\x1f", " ")


class Message(NamedTuple):
    """One message on its way. Its content and address stay out of `repr`."""

    message_id: str
    channel: str
    address: str
    address_key: str
    title: str
    body: str
    data: Mapping[str, Any]
    person: str = ""
    document: str = ""
    edition: int = 1
    problem: str | None = None
    attempt: int = 1

    def __repr__(self) -> str:
        return f"Message({self.message_id}, {self.channel}, attempt={self.attempt})"
