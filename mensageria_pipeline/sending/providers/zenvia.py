"""Zenvia: SMS, one message per request.

Reference: zenvia.github.io/zenvia-openapi-spec, POST /v2/channels/sms/messages (specification 56b6f78). There is no
idempotency key: in-doubt messages are held unless the campaign says otherwise. `externalId` is our message id, which
Zenvia's status events bring back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.sending.providers.answers import json_object, storable
from mensageria_pipeline.sending.providers.contract import Capabilities, ProviderConfig, Request, Result, Verdict
from mensageria_pipeline.sending.providers.retry_after import retry_after_s
from mensageria_pipeline.sending.providers.sms_text import SmsLimits, measure, transliterated

ZENVIA = "https://api.zenvia.com"
MAX_CHARACTERS = 1_520
LIMITS = SmsLimits(160, 152, 70, 66)
"""Zenvia's own: a part of several loses eight places, not seven."""

STATUS_CODES: Mapping[int, Verdict] = {
    401: Verdict.CREDENTIALS,
    403: Verdict.CREDENTIALS,
    429: Verdict.THROTTLED,
    503: Verdict.RETRY,
}
"""Other 4xx are refusals: of the message where they name its number, else of how the request is built. Any other
answer may hide a send."""


class ZenviaProvider:
    name = "zenvia"

    def __init__(
        self, token: str, sender: str, *, url: str = ZENVIA, rate_per_s: float | None = None, plain_text: bool = False
    ) -> None:
        """`sender` is the account's alias; `plain_text` takes accents away where they cost."""
        self._url = f"{url.rstrip('/')}/v2/channels/sms/messages"
        self._headers = {"x-api-token": token, "content-type": "application/json"}
        self._sender, self._plain_text = sender, plain_text
        self.credential = f"{url}\n{token}"
        self.capabilities = Capabilities(Mode.LIVE, 1, OnUnknown.HOLD, pace=Pace(rate_per_s))

    @classmethod
    def create(cls, config: ProviderConfig) -> "ZenviaProvider":
        settings = config.settings
        required = {"ZENVIA_TOKEN": settings.zenvia_token, "ZENVIA_FROM": settings.zenvia_from}
        for name, value in required.items():
            if not value:
                raise SettingsError("setting_missing", name=name, provider=cls.name)
        return cls(
            settings.zenvia_token or "", settings.zenvia_from or "", url=settings.zenvia_url or ZENVIA,
            rate_per_s=settings.zenvia_rate_per_s, plain_text=settings.sms_without_accents,
        )  # fmt: skip

    def text_of(self, message: Message) -> str:
        """What is sent. An SMS has no title: it goes before the text."""
        text = f"{message.title}: {message.body}" if message.title else message.body
        return transliterated(text) if self._plain_text else text

    def refusal(self, message: Message) -> str | None:
        return "text_too_long" if measure(self.text_of(message), LIMITS).places > MAX_CHARACTERS else None

    def build_request(self, messages: Sequence[Message]) -> Request:
        (message,) = messages
        content: dict[str, Any] = {
            "externalId": message.message_id,
            "from": self._sender,
            "to": message.address.removeprefix("+"),
            "contents": [{"type": "text", "text": self.text_of(message), "encodingStrategy": "AUTO"}],
        }
        return Request(self._url, self._headers, orjson.dumps(content))

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        (message,) = messages
        answer = json_object(body)
        if 200 <= status < 300:
            if provider_id := storable(answer.get("id"), 200):
                return [Result(message.message_id, Verdict.ACCEPTED, None, provider_id)]
            return [Result(message.message_id, Verdict.UNKNOWN, "unreadable_answer")]
        code = storable(answer.get("code"), 80) or f"http_{status}"
        verdict = STATUS_CODES.get(status) or _refusal(status, answer)
        return [Result(message.message_id, verdict, code, None, retry_after_s(headers.get("retry-after")))]


def _refusal(status: int, answer: Mapping[str, Any]) -> Verdict:
    if not 400 <= status < 500:
        return Verdict.UNKNOWN
    details = answer.get("details")
    paths = [detail.get("path") for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    return Verdict.REJECTED if "to" in paths else Verdict.MALFORMED
