"""Expo's push service: up to 100 messages per request, a ticket for each.

Reference: docs.expo.dev/push-notifications/sending-notifications (read 2026-11). Expo has neither an idempotency key
nor a collapse key, and says itself that it delivers at least once: in-doubt messages are held unless the campaign
says otherwise. A ticket only says that Expo took the message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Message, Mode
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

    def __init__(self, *, url: str = EXPO, token: str | None = None, rate_per_s: float | None = None) -> None:
        self._url = f"{url.rstrip('/')}/--/api/v2/push/send"
        self._headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self.credential = f"{url}\n{token or ''}"
        self.capabilities = Capabilities(Mode.LIVE, BATCH_SIZE, OnUnknown.HOLD, pace=Pace(rate_per_s))

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
