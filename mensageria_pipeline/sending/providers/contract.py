"""What the engine asks of a provider. A Protocol, no base class.

Over HTTP an adapter is two pure functions, `build_request` and `read_response`; the one transport module
sends. What is not HTTP brings its own `send`. Retries, pacing and concurrency belong to the engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from mensageria_pipeline.contracts.campaign import OnUnknown, Simulation
from mensageria_pipeline.contracts.messages import Message, Mode
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


class Request(NamedTuple):
    """One HTTP request. Its URL, headers and body stay out of `repr`."""

    url: str
    """`h2c://` stands for HTTP/2 without TLS, as reverse proxies write it."""
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"


class Provider(Protocol):
    """What every adapter has."""

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


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """All that an adapter is made from."""

    settings: Settings
    simulation: Simulation


def all_alike(
    messages: Sequence[Message], verdict: Verdict, code: str | None, retry_after_s: float | None = None
) -> list[Result]:
    """The same result for every message of a request."""
    return [Result(message.message_id, verdict, code, None, retry_after_s) for message in messages]
