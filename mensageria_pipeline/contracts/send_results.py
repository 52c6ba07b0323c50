"""send_results and attempts: what became of each message, and each try."""

from enum import StrEnum

import pyarrow as pa


class Outcome(StrEnum):
    """The state of a message. The first six are final."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INVALID_ADDRESS = "invalid_address"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    """In doubt: it may have arrived."""
    PENDING = "pending"

    @property
    def is_final(self) -> bool:
        return self not in {Outcome.UNKNOWN, Outcome.PENDING}


FINAL_OUTCOMES = tuple(outcome for outcome in Outcome if outcome.is_final)
FAILURES = (Outcome.REJECTED, Outcome.INVALID_ADDRESS, Outcome.EXPIRED)
"""What counts as a failure, on every screen: it was to be sent, and is not going to be. Cancelled and suppressed
messages were called off; in doubt and pending ones may still arrive."""
READDRESSABLE_OUTCOMES = frozenset({Outcome.INVALID_ADDRESS, Outcome.REJECTED, Outcome.SUPPRESSED})
"""After these a person may be messaged under another address."""
FAILED_VERDICTS = ("rejected", "refused", "invalid_address", "retry", "unknown")
"""What counts as an error among requests. A request that was throttled is none."""

_MICROSECONDS = pa.timestamp("us", tz="UTC")

SEND_RESULTS = pa.schema(
    [
        pa.field("message_id", pa.string(), False, {"comment": "keyed hash; the same message for ever"}),
        pa.field("mode", pa.string(), False, {"comment": "simulated or live"}),
        pa.field("edition", pa.int64(), False, {"comment": "the definition's edition"}),
        pa.field("provider", pa.string(), False, {"comment": "adapter that sends it"}),
        pa.field("channel", pa.string(), False, {"comment": "push, email, sms, whatsapp or webhook"}),
        pa.field("person", pa.string(), False, {"comment": "id, CPF or normalized address"}),
        pa.field("intake", pa.string(), False, {"comment": "sha256 of the file"}),
        pa.field("row_number", pa.int64(), False, {"comment": "row as a spreadsheet shows it"}),
        pa.field("outcome", pa.string(), False, {"comment": "final outcome, unknown or pending"}),
        pa.field("code", pa.string(), True, {"comment": "last code: the provider's, or ours"}),
        pa.field("provider_message_id", pa.string(), True, {"comment": "the provider's own id"}),
        pa.field("attempts", pa.int64(), False, {"comment": "requests made for it"}),
        pa.field("throttled", pa.int64(), False, {"comment": "attempts answered 'slow down'"}),
        pa.field("latency_ms", pa.float64(), True, {"comment": "request to answer of the deciding attempt"}),
        pa.field("first_attempt_at", _MICROSECONDS, True, {"comment": "first request, UTC"}),
        pa.field("decided_at", _MICROSECONDS, True, {"comment": "when the outcome became final, UTC"}),
        pa.field("cost", pa.float64(), True, {"comment": "what the provider asks for it; null where no price is set"}),
        pa.field(
            "delivery",
            pa.string(),
            True,
            {
                "comment": "how far it got, as receipts say: delayed, sent, delivered, read, undelivered, bounced, "
                "complained; null without any"
            },
        ),
        pa.field("delivery_code", pa.string(), True, {"comment": "the provider's code of that receipt"}),
        pa.field("delivery_at", _MICROSECONDS, True, {"comment": "when that happened, UTC"}),
    ]
)

ATTEMPTS = pa.schema(
    [
        pa.field("message_id", pa.string(), False, {"comment": "the message tried"}),
        pa.field("mode", pa.string(), False, {"comment": "simulated or live"}),
        pa.field("edition", pa.int64(), False, {"comment": "the definition's edition"}),
        pa.field("provider", pa.string(), False, {"comment": "adapter that sent it"}),
        pa.field("channel", pa.string(), False, {"comment": "push, email, sms, whatsapp or webhook"}),
        pa.field("attempt", pa.int64(), False, {"comment": "1, 2, … of its message"}),
        pa.field(
            "verdict", pa.string(), False, {"comment": "answer: an outcome, refused, throttled, retry or unknown"}
        ),
        pa.field("code", pa.string(), True, {"comment": "the provider's code, or ours"}),
        pa.field("latency_ms", pa.float64(), True, {"comment": "request to answer"}),
        pa.field("started_at", _MICROSECONDS, False, {"comment": "when the request left, UTC"}),
        pa.field("answered_at", _MICROSECONDS, True, {"comment": "when the answer was there, UTC; null in doubt"}),
    ]
)
