"""Expo's push service: up to 100 messages per request, a ticket for each.

Reference: docs.expo.dev/push-notifications/sending-notifications (read 2026-11). Expo has neither an idempotency key
nor a collapse key, and says itself that it delivers at least once: in-doubt messages are held unless the campaign
says otherwise. A ticket only says that Expo took the message; a receipt, asked for later, that it passed the message on
to Apple or Google, or why not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

import orjson

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt
from mensageria_pipeline.contracts.tokens import TokenKind
from mensageria_pipeline.providers.answers import by_status, json_object, storable
from mensageria_pipeline.providers.contract import Capabilities, Pace, Probe, ProviderConfig, Request
from mensageria_pipeline.providers.retry_after import retry_after_s
from mensageria_pipeline.providers.verdict import About, Meaning, Result, Verdict, all_alike
from mensageria_pipeline.settings import kinds
from mensageria_pipeline.settings.variables import variable

EXPO = "https://exp.host"
BATCH_SIZE = 100
MAX_PAYLOAD_BYTES = 4_096
DEFAULT_RATE_PER_S = 600.0
"""What Expo takes for one project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpoSettings:
    """The `expo` provider (Expo's push service)."""

    access_token: str | None = variable(
        "EXPO_ACCESS_TOKEN", kinds.KEY, is_secret=True, about="Only where the project asks for one."
    )
    rate_per_s: float | None = variable(
        "EXPO_RATE_PER_SECOND", kinds.RATE, about="Messages per second. Empty: 600, what Expo takes."
    )
    url: str | None = variable("EXPO_URL", kinds.url(), about="Another address than Expo's, for tests.")


TICKET_CODES: Mapping[str, Meaning] = {
    "DeviceNotRegistered": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    "MessageTooBig": Meaning(Verdict.REJECTED, About.ATTEMPT),
    "MessageRateExceeded": Meaning(Verdict.THROTTLED, About.ATTEMPT),
    # Of the project's own keys, which no other message would be sent with either.
    "MismatchSenderId": Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    "InvalidCredentials": Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
}
"""`data[].details.error`. One that is not listed is a refusal that keeps its code."""

RECEIPT_CODES: Mapping[str, Delivery] = {"DeviceNotRegistered": Delivery.BOUNCED}
"""`data.<id>.details.error`. Any other means that this message was given up."""

REQUEST_CODES: Mapping[str, Meaning] = {
    "TOO_MANY_REQUESTS": Meaning(Verdict.THROTTLED, About.ATTEMPT),
    "UNAUTHORIZED": Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
}
"""`errors[].code`, where a whole request is refused."""

STATUS_CODES: Mapping[int, Meaning] = {
    401: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    403: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    408: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    429: Meaning(Verdict.THROTTLED, About.ATTEMPT),
    503: Meaning(Verdict.RETRY, About.ATTEMPT),
}
"""Where no code is known. Other 4xx are refusals of how the request is built; any other answer may hide a send."""


class ExpoProvider:
    name = "expo"
    answers: ClassVar = (TICKET_CODES, REQUEST_CODES, STATUS_CODES)
    id_shape: ClassVar = r"[A-Za-z0-9-]{1,64}"
    settings: ClassVar = (ExpoSettings,)
    capabilities = Capabilities(
        Mode.LIVE,
        BATCH_SIZE,
        (Channel.PUSH,),
        frozenset({TokenKind.EXPO}),
        pace=Pace(DEFAULT_RATE_PER_S),
        max_payload_bytes=MAX_PAYLOAD_BYTES,
    )
    # Of Expo's receipts: ready after a quarter of an hour, kept for a day.
    ask_after, ask_within, ask_together = timedelta(minutes=15), timedelta(hours=24), 1_000

    def __init__(self, *, url: str = EXPO, token: str | None = None, rate_per_s: float | None = None) -> None:
        self._url = f"{url.rstrip('/')}/--/api/v2/push/send"
        self._receipts_url = f"{url.rstrip('/')}/--/api/v2/push/getReceipts"
        self._headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self.credential = f"{url}\n{token or ''}"
        self.capabilities = replace(type(self).capabilities, pace=Pace(rate_per_s))

    @classmethod
    def create(cls, config: ProviderConfig) -> "ExpoProvider":
        settings = config.read(ExpoSettings, cls.name)
        rate = settings.rate_per_s or (None if settings.url else DEFAULT_RATE_PER_S)
        return cls(url=settings.url or EXPO, token=settings.access_token, rate_per_s=rate)

    def refusal(self, message: Message) -> str | None:  # noqa: ARG002 - its capabilities say all
        return None

    def payload_bytes(self, message: Message) -> int:
        return len(orjson.dumps(_as_json(message)))

    def build_request(self, messages: Sequence[Message]) -> Request:
        return Request(self._url, self._headers, orjson.dumps([_as_json(message) for message in messages]))

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        answer = json_object(body)
        wait_s = retry_after_s(headers.get("retry-after"))
        if status != 200:
            code = _request_code(answer)
            verdict, about = REQUEST_CODES.get(code or "") or by_status(status, STATUS_CODES, Verdict.MALFORMED)
            return all_alike(messages, verdict, code or f"http_{status}", wait_s, about)
        tickets = answer.get("data")
        if not isinstance(tickets, list) or len(tickets) != len(messages):
            return all_alike(messages, Verdict.UNKNOWN, "unreadable_answer")
        return [
            _read_ticket(message.message_id, ticket, wait_s) for message, ticket in zip(messages, tickets, strict=True)
        ]

    def probe(self) -> Probe:
        """The receipts of no ticket."""
        return Probe("POST", self.build_question([]))

    def build_question(self, provider_message_ids: Sequence[str]) -> Request:
        return Request(self._receipts_url, self._headers, orjson.dumps({"ids": list(provider_message_ids)}))

    def read_reply(self, status: int, body: bytes) -> list[DeliveryReceipt]:
        found = json_object(body).get("data")
        if status != 200 or not isinstance(found, dict):
            raise ValueError("no receipts")
        return [_read_receipt(str(name), receipt) for name, receipt in found.items() if isinstance(receipt, dict)]


def _read_receipt(ticket: str, receipt: Mapping[str, Any]) -> DeliveryReceipt:
    """There is one receipt for a ticket: its id names the event too. `ok` is no delivery to the device."""
    if receipt.get("status") == "ok":
        return DeliveryReceipt(ticket, None, Delivery.SENT, None, None, ticket)
    details = receipt.get("details")
    code = storable(details.get("error"), 80) if isinstance(details, dict) else None
    return DeliveryReceipt(
        ticket, None, RECEIPT_CODES.get(code or "", Delivery.UNDELIVERED), code or "no_code", None, ticket
    )


def _as_json(message: Message) -> dict[str, Any]:
    content: dict[str, Any] = {"to": message.address, "body": message.body}
    if message.title:
        content["title"] = message.title
    if message.data:
        content["data"] = dict(message.data)
    return content


def _read_ticket(message_id: str, ticket: object, wait_s: float | None) -> Result:
    """Tickets come in the order of the messages."""
    if not isinstance(ticket, dict):
        return Result(message_id, Verdict.UNKNOWN, "unreadable_answer")
    if ticket.get("status") == "ok":
        return Result(message_id, Verdict.ACCEPTED, None, storable(ticket.get("id"), 200))
    if ticket.get("status") != "error":
        return Result(message_id, Verdict.UNKNOWN, "unreadable_answer")
    details = ticket.get("details")
    code = storable(details.get("error"), 80) if isinstance(details, dict) else None
    verdict, about = TICKET_CODES.get(code or "", Meaning(Verdict.REJECTED, About.ATTEMPT))
    return Result(message_id, verdict, code or "no_code", None, wait_s, None, about)


def _request_code(answer: Mapping[str, Any]) -> str | None:
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return storable(first.get("code"), 80) if isinstance(first, dict) else None
