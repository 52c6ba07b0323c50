"""Zenvia: SMS, one message per request.

Reference: zenvia.github.io/zenvia-openapi-spec, POST /v2/channels/sms/messages (specification 56b6f78). There is no
idempotency key: in-doubt messages are held unless the campaign says otherwise. `externalId` is our message id, which
Zenvia's status events bring back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import orjson

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt
from mensageria_pipeline.providers.answers import by_status, instant, json_object, storable
from mensageria_pipeline.providers.contract import Capabilities, Pace, Price, Probe, ProviderConfig, Request
from mensageria_pipeline.providers.retry_after import retry_after_s
from mensageria_pipeline.providers.sms_text import SmsLimits, SmsSettings, measure, transliterated
from mensageria_pipeline.providers.verdict import About, Meaning, Result, Verdict
from mensageria_pipeline.providers.webhooks import WebhookRequest
from mensageria_pipeline.settings import kinds
from mensageria_pipeline.settings.variables import Need, variable

ZENVIA = "https://api.zenvia.com"
MAX_CHARACTERS = 1_520
LIMITS = SmsLimits(160, 152, 70, 66)
"""Zenvia's own: a part of several loses eight places, not seven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZenviaSettings:
    """The `zenvia` provider (SMS)."""

    token: str = variable(
        "ZENVIA_TOKEN", kinds.KEY, need=Need.REQUIRED, is_secret=True, about="The account's API token."
    )
    sender: str = variable(
        "ZENVIA_FROM", kinds.TEXT, need=Need.REQUIRED, about="The alias of the account that messages come from."
    )
    rate_per_s: float | None = variable(
        "ZENVIA_RATE_PER_SECOND", kinds.RATE, about="Messages per second. Empty: no limit."
    )
    url: str = variable("ZENVIA_URL", kinds.url(), absent=ZENVIA, about="Another address than Zenvia's, for tests.")


STATUS_CODES: Mapping[int, Meaning] = {
    401: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    403: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    408: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    429: Meaning(Verdict.THROTTLED, About.ATTEMPT),
    503: Meaning(Verdict.RETRY, About.ATTEMPT),
}
"""Other 4xx are refusals: of the message where they name its number, else of how the request is built. Any other
answer may hide a send."""

DELIVERIES: Mapping[str, Delivery] = {
    "ACCEPTED": Delivery.DELAYED,
    "SENT": Delivery.SENT,
    "DELIVERED": Delivery.DELIVERED,
    "READ": Delivery.READ,
    "CLICKED": Delivery.READ,
    "REJECTED": Delivery.UNDELIVERED,
    "NOT_DELIVERED": Delivery.UNDELIVERED,
}
"""`messageStatus.code`. No cause that Zenvia documents says that a number does not exist."""


class ZenviaProvider:
    name = "zenvia"
    answers: ClassVar = (STATUS_CODES,)
    id_shape: ClassVar = r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,64}"
    settings: ClassVar = (ZenviaSettings, SmsSettings)
    capabilities = Capabilities(Mode.LIVE, 1, (Channel.SMS,))

    def __init__(
        self,
        token: str,
        sender: str,
        *,
        url: str = ZENVIA,
        rate_per_s: float | None = None,
        plain_text: bool = False,
        part_price: float | None = None,
    ) -> None:
        """`sender` is the account's alias; `plain_text` takes accents away where they cost; `part_price` is what one
        part costs."""
        self._url = f"{url.rstrip('/')}/v2/channels/sms/messages"
        self._headers = {"x-api-token": token, "content-type": "application/json"}
        self._subscriptions_url = f"{url.rstrip('/')}/v2/subscriptions"
        self._sender, self._plain_text, self._part_price = sender, plain_text, part_price
        self.credential = f"{url}\n{token}"
        self.capabilities = replace(type(self).capabilities, pace=Pace(rate_per_s))

    @classmethod
    def create(cls, config: ProviderConfig) -> "ZenviaProvider":
        settings, sms = config.read(ZenviaSettings, cls.name), config.read(SmsSettings, cls.name)
        return cls(
            settings.token,
            settings.sender,
            url=settings.url,
            rate_per_s=settings.rate_per_s,
            plain_text=sms.without_accents,
            part_price=sms.part_price,
        )

    def text_of(self, message: Message) -> str:
        """What is sent. An SMS has no title: it goes before the text."""
        text = f"{message.title}: {message.body}" if message.title else message.body
        return transliterated(text) if self._plain_text else text

    def refusal(self, message: Message) -> str | None:
        return "text_too_long" if measure(self.text_of(message), LIMITS).places > MAX_CHARACTERS else None

    def price(self, message: Message) -> Price:
        length = measure(self.text_of(message), LIMITS)
        cost = None if self._part_price is None else round(length.segments * self._part_price, 6)
        return Price(length.segments, length.encoding, cost)

    def build_request(self, messages: Sequence[Message]) -> Request:
        (message,) = messages
        content: dict[str, Any] = {
            "externalId": message.message_id,
            "from": self._sender,
            "to": message.address.removeprefix("+"),
            "contents": [{"type": "text", "text": self.text_of(message), "encodingStrategy": "AUTO"}],
        }
        return Request(self._url, self._headers, orjson.dumps(content))

    def probe(self) -> Probe:
        """The list of the account's webhooks: GET /v2/subscriptions of the same specification."""
        return Probe("GET", Request(self._subscriptions_url, self._headers, b""))

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        (message,) = messages
        answer = json_object(body)
        if 200 <= status < 300:
            if provider_id := storable(answer.get("id"), 200):
                cost = None if self._part_price is None else self.price(message).cost
                return [Result(message.message_id, Verdict.ACCEPTED, None, provider_id, None, cost)]
            return [Result(message.message_id, Verdict.UNKNOWN, "unreadable_answer")]
        code = storable(answer.get("code"), 80) or f"http_{status}"
        verdict, about = by_status(status, STATUS_CODES, _refusal(answer))
        wait_s = retry_after_s(headers.get("retry-after"))
        return [Result(message.message_id, verdict, code, None, wait_s, None, about)]

    @staticmethod
    def read_receipts(request: WebhookRequest) -> list[DeliveryReceipt]:
        """A MESSAGE_STATUS event, or a MESSAGE: what somebody answered."""
        event = json_object(request.body)
        message, event_id = event.get("message"), storable(event.get("id"), 200)
        if not event_id or not isinstance(message, dict):
            raise ValueError("no Zenvia event")
        if event.get("type") == "MESSAGE":
            return [_read_answer(event_id, event, message)]
        status = event.get("messageStatus")
        if event.get("type") != "MESSAGE_STATUS" or not isinstance(status, dict):
            raise ValueError("no Zenvia event")
        code = str(status.get("code") or "")
        return [
            DeliveryReceipt(
                event_id,
                instant(status.get("timestamp") or event.get("timestamp")),
                DELIVERIES.get(code, Delivery.UNLISTED),
                _cause(status) or storable(code, 80),
                storable(message.get("externalId"), 64),
                storable(message.get("id"), 200),
            )
        ]


def _read_answer(event_id: str, event: Mapping[str, Any], message: Mapping[str, Any]) -> DeliveryReceipt:
    """What somebody wrote back, of however many parts."""
    contents = message.get("contents")
    texts = [part.get("text") for part in contents if isinstance(part, dict)] if isinstance(contents, list) else []
    answer = " ".join(str(text) for text in texts if text)
    address = storable(message.get("from"), 64)
    return DeliveryReceipt(
        event_id, instant(event.get("timestamp")), answer=answer, channel=Channel.SMS, address=address
    )


def _cause(status: Mapping[str, Any]) -> str | None:
    causes = status.get("causes")
    first = causes[0] if isinstance(causes, list) and causes else None
    return storable(first.get("channelErrorCode"), 80) if isinstance(first, dict) else None


def _refusal(answer: Mapping[str, Any]) -> Verdict:
    details = answer.get("details")
    paths = [detail.get("path") for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    return Verdict.REJECTED if "to" in paths else Verdict.MALFORMED
