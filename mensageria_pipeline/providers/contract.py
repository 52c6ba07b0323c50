"""What the engine asks of a provider. A Protocol, no base class.

Over HTTP an adapter is two pure functions, `build_request` and `read_response`; the one transport module
sends. What is not HTTP brings its own `send`. Retries, pacing and concurrency belong to the engine. What an
answer may come to is in verdict.py. What a provider can do beyond sending it says by having the methods of one
more protocol: `NeedsLogin`, `Closeable`, `Measuring`, `Previewable`, `Pricing`, `PolledReceipts`; what comes in from it
is in webhooks.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.receipts import DeliveryReceipt
from mensageria_pipeline.contracts.tokens import TokenKind
from mensageria_pipeline.definition.model import CampaignDefinition, OnUnknown
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.verdict import (  # adapters of other packages find all of them here
    Result,
    Verdict,
    all_alike,  # noqa: F401
)
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.settings.variables import Group


@dataclass(frozen=True, slots=True)
class Pace:
    """What a credential may do."""

    rate_per_s: float | None = None
    """Messages per second, at most; None: as fast as answers come, until the provider throttles."""
    ramp_up_s: float = 0.0
    """From zero to the full rate, after a pause."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter: the n-th wait is drawn from 0 to first_s·2ⁿ, at least floor_s."""

    first_s: float = 1.0
    floor_s: float = 0.1
    ceiling_s: float = 60.0
    throttled_s: float = 0.0
    """The least wait after a 429 that does not say how long."""
    give_up_s: float = 900.0
    """After this long since its first attempt of the run, a message that was surely not sent expires."""
    deferred_s: float = 300.0
    """The least wait after a deferral; it doubles with each attempt, up to half an hour (RFC 5321, 4.5.4.1)."""
    most_deferred: int = 200
    """A message that is deferred at this attempt expires: four days, at half an hour each."""


class SecondCopy(StrEnum):
    """What a provider makes of the same message sent again: why in-doubt messages may be, or are held."""

    SEEN = "seen"
    """Nothing tells it from another message: the person gets both."""
    IGNORED = "ignored"
    """It carries an idempotency key: the provider sends nothing."""
    REPLACED = "replaced"
    """It carries a collapse key: on the device it takes the place of the first."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do. What it does not name here never reaches its adapter (choice.py, refusal.py)."""

    mode: Mode
    batch_size: int
    """Messages per request, at most."""
    channels: tuple[Channel, ...] = tuple(Channel)
    """What it can be asked to send; a definition that asks for more is refused."""
    token_kinds: frozenset[TokenKind] | None = None
    """The kinds of push token it takes, None: all. Rows with others are rejected."""
    second_copy: SecondCopy = SecondCopy.SEEN
    retry: RetryPolicy = RetryPolicy()
    pace: Pace = field(default_factory=Pace)
    """What the credential may do, whatever a campaign asks for."""
    max_payload_bytes: int | None = None
    """Of one message, as `Measuring` counts; a larger one is refused before it is sent."""
    max_in_flight: int | None = None
    """Messages of one sender that are on their way at once, where the provider takes few; None: the engine's own."""
    connections: int | None = None
    """Requests that are made at once, where each needs a connection to itself; others wait for one before their first
    byte. None: no request waits."""
    max_answer_bytes: int = 1 << 20
    """Of one answer over HTTP, unpacked; what is larger is not read on, and leaves its messages in doubt."""

    @property
    def on_unknown(self) -> OnUnknown:
        """What is safe with an in-doubt message where the campaign does not say: nobody sees a message twice."""
        return OnUnknown.HOLD if self.second_copy is SecondCopy.SEEN else OnUnknown.RESEND


class Request(NamedTuple):
    """One HTTP request. Its URL, headers and body stay out of `repr`."""

    url: str
    """`h2c://` stands for HTTP/2 without TLS, as reverse proxies write it."""
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"


class Provider(Protocol):
    """What every adapter has. Its class also has `create(config)`, `settings`, the dataclasses that declare its
    variables (settings/variables.py), and `capabilities` as they are before anything is set: lists are judged and
    messages planned by them."""

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def credential(self) -> str:
        """Who the provider takes us for, as a secret text: those who share it share its pace. Empty: nobody."""

    def refusal(self, message: Message) -> str | None:
        """Why a message cannot be sent through this provider at all, as a code, where its capabilities do not say so;
        None where it can. Whoever sends asks `refuser_for`, which knows both."""


@runtime_checkable
class HttpProvider(Provider, Protocol):
    """An adapter over HTTP: it builds requests and reads answers, and sends nothing itself."""

    def build_request(self, messages: Sequence[Message]) -> Request: ...

    def read_response(
        self, messages: Sequence[Message], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Result]:
        """One result per message. Names of `headers` are found in any case."""


@runtime_checkable
class NeedsLogin(Protocol):
    """An adapter whose requests carry something that has to be fetched and runs out, such as an OAuth token."""

    def login_is_due(self) -> bool: ...

    def log_in(self) -> Verdict | None:
        """Fetch it; may block. None, or why no message can leave: CREDENTIALS or RETRY. Never raises."""


class Probe(NamedTuple):
    """A request that shows whether the credentials hold, and sends nothing."""

    method: str
    request: Request


@runtime_checkable
class Probing(Protocol):
    """An adapter whose service answers a question that only its owner may ask. 401 and 403 say that they may not."""

    def probe(self) -> Probe: ...


@runtime_checkable
class Connecting(Protocol):
    """An adapter that logs in by another way than HTTP."""

    async def connect(self) -> Verdict | None:
        """Log in and leave again. None, or why no message can leave: CREDENTIALS or RETRY. Never raises."""


@runtime_checkable
class SendingProvider(Provider, Protocol):
    """An adapter that brings its own way of sending."""

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        """One result per message; faults of the way are results, not exceptions."""


@runtime_checkable
class Closeable(Protocol):
    """An adapter that keeps connections of its own between messages."""

    async def aclose(self) -> None:
        """Give them back. Never raises."""


class RequestPreview(NamedTuple):
    """A message as it would leave, for people to look at. Holds no secret; its address is masked by who shows it."""

    head: str
    """Where it would go, and with what: lines of text."""
    body: str
    size_bytes: int
    """Of what would be sent."""


@runtime_checkable
class Previewable(Protocol):
    """An adapter that can show what it would send, where that is no HTTP request."""

    def preview_request(self, message: Message) -> RequestPreview: ...

    def page(self, message: Message) -> str | None:
        """The message as a page that stands alone, for a browser; None where it has none."""


class Price(NamedTuple):
    """What one message costs."""

    parts: int
    """Parts that it is billed as, such as SMS segments."""
    encoding: str
    cost: float | None
    """None where the settings name no price."""


@runtime_checkable
class Measuring(Protocol):
    """An adapter whose `max_payload_bytes` counts something else than the body of a request with one message."""

    def payload_bytes(self, message: Message) -> int: ...


@runtime_checkable
class Pricing(Protocol):
    """An adapter that knows what a message costs."""

    def price(self, message: Message) -> Price: ...


@runtime_checkable
class PolledReceipts(Protocol):
    """An adapter whose provider tells what became of messages when it is asked, by its own ids."""

    ask_after: timedelta
    """From a message's acceptance until it is worth asking."""
    ask_within: timedelta
    """From then on the provider no longer knows."""
    ask_together: int
    """Ids per request, at most."""

    def build_question(self, provider_message_ids: Sequence[str]) -> "Request": ...

    def read_reply(self, status: int, body: bytes) -> list[DeliveryReceipt]:
        """What is known by now; ids that are not named are asked for again. Raises ValueError where nothing is."""


def no_link(_message_id: str) -> str | None:
    """Nobody is told how to leave: there is no receiver that people can reach."""
    return None


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """All that an adapter is made from."""

    settings: Settings
    definition: CampaignDefinition = field(default_factory=CampaignDefinition)
    folders: tuple[Path, ...] = ()
    """Where files of the campaign are looked for, the first first."""
    leave_link: Callable[[str], str | None] = field(default=no_link, repr=False)
    """Message id → the address at which its recipient asks to get no more."""

    def read(self, group: type[Group], provider: str) -> Group:
        """The settings that an adapter declares. Raises SettingsError naming a variable that is missing or wrong."""
        return self.settings.read(group, provider)

    def check(self, provider: str, required: Sequence[str]) -> None:
        """Raises SettingsError naming the first of the variables that is not set: for what only the adapter knows."""
        for name in required:
            if not self.settings.others.get(name):
                raise SettingsError("setting_missing", name=name, provider=provider)
