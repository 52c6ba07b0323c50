"""The generic HTTP provider: a company's own gateway, or any endpoint behind a small adapter.

POST {API_PROVIDER_URL} with `Authorization: Bearer {API_KEY}` and `Idempotency-Key`; batches of
DEFAULT_BATCH_SIZE. `messages[].id` is a message's idempotency key, the same for ever. The contract is this
project's own: docs/providers.md.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import orjson

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.providers.answers import DOUBT, by_status, storable
from mensageria_pipeline.providers.contract import Capabilities, Pace, Probe, ProviderConfig, Request, SecondCopy
from mensageria_pipeline.providers.retry_after import retry_after_s
from mensageria_pipeline.providers.verdict import About, Meaning, Result, Verdict, all_alike
from mensageria_pipeline.settings import kinds
from mensageria_pipeline.settings.variables import Need, variable

DEFAULT_BATCH_SIZE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """The `http` provider, a company's own gateway. Without address and key, campaigns with `provider: http` stop
    before the first message."""

    url: str = variable(
        "API_PROVIDER_URL",
        kinds.url(),
        need=Need.REQUIRED,
        is_secret=True,  # gateways put keys into paths
        about="Where messages are posted.",
    )
    key: str = variable(
        "API_KEY", kinds.KEY, need=Need.REQUIRED, is_secret=True, about="The key, sent as `Authorization: Bearer …`."
    )
    batch_size: int = variable(
        "DEFAULT_BATCH_SIZE",
        kinds.whole(1, 500),
        default=str(DEFAULT_BATCH_SIZE),
        about="Messages per request (1 to 500; 1 = one message per request).",
    )
    rate_per_s: float | None = variable(
        "API_RATE_PER_SECOND",
        kinds.RATE,
        about="Messages per second that API_KEY may send, over all campaigns of this machine. Empty: as fast as the "
        "gateway answers, until it says 429.",
    )


STATUS_CODES: Mapping[int, Meaning] = {
    401: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    403: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    408: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    # It has something under this id: ours, or what an earlier request brought. Its body may say which.
    409: Meaning(Verdict.UNKNOWN, About.MESSAGE),
    425: Meaning(Verdict.RETRY, About.ATTEMPT),
    429: Meaning(Verdict.THROTTLED, About.ATTEMPT),
    500: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    502: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
    503: Meaning(Verdict.RETRY, About.ATTEMPT),
    504: Meaning(Verdict.UNKNOWN, About.ATTEMPT),
}
"""Answers for a whole request. Other 4xx are refusals of how it is built; any other answer may hide a send."""

MESSAGE_STATUSES: Mapping[str, Meaning] = {
    "accepted": Meaning(Verdict.ACCEPTED, About.MESSAGE),
    "rejected": Meaning(Verdict.REJECTED, About.ATTEMPT),
    "invalid_address": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    "throttled": Meaning(Verdict.THROTTLED, About.ATTEMPT),
}
"""`results[].status`. One that is missing or not listed does not say what became of the message."""
_CONFLICT = 409


class GenericHttpProvider:
    name = "http"
    answers: ClassVar = (STATUS_CODES, MESSAGE_STATUSES)
    id_shape: ClassVar = r"[A-Za-z0-9][A-Za-z0-9._:/=+-]{0,119}"
    settings: ClassVar = (HttpSettings,)
    capabilities = Capabilities(Mode.LIVE, DEFAULT_BATCH_SIZE, second_copy=SecondCopy.IGNORED)

    def __init__(self, url: str, api_key: str, batch_size: int, rate_per_s: float | None = None) -> None:
        self._url, self._api_key = url, api_key
        self.credential = f"{url}\n{api_key}"
        self.capabilities = replace(type(self).capabilities, batch_size=batch_size, pace=Pace(rate_per_s))

    @classmethod
    def create(cls, config: ProviderConfig) -> "GenericHttpProvider":
        settings = config.read(HttpSettings, cls.name)
        return cls(settings.url, settings.key, settings.batch_size, settings.rate_per_s)

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

    def probe(self) -> Probe:
        """Whether the gateway is there; one that knows its clients by then says 401 or 403 to a stranger."""
        return Probe("HEAD", Request(self._url, {"authorization": f"Bearer {self._api_key}"}, b""))

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        if 200 <= status < 300:
            return _read_results(messages, body)
        verdict, about = by_status(status, STATUS_CODES, Verdict.MALFORMED)
        wait_s = retry_after_s(headers.get("retry-after"))
        refused = all_alike(messages, verdict, f"http_{status}", wait_s, about)
        return _or_accepted(refused, body) if status == _CONFLICT else refused


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
        named = _named(body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return all_alike(messages, Verdict.UNKNOWN, "unreadable_answer")
    return [_agreed(message.message_id, named.get(message.message_id, [])) for message in messages]


def _or_accepted(refused: Sequence[Result], body: bytes) -> list[Result]:
    """What a conflict says of each message: accepted where it names its id so, else refused."""
    try:
        named = _named(body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return list(refused)
    found = [_agreed(each.message_id, named.get(each.message_id, [])) for each in refused]
    return [new if new.verdict is Verdict.ACCEPTED else old for new, old in zip(found, refused, strict=True)]


def _named(body: bytes) -> dict[str, list[Mapping[str, Any]]]:
    """Message id → what an answer says of it; nearly always once. Raises where it is none of the contract."""
    answer = json.loads(body, object_pairs_hook=_without_twins)
    named: dict[str, list[Mapping[str, Any]]] = {}
    for entry in answer.get("results", [answer]):
        named.setdefault(str(entry["id"]), []).append(entry)
    return named


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says two things under one name says nothing. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _agreed(message_id: str, entries: Sequence[Mapping[str, Any]]) -> Result:
    """What all that is said of a message comes to."""
    if not entries:
        return Result(message_id, Verdict.UNKNOWN, "not_in_answer")
    found = [_read_result(message_id, entry) for entry in entries]
    if len({result.verdict for result in found}) > 1:
        return Result(message_id, Verdict.UNKNOWN, "contradictory_answer")
    return found[0]


def _read_result(message_id: str, entry: Mapping[str, Any]) -> Result:
    status = str(entry.get("status") or "").lower()
    verdict, about = MESSAGE_STATUSES.get(status, DOUBT)
    code = entry.get("code") or (None if verdict is Verdict.ACCEPTED else status or "no_status")
    provider_id = storable(entry.get("provider_message_id"), 200)
    return Result(message_id, verdict, storable(code, 80), provider_id, None, None, about)
