"""The state of a message, derived from its lines in one place for Python and in one for SQL.

The last line that settles or reopens a message decides; else an attempt that may have arrived leaves it in doubt; else
it is pending. `message_states.sql` says the same to DuckDB, where a whole campaign is asked about; a test holds the
two equal on generated journals.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES, Outcome
from mensageria_pipeline.ledger.journal.lines import Event
from mensageria_pipeline.storage.duckdb import literal, query

FINAL = frozenset(outcome.value for outcome in FINAL_OUTCOMES)
"""Events that settle a message."""
OPENING = frozenset({Event.ATTEMPTING.value, Outcome.UNKNOWN.value})
"""Events after which an attempt may have arrived; every other one of the attempt answers it."""
DECIDING = FINAL | {Event.REOPENED.value}
_PACKAGE = "mensageria_pipeline.ledger"


@dataclass(slots=True)
class Unsettled:
    """A message that was touched and has no final outcome."""

    attempts: int = 0
    """The number of the last one."""
    open_attempts: set[int] = field(default_factory=set)
    """Attempts that may have arrived: without an answer, or answered `unknown`."""

    @property
    def is_in_doubt(self) -> bool:
        return bool(self.open_attempts)


@dataclass(frozen=True, slots=True)
class States:
    """Messages by id; the two never share one."""

    final: dict[str, Outcome]
    unsettled: dict[str, Unsettled]

    def outcome(self, message_id: str) -> Outcome | None:
        """The state of a message; None when it was never touched."""
        if message_id in self.final:
            return self.final[message_id]
        touched = self.unsettled.get(message_id)
        if touched is None:
            return None
        return Outcome.UNKNOWN if touched.is_in_doubt else Outcome.PENDING


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one message stands."""

    outcome: Outcome
    attempts: int
    """The number of its last one; 0 for none."""
    open_attempts: frozenset[int] = frozenset()
    """Those that may have arrived, of a message in doubt."""

    @classmethod
    def of(cls, message_id: str, states: States, attempts: int) -> "Standing":
        touched = states.unsettled.get(message_id)
        open_attempts = frozenset(touched.open_attempts) if touched else frozenset()
        return cls(states.outcome(message_id) or Outcome.PENDING, attempts, open_attempts)


def settled(decisions: Iterable[tuple[str, str]]) -> dict[str, Outcome]:
    """Message → final outcome, of those that are settled. `decisions`: message and deciding event, the oldest first."""
    last = dict(decisions)
    return {name: Outcome(event) for name, event in last.items() if event in FINAL}


def unsettled(lines: Iterable[tuple[str, int, str]]) -> dict[str, Unsettled]:
    """Message → where it stands, of messages that are not settled. `lines`: message, attempt, event; in any order."""
    found: dict[str, Unsettled] = {}
    answered: set[tuple[str, int]] = set()
    for message_id, attempt, event in lines:
        state = found.setdefault(message_id, Unsettled())
        state.attempts = max(attempt, state.attempts)
        if event not in OPENING:
            answered.add((message_id, attempt))
            state.open_attempts.discard(attempt)
        elif attempt and (message_id, attempt) not in answered:
            state.open_attempts.add(attempt)
    return found


def add_message_states(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views `attempt_states` and `message_states` over the table `journal`."""
    final = ", ".join(literal(event) for event in sorted(FINAL))
    opening = ", ".join(literal(event) for event in sorted(OPENING))
    connection.execute(f"CREATE MACRO is_final(event) AS coalesce(event IN ({final}), false)")
    connection.execute(f"CREATE MACRO is_answer(event) AS event NOT IN ({opening})")
    for name in ("attempt_states", "message_states"):
        connection.execute(f"CREATE VIEW {name} AS {query(_PACKAGE, name)}")
