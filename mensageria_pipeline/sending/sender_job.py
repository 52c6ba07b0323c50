"""What a sender is told, in this process or another."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.ledger.leases import Lease
from mensageria_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class SenderJob:
    """All that a sender needs to know."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    partition: str
    plan: Path
    remaining: Path
    lease: Lease
    ledger_dir: Path
    pacing_dir: Path
    definition: CampaignDefinition
    providers: tuple[str, ...]
    """Those that the plan needs."""
    settings: Settings = field(repr=False)

    def to_json(self) -> bytes:
        """One line, for the pipe to a process of our own and for nothing else: secrets are in it."""
        return _JOB.dump_json(self)

    @classmethod
    def from_json(cls, line: bytes) -> "SenderJob":
        """Raises pydantic's ValidationError, which does not show what was read."""
        return _JOB.validate_json(line)


_JOB = TypeAdapter(SenderJob)
