"""Dead addresses: first on the suppression list, then settled, so that a crash between the two forgets neither."""

import asyncio
from dataclasses import dataclass, field

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.sending.engine.lane_journal import LaneJournal
from mensageria_pipeline.sending.engine.permits import Permit
from mensageria_pipeline.sending.engine.ports import Suppressions
from mensageria_pipeline.sending.engine.tasks import Tasks

_GATHER_S = 0.1
"""How long dead addresses gather before they go to the suppression list together."""


@dataclass(slots=True)
class _Batch:
    permit: Permit
    messages: list[Message] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class DeadAddresses:
    """Messages whose address the provider called dead."""

    suppressions: Suppressions
    journal: LaneJournal
    tasks: Tasks
    _gathering: _Batch | None = None

    def add(self, message: Message, line: Line, permit: Permit) -> None:
        """Suppress the address of `message` soon and write its `line` then; `permit` goes with it."""
        if self._gathering is None:
            self._gathering = _Batch(permit)
            self.tasks.spawn(self._suppress(self._gathering), permit)
        else:
            self._gathering.permit.absorb(permit)
        self._gathering.messages.append(message)
        self._gathering.lines.append(line)

    async def _suppress(self, batch: _Batch) -> None:
        await asyncio.sleep(_GATHER_S)
        self._gathering = None
        dead = [(message, line.code or "") for message, line in zip(batch.messages, batch.lines, strict=True)]
        try:
            await asyncio.to_thread(self.suppressions.add, dead)
        except LedgerError as error:
            self.journal.fail(error)
        else:
            self.journal.submit(batch.lines, batch.permit.split(len(batch.lines)))
