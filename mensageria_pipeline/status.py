"""Where a campaign stands, counted from its files and its ledger at this moment."""

from dataclasses import dataclass
from typing import Any

from mensageria_pipeline.contracts.campaign import load_definition
from mensageria_pipeline.contracts.dataset import read_stamp
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.contracts.recipients import Fate
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.results import Results, Tally

FILE_NAME = "part-0.parquet"


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """The counts that `status --json` prints."""

    campaign: str
    mode: Mode
    rows: int
    fates: dict[str, int]
    tally: Tally
    codes: dict[str, int]
    """Reason code → rows that are not messaged."""

    @property
    def is_complete(self) -> bool:
        return self.tally.is_complete

    def as_json(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign, "mode": self.mode.value, "rows": self.rows, "fates": self.fates,
            "messages": self.tally.messages, "outcomes": self.tally.outcomes, "unknown": self.tally.unknown,
            "pending": self.tally.pending, "attempts": self.tally.attempts,
        }  # fmt: skip


def campaign_status(project: Project, partition: str) -> CampaignStatus:
    """The status of one partition; zeros for what has not been prepared yet."""
    layout = project.layout
    recipients = read_stamp(layout.partition_dir(Asset.VALIDATED_RECIPIENTS, partition) / FILE_NAME)
    facts = recipients.facts if recipients else {}
    rows = facts.get("rows") or sum(intake.row_count for intake in list_intakes(layout, partition))
    fates = {fate.value: int(facts.get("fates", {}).get(fate.value, 0)) for fate in Fate}
    return CampaignStatus(
        partition,
        _mode(project, partition),
        rows,
        fates,
        _tally(project, partition),
        dict(facts.get("codes", {})),
    )


def known_partitions(project: Project) -> list[str]:
    """Every partition with a raw base, by name."""
    folders = (project.layout.processed_dir / Asset.RAW_BASE).glob("campaign=*")
    return sorted(folder.name.removeprefix("campaign=") for folder in folders)


def _mode(project: Project, partition: str) -> Mode:
    try:
        definition = load_definition(project.layout, Partition.parse(partition).campaign)
    except DefinitionError:
        return Mode.SIMULATED
    return Mode.LIVE if definition.is_live else Mode.SIMULATED


def _tally(project: Project, partition: str) -> Tally:
    plan = project.layout.partition_dir(Asset.MESSAGES, partition) / FILE_NAME
    if not plan.exists():
        return Tally()
    journal = project.ledger.journal(partition) if project.ledger.has_journal(partition) else None
    with Results(plan, journal) as results:
        return results.tally()
