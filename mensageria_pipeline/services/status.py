"""Where a campaign stands, counted from its files and its ledger at this moment."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.partition import Partition, campaign_key
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError, LedgerError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.ledger import OperatorCommand, Progress, Wait
from mensageria_pipeline.ledger.tallies import StoredTally
from mensageria_pipeline.sending.plan_snapshot import recorded_problem
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.services.campaign_state import Facts, Standing, is_being_sent, standing_of
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.release import may_leave
from mensageria_pipeline.storage.dataset import Stamp, read_stamp
from mensageria_pipeline.storage.layout import Asset, Layout


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
    command: OperatorCommand | None
    """What a person asked of its sending."""
    needs_release: bool
    """Whether a person has to say so before it is sent."""
    standing: Standing
    zone: ZoneInfo
    """Whose time its instants are shown in."""
    in_flight: int = 0
    """Of the messages in doubt, those whose request is under way at this moment."""

    @property
    def is_complete(self) -> bool:
        return self.is_prepared and self.tally.is_complete

    @property
    def doubtful(self) -> int:
        """Messages in doubt that nobody is sending."""
        return self.tally.unknown - self.in_flight

    @property
    def state_words(self) -> str:
        """What it is doing, in a few words."""
        return self.standing.words(self.zone)

    def as_json(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign,
            "mode": self.mode.value,
            "rows": self.rows,
            "fates": self.fates,
            "messages": self.tally.messages,
            "outcomes": self.tally.outcomes,
            "unknown": self.tally.unknown,
            "pending": self.tally.pending,
            "corrected": self.corrected,
            "attempts": self.tally.attempts,
            "in_flight": self.in_flight,
            "state": self.standing.state.value,
            "until": self.standing.until.isoformat() if self.standing.until else None,
        }


@dataclass(frozen=True, slots=True)
class _Look:
    """What the ledger says of every campaign, looked at once."""

    waits: Mapping[str, Wait]
    commands: Mapping[str, OperatorCommand]
    released: AbstractSet[tuple[str, str]]
    tallies: Mapping[tuple[str, str], StoredTally]
    progress: Mapping[str, Progress]
    tokens: Mapping[str, int]
    """Campaign that a run has a lease on → the lease's token."""
    at: datetime

    @classmethod
    def into(cls, ledger: Ledger) -> "_Look":
        waits = {wait.campaign: wait for wait in reversed(ledger.waits())}
        held = {name: state.token for name, state in ledger.leases.scopes("").items() if not state.is_free}
        commands, released, tallies = ledger.commands(), ledger.released(), ledger.tallies.all()
        return cls(waits, commands, released, tallies, ledger.progress_of_all(), held, datetime.now(UTC))

    def shows_sending(self, partition: str) -> bool:
        return is_being_sent(partition in self.tokens, self.progress.get(partition), self.at)


def campaign_status(project: Project, partition: str) -> CampaignStatus:
    """The status of one partition; zeros for what has not been prepared yet.

    Its mode is the definition's: a campaign that went live since its last run has its messages pending.
    """
    return next(campaign_statuses(project, [partition]))


def campaign_statuses(project: Project, partitions: Iterable[str]) -> Iterator[CampaignStatus]:
    """The status of each partition. The journal is read only where something was written since it was last counted."""
    look = _Look.into(project.ledger)
    for partition in partitions:
        yield _status(project, partition, look)


def _status(project: Project, partition: str, look: _Look) -> CampaignStatus:
    recipients = read_stamp(project.layout.table(Asset.VALIDATED_RECIPIENTS, partition))
    facts = recipients.facts if recipients else {}
    fates = {fate.value: int(facts.get("fates", {}).get(fate.value, 0)) for fate in Fate}
    definition = _definition(project, partition)
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    needs_release = definition.needs_release and plan is not None and (partition, plan.fingerprint) not in look.released
    tally, in_flight = _tally(project, partition, definition, plan, look)
    return CampaignStatus(
        campaign=partition,
        mode=definition.mode,
        rows=int(facts.get("rows", 0)),
        fates=fates,
        tally=tally,
        codes=dict(facts.get("codes", {})),
        corrected=int(facts.get("superseded", 0)),
        is_prepared=plan is not None,
        wait=look.waits.get(partition),
        command=look.commands.get(partition),
        needs_release=needs_release,
        standing=_standing(project, partition, definition, plan, tally, look, needs_release=needs_release),
        zone=definition.send_window.zone,
        in_flight=in_flight,
    )


def _standing(
    project: Project,
    partition: str,
    definition: CampaignDefinition,
    plan: Stamp | None,
    tally: Tally,
    look: _Look,
    *,
    needs_release: bool,
) -> Standing:
    has_results, problem = _last_run(project.layout, partition, plan) if not tally.is_complete else (False, "")
    facts = Facts(
        definition=definition,
        is_occurrence=bool(Partition.parse(partition).occurrence),
        has_list=project.layout.partition_dir(Asset.RAW_BASE, partition).exists(),
        is_planned=plan is not None,
        tally=tally,
        needs_release=needs_release,
        command=look.commands.get(partition),
        wait=look.waits.get(partition),
        progress=look.progress.get(partition),
        is_held=partition in look.tokens,
        has_results=has_results,
        problem=problem,
    )
    return standing_of(facts, look.at)


def _last_run(layout: Layout, partition: str, plan: Stamp | None) -> tuple[bool, str]:
    """Whether a run has sent of this plan, and why the last one left work undone."""
    if plan is None:
        return False, ""
    results = [read_stamp(path) for path in layout.partition_dir(Asset.SEND_RESULTS, partition).glob("*.parquet")]
    has_results = any(stamp and stamp.inputs.get(Asset.MESSAGES.value) == plan.fingerprint for stamp in results)
    problem = recorded_problem(layout, partition) if has_results else None
    return has_results, problem.text() if problem else ""


def awaited_plan(project: Project, partition: str) -> str | None:
    """The fingerprint of the plan that a person's word is awaited for; None where none is."""
    plan, definition = read_stamp(project.layout.table(Asset.MESSAGES, partition)), _definition(project, partition)
    if plan is None or not definition.needs_release or may_leave(project, partition, definition, plan.fingerprint):
        return None
    return plan.fingerprint


def ignored_lists(project: Project, partition: str | None = None) -> list[str]:
    """Why files in the input folder are part of no campaign, a sentence each; of one they were meant for, or of all."""
    discovery = discover(project.layout.input_dir, project.registry.name_owners())
    refused = discovery.refused if partition is None else discovery.refused_of(Partition.parse(partition).campaign)
    return list(dict.fromkeys(error.text() for _, error in refused))


def known_partitions(project: Project) -> list[str]:
    """Every partition with a raw base, by name."""
    folders = (project.layout.processed_dir / Asset.RAW_BASE).glob("campaign=*")
    return sorted(folder.name.removeprefix("campaign=") for folder in folders)


def known_campaigns(project: Project) -> list[str]:
    """Every partition that there is any trace of: a raw base, a definition, or what the ledger has been told of it."""
    defined = {
        path.stem for path in project.layout.campaigns_dir.glob("*.yaml") if campaign_key(path.stem) == path.stem
    }
    ledger = project.ledger
    told = {*ledger.commands(), *ledger.progress_of_all(), *(wait.campaign for wait in ledger.waits())}
    return sorted({*known_partitions(project), *defined, *told})


def _definition(project: Project, partition: str) -> CampaignDefinition:
    """The definition; the defaults where it cannot be read, which other commands say."""
    try:
        return load_definition(project.layout, Partition.parse(partition).campaign)
    except DefinitionError:
        return CampaignDefinition()


def _tally(
    project: Project, partition: str, definition: CampaignDefinition, plan: Stamp | None, look: _Look
) -> tuple[Tally, int]:
    """The counts, and how many messages are under way. As they were counted last, where nobody has written since; else
    counted now, and kept for who looks next."""
    if plan is None:
        return Tally(), 0
    went_live = definition.is_live and len(definition.providers) == 1
    view = Mode.LIVE.value if went_live else ""
    known = look.tallies.get((partition, view))
    if known and known.plan == plan.fingerprint:
        return Tally.from_json(known.counts), 0
    return _counted(project, partition, view, plan, look)


def _counted(project: Project, partition: str, view: str, plan: Stamp, look: _Look) -> tuple[Tally, int]:
    """The messages counted from the whole journal, in the modes they were planned in, or all of them as live."""
    from mensageria_pipeline.sending.results import Results  # noqa: PLC0415 - DuckDB, which a look may not need

    ledger, path = project.ledger, project.layout.table(Asset.MESSAGES, partition)
    mark, is_sending = ledger.tallies.mark(partition), look.shows_sending(partition)
    with Results(path, ledger.journal(partition), Mode(view) if view else None) as results:
        tally = results.tally()
        in_flight = results.in_flight(look.tokens[partition]) if is_sending else 0
    if read_stamp(path) == plan:  # not planned anew meanwhile
        with contextlib.suppress(LedgerError):  # a look changes nothing; the next one counts again
            ledger.tallies.keep(partition, view, StoredTally(plan.fingerprint, tally.as_json()), mark)
    return tally, in_flight
