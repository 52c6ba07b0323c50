"""Where a campaign stands, counted from its files and its ledger at this moment."""

from dataclasses import dataclass
from typing import Any

from mensageria_pipeline.contracts.campaign import CampaignDefinition, load_definition
from mensageria_pipeline.contracts.dataset import read_stamp
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.recipients import Fate
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.ledger.control import Order, Wait
from mensageria_pipeline.sending.results import Results, Tally


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """The counts that `status --json` prints."""

    campaign: str
    mode: Mode
    rows: int
    fates: dict[str, int]
    tally: Tally
    codes: dict[str, int]
    """Reason code → rows that are not messaged and that nobody corrected."""
    corrected: int
    """Rejected rows whose correction came in; `fates` counts them as rejected too."""
    is_prepared: bool
    """Whether its messages were planned."""
    wait: Wait | None
    """Until when it waits, if it does."""
    order: Order | None
    """What a person asked of its sending."""
    needs_release: bool
    """Whether a person has to say so before it is sent."""

    @property
    def is_complete(self) -> bool:
        return self.is_prepared and self.tally.is_complete

    def as_json(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign, "mode": self.mode.value, "rows": self.rows, "fates": self.fates,
            "messages": self.tally.messages, "outcomes": self.tally.outcomes, "unknown": self.tally.unknown,
            "pending": self.tally.pending, "corrected": self.corrected, "attempts": self.tally.attempts,
        }  # fmt: skip


def campaign_status(project: Project, partition: str) -> CampaignStatus:
    """The status of one partition; zeros for what has not been prepared yet.

    Its mode is the definition's: a campaign that went live since its last run has its messages pending.
    """
    recipients = read_stamp(project.layout.table(Asset.VALIDATED_RECIPIENTS, partition))
    facts = recipients.facts if recipients else {}
    fates = {fate.value: int(facts.get("fates", {}).get(fate.value, 0)) for fate in Fate}
    definition = _definition(project, partition)
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    return CampaignStatus(
        campaign=partition, mode=Mode.LIVE if definition.is_live else Mode.SIMULATED, rows=int(facts.get("rows", 0)),
        fates=fates, tally=_tally(project, partition, definition), codes=dict(facts.get("codes", {})),
        corrected=int(facts.get("superseded", 0)),
        is_prepared=plan is not None, wait=project.ledger.wait(partition), order=project.ledger.order(partition),
        needs_release=needs_release(project, partition),
    )  # fmt: skip


def needs_release(project: Project, partition: str) -> bool:
    """Whether a person has to say that its messages, as they are planned now, may be sent."""
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    if plan is None or not _definition(project, partition).needs_release:
        return False
    return not project.ledger.is_released(partition, plan.fingerprint)


def known_partitions(project: Project) -> list[str]:
    """Every partition with a raw base, by name."""
    folders = (project.layout.processed_dir / Asset.RAW_BASE).glob("campaign=*")
    return sorted(folder.name.removeprefix("campaign=") for folder in folders)


def _definition(project: Project, partition: str) -> CampaignDefinition:
    """The definition; the defaults where it cannot be read, which other commands say."""
    try:
        return load_definition(project.layout, Partition.parse(partition).campaign)
    except DefinitionError:
        return CampaignDefinition()


def _tally(project: Project, partition: str, definition: CampaignDefinition) -> Tally:
    plan = project.layout.table(Asset.MESSAGES, partition)
    if not plan.exists():
        return Tally()
    journal = project.ledger.journal(partition)
    went_live = definition.is_live and len(definition.providers) == 1
    with Results(plan, journal, Mode.LIVE if went_live else None) as results:
        return results.tally()
