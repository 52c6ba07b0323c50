"""What goes out in one request."""

from dataclasses import dataclass, field

from mensageria_pipeline.contracts.messages import Message

CHUNK = 128
"""Messages that share one commit of their intents, at most."""


@dataclass(slots=True)
class Unit:
    """Messages that go out in one request, and what this run knows of them."""

    messages: list[Message]
    tries: int = 0
    refusals: int = 0
    """Answers that refused it while an earlier attempt may have arrived."""
    first_tried_at: float = 0.0
    is_deferred: bool = False
    """It waits because the provider said: later."""
    doubtful: set[str] = field(default_factory=set)
    """Ids with an earlier attempt that may have arrived."""
