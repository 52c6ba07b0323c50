"""Every row has one fate; the first wins; a failed address may be replaced, an accepted one not."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.definition.model import OneMessagePer
from mensageria_pipeline.recipients.fates import FateResolver, Row


@dataclass
class Memory:
    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)

    def outcome(self, channel: str, recipient: str, revision: int) -> Outcome | None:
        return self.outcomes.get((recipient, revision))

    is_blank = False

    def suppressed_as(self, channel: str, address: str, known_as: str, document: str) -> str | None:
        return "dead_address" if address in self.dead else None

    def was_reached(self, channel: str, address: str) -> bool:
        return address in self.reached


def row(person: str, address: str, intake: int = 0, code: str = "") -> Row:
    return Row(0, intake, "push", address, person, person, "", code)


def fates(rows: list[Row], memory: Memory | None = None, per: OneMessagePer = OneMessagePer.PERSON) -> list[str]:
    decisions = FateResolver(per, memory or Memory()).decide(rows)
    return [f"{d.fate.value}{d.revision or ''}" + (f":{d.code}" if d.code else "") for d in decisions]


def test_the_first_row_of_a_person_wins() -> None:
    """By person and by address, within a file and across files."""
    rows = [row("1", "a"), row("1", "a"), row("2", "a"), row("1", "b"), row("1", "a", intake=1)]
    assert fates(rows) == [
        "planned",
        "duplicate:duplicate_person",
        "duplicate:duplicate_address",
        "duplicate:duplicate_person",
        "repeated:repeated_row",
    ]


def test_a_row_that_is_not_messaged_shadows_nobody() -> None:
    """A rejected or duplicate row must not take another row's place."""
    rows = [row("1", "a", code="invalid_token"), row("1", "a"), row("1", "b"), row("2", "b")]
    assert fates(rows) == ["rejected:invalid_token", "planned", "duplicate:duplicate_person", "planned"]


def test_every_address_gets_one_where_the_definition_says_so() -> None:
    """Several devices of one person."""
    rows = [row("1", "a"), row("1", "b"), row("1", "a")]
    assert fates(rows, per=OneMessagePer.ADDRESS) == ["planned", "planned", "duplicate:duplicate_address"]


def test_another_address_is_a_conflict_once_a_person_is_planned() -> None:
    """Nobody is messaged twice because their number changed."""
    rows = [row("1", "a"), row("1", "b", intake=1)]
    assert fates(rows) == ["planned", "rejected:id_conflict"]
    assert fates(rows, Memory({("1", 0): Outcome.ACCEPTED})) == ["planned", "rejected:id_conflict"]
    assert fates(rows, Memory({("1", 0): Outcome.UNKNOWN})) == ["planned", "rejected:id_conflict"]


def test_a_failed_address_may_be_replaced_and_stays_replaced() -> None:
    """A new revision, which the next materialization finds again."""
    rows = [row("1", "a"), row("1", "b", intake=1), row("1", "c", intake=2)]
    memory = Memory({("1", 0): Outcome.INVALID_ADDRESS})
    assert fates(rows, memory) == ["planned", "planned1", "rejected:id_conflict"]
    memory.outcomes["1", 1] = Outcome.REJECTED
    assert fates(rows, memory) == ["planned", "planned1", "planned2"]


def test_dead_addresses_are_suppressed_but_history_stays() -> None:
    """A message that found the address dead keeps its place in the plan."""
    assert fates([row("1", "a"), row("1", "b")], Memory(dead={"a"})) == ["suppressed:dead_address", "planned"]
    touched = Memory({("1", 0): Outcome.INVALID_ADDRESS}, {"a"})
    assert fates([row("1", "a")], touched) == ["planned"]


def test_an_address_that_was_reached_is_not_messaged_under_another_identity() -> None:
    """Changing which column is the id must not message everybody again."""
    memory = Memory({("old-1", 0): Outcome.ACCEPTED}, reached={"a"})
    assert fates([row("new-1", "a"), row("new-2", "b")], memory) == ["repeated:already_messaged", "planned"]
    assert fates([row("old-1", "a")], memory) == ["planned"], "the message itself keeps its place"


def test_a_sent_message_keeps_its_place_when_the_text_changes() -> None:
    """A template that now needs an empty column does not erase who was messaged."""
    memory = Memory({("1", 0): Outcome.ACCEPTED})
    assert fates([row("1", "a", code="missing_field"), row("2", "b", code="missing_field")], memory) == [
        "planned",
        "rejected:missing_field",
    ]


_rows = st.builds(
    Row,
    position=st.just(0),
    intake=st.integers(0, 2),
    channel=st.sampled_from(["push", "sms"]),
    address=st.sampled_from("abcd"),
    person=st.sampled_from("123"),
    known_as=st.just(""),
    code=st.sampled_from(["", "", "", "invalid_token"]),
)


@given(st.lists(_rows, max_size=30), st.sampled_from(OneMessagePer))
def test_nobody_is_planned_twice_and_no_row_is_lost(rows: list[Row], per: OneMessagePer) -> None:
    """Whatever the list: one fate each, and one message per person (or address) and channel."""
    rows = sorted(rows, key=lambda each: each.intake)
    decisions = FateResolver(per, Memory(dead={"d"})).decide(rows)
    assert len(decisions) == len(rows)
    planned = [each for each, decision in zip(rows, decisions, strict=True) if decision.fate is Fate.PLANNED]
    assert len({(each.channel, each.address) for each in planned}) == len(planned)
    if per is OneMessagePer.PERSON:
        assert len({(each.channel, each.person) for each in planned}) == len(planned)
    reached = {(each.channel, each.person) for each in planned} | {(each.channel, each.address) for each in planned}
    for each, decision in zip(rows, decisions, strict=True):
        if decision.fate in {Fate.DUPLICATE, Fate.REPEATED}:
            assert (each.channel, each.person) in reached or (each.channel, each.address) in reached
