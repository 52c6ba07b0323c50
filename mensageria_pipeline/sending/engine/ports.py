"""What the engine needs from outside."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.providers.verdict import Result
from mensageria_pipeline.sending.engine.permits import Permit

Clock = Callable[[], float]
"""Seconds that only go forward."""
Send = Callable[[Sequence[Message]], Awaitable[list[Result]]]
"""Makes one request for messages, and says what became of each."""
Source = Iterator[tuple[Message, bool]]
"""Messages to send, each with whether an earlier attempt may have arrived."""


class Record(Protocol):
    """The journal, as the engine needs it; `Recorder` is one."""

    error: LedgerError | None

    async def record(self, lines: Sequence[Line]) -> None:
        """Return when the lines are on disk. Raises LedgerError."""

    def submit(self, lines: Sequence[Line], permit: Permit | None = None) -> object:
        """Write lines soon. The writer takes `permit` over, and releases it when they are on disk, or cannot be."""

    async def flush(self) -> None:
        """Return when all submitted lines are on disk, or cannot be."""


class Suppressions(Protocol):
    """The suppression list, as the engine needs it."""

    def refresh(self) -> None:
        """Take in what others have added; called before each chunk."""

    def code(self, message: Message) -> str | None:
        """Why a message must not be sent; None where nothing forbids it."""

    def add(self, dead: Sequence[tuple[Message, str]]) -> None:
        """Put the addresses of messages on the list, each with the provider's code. Blocks. Raises LedgerError."""
