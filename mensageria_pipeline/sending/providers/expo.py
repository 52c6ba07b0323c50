"""Expo's push service: up to 100 messages per request, a ticket for each.

Reference: docs.expo.dev/push-notifications/sending-notifications (read 2026-11). Expo has neither an idempotency key
nor a collapse key, and says itself that it delivers at least once: in-doubt messages are held unless the campaign
says otherwise. A ticket only says that Expo took the message; a receipt, asked for later, that it passed the message on
to Apple or Google, or why not.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.receipts import Delivery, Report
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.sending.providers.answers import json_object, storable
from mensageria_pipeline.sending.providers.contract import (
    Capabilities,
    ProviderConfig,
    Request,
    Result,
    Verdict,
    all_alike,
)
from mensageria_pipeline.sending.providers.retry_after import retry_after_s

EXPO = "https://exp.host"
BATCH_SIZE = 100
MAX_PAYLOAD_BYTES = 4_096
DEFAULT_RATE_PER_S = 600.0
"""What Expo takes for one project."""

TICKET_CODES: Mapping[str, Verdict] = {
    "DeviceNotRegistered": Verdict.INVALID_ADDRESS,
    "MessageTooBig": Verdict.REJECTED,
    "MessageRateExceeded": Verdict.THROTTLED,
    # Of the project's own keys, which no other message would be sent with either.
    "MismatchSenderId": Verdict.CREDENTIALS,
    "InvalidCredentials": Verdict.CREDENTIALS,
}
"""`data[].details.error`. One that is not listed is a refusal that keeps its code."""

RECEIPT_CODES: Mapping[str, Delivery] = {"DeviceNotRegistered": Delivery.BOUNCED}
"""`data.<id>.details.error`. Any other means that this message was given up."""

REQUEST_CODES: Mapping[str, Verdict] = {
    "TOO_MANY_REQUESTS": Verdict.THROTTLED,
    "UNAUTHORIZED": Verdict.CREDENTIALS,
}
"""`errors[].code`, where a whole request is refused."""

STATUS_CODES: Mapping[int, Verdict] = {
    401: Verdict.CREDENTIALS,
    403: Verdict.CREDENTIALS,
    429: Verdict.THROTTLED,
    503: Verdict.RETRY,
}
"""Where no code is known. Other 4xx are refusals of how the request is built; any other answer may hide a send."""


class ExpoProvider:
    name = "expo"
    required_settings = ()
    # Of Expo's receipts: ready after a quarter of an hour, kept for a day.
    ask_after, ask_within, ask_together = timedelta(minutes=15), timedelta(hours=24), 1_000

    def __init__(self, *, url: str = EXPO, token: str | None = None, rate_per_s: float | None = None) -> None:
        self._url = f"{url.rstrip('/')}/--/api/v2/push/send"
        self._receipts_url = f"{url.rstrip('/')}/--/api/v2/push/getReceipts"
        self._headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self.credential = f"{url}\n{token or ''}"
        self.capabilities = Capabilities(
            Mode.LIVE, BATCH_SIZE, OnUnknown.HOLD, pace=Pace(rate_per_s), channels=(Channel.PUSH,),
            max_payload_bytes=MAX_PAYLOAD_BYTES,
        )  # fmt: skip

    @classmethod
    def create(cls, config: ProviderConfig) -> "ExpoProvider":
        settings = config.settings
        rate = settings.expo_rate_per_s or (None if settings.expo_url else DEFAULT_RATE_PER_S)
        return cls(url=settings.expo_url or EXPO, token=settings.expo_access_token, rate_per_s=rate)

    def refusal(self, message: Message) -> str | None:
        return "payload_too_large" if len(orjson.dumps(_as_json(message))) > MAX_PAYLOAD_BYTES else None

    def build_request(self, messages: Sequence[Message]) -> Request:
        return Request(self._url, self._headers, orjson.dumps([_as_json(message) for message in messages]))

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        answer = json_object(body)
        wait_s = retry_after_s(headers.get("retry-after"))
        if status != 200:
            code = _request_code(answer)
            refusal = Verdict.MALFORMED if 400 <= status < 500 else Verdict.UNKNOWN
            verdict = REQUEST_CODES.get(code or "") or STATUS_CODES.get(status, refusal)
            return all_alike(messages, verdict, code or f"http_{status}", wait_s)
        tickets = answer.get("data")
        if not isinstance(tickets, list) or len(tickets) != len(messages):
            return all_alike(messages, Verdict.UNKNOWN, "unreadable_answer")
        return [
            _read_ticket(message.message_id, ticket, wait_s)
            for message, ticket in zip(messages, tickets, strict=True)
        ]  # fmt: skip

    def build_question(self, provider_message_ids: Sequence[str]) -> Request:
        return Request(self._receipts_url, self._headers, orjson.dumps({"ids": list(provider_message_ids)}))

    def read_reply(self, status: int, body: bytes) -> list[Report]:
        found = json_object(body).get("data")
        if status != 200 or not isinstance(found, dict):
            raise ValueError("no receipts")
        return [_read_receipt(str(name), receipt) for name, receipt in found.items() if isinstance(receipt, dict)]


def _read_receipt(ticket: str, receipt: Mapping[str, Any]) -> Report:
    """There is one receipt for a ticket: its id names the event too. `ok` is no delivery to the device."""
    if receipt.get("status") == "ok":
        return Report(ticket, None, Delivery.SENT, None, None, ticket)
    details = receipt.get("details")
    code = storable(details.get("error"), 80) if isinstance(details, dict) else None
    return Report(ticket, None, RECEIPT_CODES.get(code or "", Delivery.UNDELIVERED), code or "no_code", None, ticket)


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
    return Result(message_id, TICKET_CODES.get(code or "", Verdict.REJECTED), code or "no_code", None, wait_s)


def _request_code(answer: Mapping[str, Any]) -> str | None:
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return storable(first.get("code"), 80) if isinstance(first, dict) else None
