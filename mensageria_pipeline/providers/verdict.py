"""What one attempt came to, and what its answer speaks of: this attempt only, or the message under its id.

An answer closes its own attempt. Where an earlier attempt of the same message is still open, because nobody knows
whether it arrived, only a word about the message settles that one too: the provider accepts it, or names its id as
accepted. A refusal speaks of the message only where an adapter's table says so.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from mensageria_pipeline.contracts.messages import Message


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


class About(StrEnum):
    """What an answer speaks of."""

    ATTEMPT = "attempt"
    """The request it answers. What became of earlier ones stays as open as it was."""
    MESSAGE = "message"
    """The message under its id, whichever request brought it: earlier attempts are settled too."""


class Meaning(NamedTuple):
    """What a provider's code means: an entry of an adapter's tables."""

    verdict: Verdict
    about: About


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
    about: About = About.ATTEMPT
    """An acceptance is about the message in any case."""
    is_silence: bool = True
    """Of RETRY and UNKNOWN: nobody said it. The transport says of HTTP answers that they are none."""
    is_deferred: bool = False
    """Of RETRY: the provider said so itself, and wants to be asked again in some minutes, as mail servers do that
    greylist. An answer, not a failure."""


def all_alike(
    messages: Sequence[Message],
    verdict: Verdict,
    code: str | None,
    retry_after_s: float | None = None,
    about: About = About.ATTEMPT,
) -> list[Result]:
    """The same result for every message of a request."""
    return [Result(message.message_id, verdict, code, None, retry_after_s, None, about) for message in messages]
