"""What comes in from providers, and what an adapter can make of it.

An adapter whose provider posts receipts has `read_receipts` (`WebhookReceipts`). By having the methods of one more
protocol it says what else its provider does: `SignsPosts`, `AnswersHandshakes`, `AsksForConfirmation`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

from mensageria_pipeline.contracts.receipts import DeliveryReceipt
from mensageria_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One request of a provider's, whole. Only its method is shown: the rest holds secrets and personal data."""

    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    url: str = field(default="", repr=False)
    """As the provider knows it, with its query: what a signature over the URL is over."""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What a handshake is answered with."""

    body: bytes
    content_type: str = "text/plain"


Proof = Callable[[WebhookRequest], str | None]
"""Why a request is not to be believed, as the key of a sentence; None where it is. May fetch something, and block."""
Handshake = Callable[[WebhookRequest], WebhookReply | None]
"""The answer to a GET; None where whoever asks is not the provider. Never blocks."""


@runtime_checkable
class WebhookReceipts(Protocol):
    """An adapter whose provider posts what became of messages. Pure: it reads, and keeps nothing."""

    @staticmethod
    def read_receipts(request: WebhookRequest) -> list[DeliveryReceipt]:
        """What one post says, in any order; a person's answer as they wrote it. Raises ValueError where it is no post
        of this provider."""


@runtime_checkable
class AsksForConfirmation(Protocol):
    """An adapter whose provider wants a person to open an address before it posts reports."""

    @staticmethod
    def confirmation_url(request: WebhookRequest) -> str | None:
        """That address, if a post asks for it. Never raises."""


@runtime_checkable
class SignsPosts(Protocol):
    """An adapter whose provider signs what it posts."""

    brings_token: ClassVar[bool]
    """Whether its posts carry the receiver's token as well. False: the provider cannot send one, and a post is proven
    by its signature alone."""

    @staticmethod
    def proof(settings: Settings) -> Proof: ...

    @staticmethod
    def proof_warning(settings: Settings) -> str | None:
        """What a person should know who starts a receiver with these settings, as the key of a sentence."""


@runtime_checkable
class AnswersHandshakes(Protocol):
    """An adapter whose provider asks by GET, before it posts, whether the receiver is the one that was meant."""

    @staticmethod
    def handshake(settings: Settings) -> Handshake: ...
