"""One fate for every row: planned, or why not. Rows are judged in the order they arrived; the first wins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.send_results import READDRESSABLE_OUTCOMES, Outcome
from mensageria_pipeline.definition.model import OneMessagePer


class SendHistory(Protocol):
    """What the ledger knows, as far as fates depend on it."""

    def outcome(self, channel: str, recipient: str, revision: int) -> Outcome | None:
        """The state of a message of this campaign; None when it was never touched."""

    def suppressed_as(self, channel: str, address: str, known_as: str, document: str) -> str | None:
        """The rule that forbids messaging an address or a person; None for none."""

    def was_reached(self, channel: str, address: str) -> bool:
        """True for an address at which a message of this edition arrived, or may have."""

    def knows(
        self, channel: str, recipients: Sequence[str], addresses: Sequence[str], people: Sequence[Sequence[str]]
    ) -> pa.BooleanArray:
        """Per row of one channel, False where none of the other questions would find anything (for a person's first
        message). `people` holds columns of ids and documents."""

    @property
    def is_blank(self) -> bool:
        """True when it knows nothing of anybody: then nobody has to be asked for."""


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """What a fate depends on. `code` is the rule the row broke, empty for none."""

    position: int
    """Its place in the order of arrival over all intakes."""
    intake: int
    """Position of the intake in the order of arrival."""
    channel: str
    address: str
    person: str
    known_as: str
    """The person by id, CPF or CNPJ; empty where only the address is known."""
    document: str
    """CPF or CNPJ, also where the person is known by an id; two with a space between."""
    code: str

    def __repr__(self) -> str:
        return f"Row({self.position}, {self.channel}, {self.code})"


@dataclass(frozen=True, slots=True)
class Decision:
    fate: Fate
    code: str = ""
    revision: int = 0
    refers_to: int = -1
    """Position of the row this one duplicates or repeats."""


@dataclass(frozen=True, slots=True, repr=False)
class _Planned:
    """What is remembered of a planned row."""

    position: int
    intake: int
    address: str
    person: str
    revision: int


@dataclass(slots=True, repr=False)
class FateResolver:
    """Remembers who is planned already, and decides row by row."""

    one_message_per: OneMessagePer
    memory: SendHistory
    corrections: Mapping[int, int] = field(default_factory=dict)
    """Position of a correction → that of the row it corrects."""
    correcting: Mapping[int, Sequence[Row]] = field(default_factory=dict)
    """Position of a corrected row → the rows that correct it."""
    _by_person: dict[tuple[str, str], _Planned] = field(default_factory=dict)
    _by_address: dict[tuple[str, str], _Planned] = field(default_factory=dict)
    _by_origin: dict[int, _Planned] = field(default_factory=dict)
    """Position of a row → the planned row that corrects it."""

    def decide(self, rows: Iterable[Row]) -> list[Decision]:
        """The fate of each of `rows`, which follow those of earlier calls."""
        return [self._decide(row) for row in rows]

    def decide_alone(self, row: Row) -> Decision:
        """The fate of a row whose person and address no other row has: nothing is to be remembered."""
        if row.code and not self._is_history(row):
            return _refused(row)
        return self._plan(row, revision=0)

    def _decide(self, row: Row) -> Decision:
        decision = self._place(row) if not row.code or self._is_history(row) else _refused(row)
        if decision.fate is Fate.PLANNED:
            planned = _Planned(row.position, row.intake, row.address, row.person, decision.revision)
            self._by_person[row.channel, row.person] = planned
            self._by_address[row.channel, row.address] = planned
            if row.position in self.corrections:
                self._by_origin[self.corrections[row.position]] = planned
        return decision

    def _is_history(self, row: Row) -> bool:
        """A message that was sent stays in the plan, whatever the text needs by now."""
        if not row.code or not ReasonCode(row.code).is_content_rule:
            return False
        return self.memory.outcome(row.channel, self._recipient(row), 0) not in {None, Outcome.PENDING}

    def _recipient(self, row: Row) -> str:
        return row.person if self.one_message_per is OneMessagePer.PERSON else row.address

    def _place(self, row: Row) -> Decision:
        corrected = self._by_origin.get(self.corrections.get(row.position, -1))
        if corrected is not None and corrected.intake < row.intake and not self._has_failed(row.channel, corrected):
            return Decision(Fate.REPEATED, ReasonCode.ALREADY_CORRECTED, refers_to=corrected.position)
        # A row that passes by now, after its correction was sent: it would be the person's second message.
        for later in self.correcting.get(row.position, ()):
            sent_to_same = (later.channel, self._recipient(later)) == (row.channel, self._recipient(row))
            if not sent_to_same and self.memory.outcome(later.channel, self._recipient(later), 0) is not None:
                return Decision(Fate.REPEATED, ReasonCode.ALREADY_CORRECTED, refers_to=later.position)
        if self.one_message_per is OneMessagePer.PERSON:
            same_person = self._by_person.get((row.channel, row.person))
            if same_person is not None and same_person.address != row.address:
                return self._other_address(row, same_person)
            if same_person is not None:
                return _seen(row, same_person, ReasonCode.DUPLICATE_PERSON)
        same_address = self._by_address.get((row.channel, row.address))
        if same_address is not None:
            return _seen(row, same_address, ReasonCode.DUPLICATE_ADDRESS)
        return self._plan(row, revision=0)

    def _other_address(self, row: Row, earlier: _Planned) -> Decision:
        """A person who comes again under another address: a new revision only where the first address failed."""
        if earlier.intake == row.intake:
            return Decision(Fate.DUPLICATE, ReasonCode.DUPLICATE_PERSON, refers_to=earlier.position)
        revision = earlier.revision
        failed = self._has_failed(row.channel, earlier)
        was_revised = self.memory.outcome(row.channel, row.person, revision + 1) is not None
        if not (failed or was_revised):
            return Decision(Fate.REJECTED, ReasonCode.ID_CONFLICT, refers_to=earlier.position)
        same_address = self._by_address.get((row.channel, row.address))
        if same_address is not None:
            return _seen(row, same_address, ReasonCode.DUPLICATE_ADDRESS)
        return self._plan(row, revision + 1)

    def _has_failed(self, channel: str, planned: _Planned) -> bool:
        recipient = planned.person if self.one_message_per is OneMessagePer.PERSON else planned.address
        return self.memory.outcome(channel, recipient, planned.revision) in READDRESSABLE_OUTCOMES

    def _plan(self, row: Row, revision: int) -> Decision:
        if self.memory.is_blank:
            return Decision(Fate.PLANNED, revision=revision)
        if self.memory.outcome(row.channel, self._recipient(row), revision) is None:
            rule = self.memory.suppressed_as(row.channel, row.address, row.known_as, row.document)
            if rule:
                return Decision(Fate.SUPPRESSED, rule)
            if self.memory.was_reached(row.channel, row.address):
                return Decision(Fate.REPEATED, ReasonCode.ALREADY_MESSAGED)
        return Decision(Fate.PLANNED, revision=revision)


def _refused(row: Row) -> Decision:
    return Decision(Fate.ERASED if row.code == Fate.ERASED else Fate.REJECTED, row.code)


def _seen(row: Row, earlier: _Planned, code: str) -> Decision:
    if earlier.intake == row.intake:
        return Decision(Fate.DUPLICATE, code, refers_to=earlier.position)
    return Decision(Fate.REPEATED, ReasonCode.REPEATED_ROW, refers_to=earlier.position)
