"""The generic HTTP provider: a company's own gateway, or any endpoint behind a small adapter.

POST {API_PROVIDER_URL} with `Authorization: Bearer {API_KEY}` and `Idempotency-Key`; batches of
DEFAULT_BATCH_SIZE. `messages[].id` is a message's idempotency key, the same for ever. The contract is this
project's own: docs/providers.md.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.sending.providers.answers import storable
from mensageria_pipeline.sending.providers.contract import (
    Capabilities,
    ProviderConfig,
    Request,
    Result,
    SecondCopy,
    Verdict,
    all_alike,
)
from mensageria_pipeline.sending.providers.retry_after import retry_after_s

STATUS_CODES: Mapping[int, Verdict] = {
    401: Verdict.CREDENTIALS,
    403: Verdict.CREDENTIALS,
    408: Verdict.UNKNOWN,
    429: Verdict.THROTTLED,
    500: Verdict.UNKNOWN,
    502: Verdict.UNKNOWN,
    503: Verdict.RETRY,
    504: Verdict.UNKNOWN,
}
"""Answers for a whole request. Other 4xx are refusals of how it is built; any other answer may hide a send."""

MESSAGE_STATUSES: Mapping[str, Verdict] = {
    "accepted": Verdict.ACCEPTED,
    "rejected": Verdict.REJECTED,
    "invalid_address": Verdict.INVALID_ADDRESS,
    "throttled": Verdict.THROTTLED,
}
"""`results[].status`. A status that is not listed is a refusal that keeps its raw code."""


class GenericHttpProvider:
    name = "http"
    required_settings = ("API_PROVIDER_URL", "API_KEY")

    def __init__(self, url: str, api_key: str, batch_size: int, rate_per_s: float | None = None) -> None:
        self._url, self._api_key = url, api_key
        self.credential = f"{url}\n{api_key}"
        self.capabilities = Capabilities(
            Mode.LIVE, batch_size, OnUnknown.RESEND, pace=Pace(rate_per_s), second_copy=SecondCopy.IGNORED
        )

    @classmethod
    def create(cls, config: ProviderConfig) -> "GenericHttpProvider":
        settings = config.settings
        config.check(cls.name, cls.required_settings)
        return cls(
            settings.api_provider_url or "", settings.api_key or "", settings.default_batch_size,
            settings.api_rate_per_s,
        )  # fmt: skip

    def refusal(self, message: Message) -> str | None:  # noqa: ARG002 - a gateway says itself what it cannot take
        return None

    def build_request(self, messages: Sequence[Message]) -> Request:
        body = {"messages": [_as_json(message) for message in messages]}
        return Request(
            self._url,
            {
                "authorization": f"Bearer {self._api_key}",
                "content-type": "application/json",
                "idempotency-key": _idempotency_key(messages),
            },
            orjson.dumps(body),
        )

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        if 200 <= status < 300:
            return _read_results(messages, body)
        refusal = Verdict.MALFORMED if 400 <= status < 500 else Verdict.UNKNOWN
        verdict = STATUS_CODES.get(status, refusal)
        return all_alike(messages, verdict, f"http_{status}", retry_after_s(headers.get("retry-after")))


def _as_json(message: Message) -> dict[str, Any]:
    return {
        "id": message.message_id,
        "channel": message.channel,
        "to": message.address,
        "title": message.title,
        "body": message.body,
        "data": dict(message.data),
    }


def _idempotency_key(messages: Sequence[Message]) -> str:
    if len(messages) == 1:
        return messages[0].message_id
    ids = "\n".join(message.message_id for message in messages)
    return hashlib.blake2b(ids.encode(), digest_size=16).hexdigest()


def _read_results(messages: Sequence[Message], body: bytes) -> list[Result]:
    if not body.strip():
        return all_alike(messages, Verdict.ACCEPTED, None)
    try:
        named = {str(entry["id"]): entry for entry in json.loads(body)["results"]}
    except (ValueError, KeyError, TypeError):
        return all_alike(messages, Verdict.UNKNOWN, "unreadable_answer")
    return [_read_result(message.message_id, named.get(message.message_id)) for message in messages]


def _read_result(message_id: str, entry: Mapping[str, Any] | None) -> Result:
    if entry is None:
        return Result(message_id, Verdict.UNKNOWN, "not_in_answer")
    status = str(entry.get("status", "")).lower()
    verdict = MESSAGE_STATUSES.get(status, Verdict.REJECTED)
    code = entry.get("code") or (None if verdict is Verdict.ACCEPTED else status or "no_status")
    provider_id = entry.get("provider_message_id")
    return Result(
        message_id,
        verdict,
        storable(code, 80),
        storable(provider_id, 200),
    )
