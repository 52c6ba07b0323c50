"""What a provider reported, as it is kept, and how far it is understood."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from mensageria_pipeline.contracts.receipts import AHEAD, EARLIEST, Delivery, OptOutRequest

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class ReceiptState(StrEnum):
    """How far a report is understood. Each step is done before it is noted: a kill repeats it."""

    OPEN = "open"
    """New: nothing was done about it."""
    AWAITING_MATCH = "unplaced"
    """Its message is not known, or not yet."""
    APPLIED = "obeyed"
    """What it asks for is done; it is to be shown beside the results."""
    DONE = "done"
    UNMATCHED = "nobodys"
    """About no message that is known here."""


class StoredReceipt(NamedTuple):
    """A report as it is kept: no address, only its keyed hash."""

    provider: str
    event_id: str
    delivery: Delivery | None = None
    code: str | None = None
    wish: OptOutRequest | None = None
    message_id: str = ""
    provider_message_id: str = ""
    campaign: str = ""
    channel: str = ""
    address_key: str = ""
    happened_at_us: int | None = None
    received_at_us: int = 0
    is_misdated: bool = False
    """Its provider gave it a date that cannot be: it has none."""
    seq: int = 0
    """Its number, once it is kept."""


@dataclass(frozen=True, slots=True)
class ReceiptCounts:
    """Reports by where they stand."""

    open: int = 0
    awaiting_match: int = 0
    applied: int = 0
    done: int = 0
    unmatched: int = 0

    misdated: int = 0
    """Those of all whose date could not be."""

    @property
    def unfinished(self) -> int:
        return self.open + self.awaiting_match + self.applied


def credible_us() -> tuple[int, int]:
    """The first and the last moment that a report can have happened at, by now."""
    return microseconds(EARLIEST) or 0, microseconds(datetime.now(UTC) + AHEAD) or 0


def microseconds(at: datetime | None) -> int | None:
    """An instant as the ledger keeps it, in microseconds since 1970; one without a zone is taken as UTC."""
    return None if at is None else ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
