"""What the engine asks of a provider. A Protocol, no base class.

Over HTTP an adapter is two pure functions, `build_request` and `read_response`; the one transport module
sends. What is not HTTP brings its own `send`. Retries, pacing and concurrency belong to the engine. What a
provider can do beyond sending it says by having the methods of one more protocol: `NeedsLogin`, `Holding`,
`Pricing`, `ReportsByWebhook`, `ReportsWhenAsked`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from mensageria_pipeline.contracts.campaign import CampaignDefinition, OnUnknown
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.receipts import Report
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.settings import Settings


class Verdict(StrEnum):
    """What one attempt came to. The first three are final."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INVALID_ADDRESS = "invalid_address"
    THROTTLED = "throttled"
    """Slow down: not a failure, the message waits."""
    RETRY = "retry"
    """Surely not sent; try again later."""
    UNKNOWN = "unknown"
    """It may have arrived."""
    CREDENTIALS = "credentials"
    """Surely not sent, and nothing will be until a person corrects the credentials."""
    MALFORMED = "malformed"
    """Refused for good, as a request that we built wrongly: a few in a row stop the sending."""

    @property
    def is_final(self) -> bool:
        return self in {Verdict.ACCEPTED, Verdict.REJECTED, Verdict.INVALID_ADDRESS, Verdict.MALFORMED}


class Result(NamedTuple):
    """The answer for one message."""

    message_id: str
    verdict: Verdict
    code: str | None = None
    """The provider's code, or ours; never a text that may quote personal data."""
    provider_message_id: str | None = None
    retry_after_s: float | None = None
    cost: float | None = None
    """What the provider asks for it, in the currency of the settings; None where nobody knows."""


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
    """What a provider can do."""

    mode: Mode
    batch_size: int
    """Messages per request, at most."""
    on_unknown: OnUnknown
    """What is safe with an in-doubt message where the campaign does not say."""
    retry: RetryPolicy = RetryPolicy()
    pace: Pace = field(default_factory=Pace)
    """What the credential may do, whatever a campaign asks for."""
    channels: tuple[Channel, ...] = tuple(Channel)
    """What it can be asked to send."""
    second_copy: SecondCopy = SecondCopy.SEEN
    max_payload_bytes: int | None = None
    """Of one message; a larger one is refused before it is sent."""
    max_in_flight: int | None = None
    """Messages of one sender that are on their way at once, where the provider takes few; None: the engine's own."""


class Request(NamedTuple):
    """One HTTP request. Its URL, headers and body stay out of `repr`."""

    url: str
    """`h2c://` stands for HTTP/2 without TLS, as reverse proxies write it."""
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"


class Provider(Protocol):
    """What every adapter has. Its class also has `create(config)` and `required_settings`, which it checks there."""

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def credential(self) -> str:
        """Who the provider takes us for, as a secret text: those who share it share its pace. Empty: nobody."""

    def refusal(self, message: Message) -> str | None:
        """Why a message cannot be sent through this provider at all, as a code; None where it can."""


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


@runtime_checkable
class SendingProvider(Provider, Protocol):
    """An adapter that brings its own way of sending."""

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        """One result per message; faults of the way are results, not exceptions."""


@runtime_checkable
class Holding(Protocol):
    """An adapter that keeps connections of its own between messages."""

    async def aclose(self) -> None:
        """Give them back. Never raises."""


class Draft(NamedTuple):
    """A message as it would leave, for people to look at. Holds no secret; its address is masked by who shows it."""

    head: str
    """Where it would go, and with what: lines of text."""
    body: str
    size_bytes: int
    """Of what would be sent."""


@runtime_checkable
class Drafting(Protocol):
    """An adapter that can show what it would send, where that is no HTTP request."""

    def draft(self, message: Message) -> Draft: ...

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
class Pricing(Protocol):
    """An adapter that knows what a message costs."""

    def price(self, message: Message) -> Price: ...


@runtime_checkable
class ReportsByWebhook(Protocol):
    """An adapter whose provider posts what became of messages. Pure: it reads, and keeps nothing."""

    @staticmethod
    def read_reports(body: bytes) -> list[Report]:
        """What one post says, in any order. Raises ValueError where it is no post of this provider."""


@runtime_checkable
class AsksForConfirmation(Protocol):
    """An adapter whose provider wants a person to open an address before it posts reports."""

    @staticmethod
    def confirmation_url(body: bytes) -> str | None:
        """That address, if a post asks for it. Never raises."""


@runtime_checkable
class ReportsWhenAsked(Protocol):
    """An adapter whose provider tells what became of messages when it is asked, by its own ids."""

    ask_after: timedelta
    """From a message's acceptance until it is worth asking."""
    ask_within: timedelta
    """From then on the provider no longer knows."""
    ask_together: int
    """Ids per request, at most."""

    def build_question(self, provider_message_ids: Sequence[str]) -> "Request": ...

    def read_reply(self, status: int, body: bytes) -> list[Report]:
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

    def check(self, provider: str, required: Sequence[str]) -> None:
        """Raises SettingsError naming the first of the variables that is not set; of our own, or of .env's others."""
        for name in required:
            if not (getattr(self.settings, name.lower(), None) or self.settings.others.get(name)):
                raise SettingsError("setting_missing", name=name, provider=provider)


def all_alike(
    messages: Sequence[Message], verdict: Verdict, code: str | None, retry_after_s: float | None = None
) -> list[Result]:
    """The same result for every message of a request."""
    return [Result(message.message_id, verdict, code, None, retry_after_s) for message in messages]
