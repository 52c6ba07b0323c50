"""One fate for every row: planned, or why not. Rows are judged in the order they arrived; the first wins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mensageria_pipeline.contracts.campaign import OneMessagePer
from mensageria_pipeline.contracts.recipients import Fate
from mensageria_pipeline.contracts.send_results import Outcome


class SendMemory(Protocol):
    """What the ledger knows, as far as fates depend on it."""

    def outcome(self, channel: str, recipient: str, revision: int) -> Outcome | None:
        """The state of a message of this campaign; None when it was never touched."""

    def is_suppressed(self, channel: str, address: str) -> bool:
        """True for an address that no campaign may message."""

    def was_reached(self, channel: str, address: str) -> bool:
        """True for an address at which a message of this edition arrived, or may have."""


CONTENT_RULES = frozenset({"missing_field", "unrenderable"})
"""Rules about the message's text, which may change after the message was sent."""
_FAILED = frozenset({Outcome.INVALID_ADDRESS, Outcome.REJECTED, Outcome.SUPPRESSED})
"""Outcomes after which another address of the person may be tried."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a fate depends on. `code` is the rule the row broke, empty for none."""

    intake: int
    """Position of the intake in the order of arrival."""
    row_number: int
    channel: str
    address: str
    person: str
    code: str


@dataclass(slots=True)
class Decision:
    fate: Fate
    code: str = ""
    revision: int = 0
    refers_to: int | None = None
    """Position of the row this one duplicates or repeats."""


@dataclass(slots=True)
class FateJudge:
    """Remembers who is planned already, and decides row by row."""

    one_message_per: OneMessagePer
    memory: SendMemory
    _rows: list[Row] = field(default_factory=list)
    _decisions: list[Decision] = field(default_factory=list)
    _by_person: dict[tuple[str, str], int] = field(default_factory=dict)
    _by_address: dict[tuple[str, str], int] = field(default_factory=dict)

    def decide(self, rows: Sequence[Row]) -> list[Decision]:
        """The fate of each of `rows`, which follow those of earlier calls."""
        return [self._decide(row) for row in rows]

    def _decide(self, row: Row) -> Decision:
        decision = self._place(row) if not row.code or self._is_history(row) else Decision(Fate.REJECTED, row.code)
        position = len(self._rows)
        self._rows.append(row)
        self._decisions.append(decision)
        if decision.fate is Fate.PLANNED:
            self._by_person[row.channel, row.person] = position
            self._by_address[row.channel, row.address] = position
        return decision

    def _is_history(self, row: Row) -> bool:
        """A message that was sent stays in the plan, whatever the text needs by now."""
        if row.code not in CONTENT_RULES:
            return False
        return self.memory.outcome(row.channel, self._recipient(row), 0) not in {None, Outcome.PENDING}

    def _recipient(self, row: Row) -> str:
        return row.person if self.one_message_per is OneMessagePer.PERSON else row.address

    def _place(self, row: Row) -> Decision:
        if self.one_message_per is OneMessagePer.PERSON:
            same_person = self._by_person.get((row.channel, row.person))
            if same_person is not None and self._rows[same_person].address != row.address:
                return self._other_address(row, same_person)
            if same_person is not None:
                return self._seen(row, same_person, "duplicate_person")
        same_address = self._by_address.get((row.channel, row.address))
        if same_address is not None:
            return self._seen(row, same_address, "duplicate_address")
        return self._plan(row, revision=0)

    def _seen(self, row: Row, earlier: int, code: str) -> Decision:
        if self._rows[earlier].intake == row.intake:
            return Decision(Fate.DUPLICATE, code, refers_to=earlier)
        return Decision(Fate.REPEATED, "repeated_row", refers_to=earlier)

    def _other_address(self, row: Row, earlier: int) -> Decision:
        """A person who comes again under another address: a new revision only where the first address failed."""
        if self._rows[earlier].intake == row.intake:
            return Decision(Fate.DUPLICATE, "duplicate_person", refers_to=earlier)
        revision = self._decisions[earlier].revision
        failed = self.memory.outcome(row.channel, row.person, revision) in _FAILED
        was_revised = self.memory.outcome(row.channel, row.person, revision + 1) is not None
        if not (failed or was_revised):
            return Decision(Fate.REJECTED, "id_conflict", refers_to=earlier)
        same_address = self._by_address.get((row.channel, row.address))
        if same_address is not None:
            return self._seen(row, same_address, "duplicate_address")
        return self._plan(row, revision + 1)

    def _plan(self, row: Row, revision: int) -> Decision:
        if self.memory.outcome(row.channel, self._recipient(row), revision) is None:
            if self.memory.is_suppressed(row.channel, row.address):
                return Decision(Fate.SUPPRESSED, "dead_address")
            if self.memory.was_reached(row.channel, row.address):
                return Decision(Fate.REPEATED, "already_messaged")
        return Decision(Fate.PLANNED, revision=revision)
