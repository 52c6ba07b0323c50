"""Which messages need a request at all: the others get their outcome without one. In doubt stays in doubt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.definition.window import SendWindow
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.sending.engine.lane_journal import LaneJournal
from mensageria_pipeline.sending.engine.ports import Suppressions
from mensageria_pipeline.sending.engine.unit import Unit


@dataclass(slots=True)
class Preflight:
    """Looks at each message twice: when it is read, and once more when it may leave."""

    suppressions: Suppressions
    refusal: Callable[[Message], str | None]
    """Why a message cannot be sent through the provider at all."""
    window: SendWindow
    journal: LaneJournal

    def is_expired(self) -> bool:
        """Whether it is too late for any message."""
        return self.window.is_expired(datetime.now(UTC))

    def sort(
        self, unit: Unit, message: Message, decided: list[Line], *, may_have_arrived: bool, is_expired: bool
    ) -> None:
        """Into the unit, or among the lines of messages that need no request. In doubt stays in doubt."""
        outcome: tuple[Outcome, str] | None = None
        if message.problem:
            outcome = (Outcome.REJECTED, message.problem)
        elif suppressed := self.suppressions.code(message):
            outcome = (Outcome.SUPPRESSED, suppressed)
        elif is_expired:
            outcome = (Outcome.EXPIRED, "not_after")
        elif refusal := self.refusal(message):
            outcome = (Outcome.REJECTED, refusal)
        if may_have_arrived:
            unit.doubtful.add(message.message_id)
        if outcome is None:
            unit.messages.append(message)
        elif not may_have_arrived:
            decided.append(self.journal.decision(message, *outcome))

    async def last_look(self, units: Sequence[Unit]) -> int:
        """Decide once more, now that the units may leave: time has passed. How many messages still leave.

        Raises LedgerError.
        """
        is_expired = self.is_expired()
        decided: list[Line] = []
        count = 0
        for unit in units:
            if is_expired or any(self.suppressions.code(message) for message in unit.messages):
                messages, unit.messages = unit.messages, []
                for message in messages:
                    is_open = message.message_id in unit.doubtful
                    self.sort(unit, message, decided, may_have_arrived=is_open, is_expired=is_expired)
            count += len(unit.messages)
        if decided:
            await self.journal.record(decided)
        return count
