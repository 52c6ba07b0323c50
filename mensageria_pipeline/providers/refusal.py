"""What a provider cannot take, refused before a request is built: whatever was planned, no message passes here that its
capabilities do not name."""

from collections.abc import Callable

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.providers.contract import HttpProvider, Measuring, Provider

UNSUPPORTED_CHANNEL = "unsupported_channel"
PAYLOAD_TOO_LARGE = "payload_too_large"


def refuser_for(provider: Provider) -> Callable[[Message], str | None]:
    """What says why a message cannot be sent through a provider at all, as a code; None where it can."""
    can, own = provider.capabilities, provider.refusal
    channels, most_bytes = frozenset(channel.value for channel in can.channels), can.max_payload_bytes
    size_of = _measure_of(provider)

    def refusal(message: Message) -> str | None:
        if message.channel not in channels:
            return UNSUPPORTED_CHANNEL
        if code := own(message):
            return code
        if most_bytes is not None and size_of(message) > most_bytes:
            return PAYLOAD_TOO_LARGE
        return None

    return refusal


def _measure_of(provider: Provider) -> Callable[[Message], int]:
    """What a provider's limit counts of a message: as its adapter says, else the body of a request with it alone."""
    if isinstance(provider, Measuring):
        return provider.payload_bytes
    if isinstance(provider, HttpProvider):
        build = provider.build_request
        return lambda message: len(build([message]).body)
    return lambda _message: 0
