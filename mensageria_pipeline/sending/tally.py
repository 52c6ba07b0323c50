"""The messages of a plan, counted by what became of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mensageria_pipeline.contracts.send_results import FAILURES, FINAL_OUTCOMES


@dataclass(slots=True)
class Tally:
    """The messages of a plan, counted. Conserved: messages = final outcomes + unknown + pending."""

    messages: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: {outcome.value: 0 for outcome in FINAL_OUTCOMES})
    unknown: int = 0
    pending: int = 0
    attempts: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, counts: Mapping[str, Any]) -> "Tally":
        """Outcomes that came later count as none."""
        return cls(**{**counts, "outcomes": Tally().outcomes | dict(counts["outcomes"])})

    @property
    def failed(self) -> int:
        return sum(self.outcomes[outcome.value] for outcome in FAILURES)

    @property
    def is_conserved(self) -> bool:
        return self.messages == sum(self.outcomes.values()) + self.unknown + self.pending

    @property
    def is_complete(self) -> bool:
        return self.unknown == 0 and self.pending == 0
