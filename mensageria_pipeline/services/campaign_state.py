"""What a campaign is doing, in a word and a sentence: the same on every screen.

Told from the ledger and the campaign's files at this moment, never from what was published.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.ledger.ledger import OperatorCommand, Progress, Wait
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import moment

_FRESH = timedelta(seconds=10)
"""Whoever sends says so every second; after so long nobody does."""


class CampaignState(StrEnum):
    """In the order of a campaign's life. `state_<value>` in the catalogue names each."""

    WITHOUT_LIST = "without_list"
    """There is a definition, and no list yet."""
    PREPARING = "preparing"
    """A list came in; its messages are not planned yet."""
    WITHOUT_MESSAGES = "without_messages"
    """No row of its lists became a message."""
    SCHEDULED = "scheduled"
    """Nothing leaves before a date, or until its next occurrence."""
    AWAITING_RELEASE = "awaiting_release"
    READY = "ready"
    """Nobody is sending, and nothing is in the way of it."""
    SENDING = "sending"
    PAUSED = "paused"
    WAITING = "waiting"
    """For a window, or because a provider asked for it."""
    STOPPED = "stopped"
    """The last run gave up, for a reason that a person has to mend."""
    INTERRUPTED = "interrupted"
    """The last run was ended, or died, before everything was sent."""
    IN_DOUBT = "in_doubt"
    """All is sent; whether some messages arrived, a person or a receipt has to say."""
    COMPLETE = "complete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign stands."""

    state: CampaignState
    until: datetime | None = None
    reason: str = ""
    """Why it waits or was stopped, as a sentence."""

    def words(self, zone: ZoneInfo) -> str:
        """A few words for a person, instants in `zone`."""
        if self.state is CampaignState.SCHEDULED and self.until:
            return say("state_scheduled_for", due=moment(self.until, zone))
        if self.state is CampaignState.WAITING and self.until:
            return say("state_waiting_until", reason=self.reason, due=moment(self.until, zone))
        return say(f"state_{self.state}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a campaign at one moment."""

    definition: CampaignDefinition
    is_occurrence: bool
    has_list: bool
    is_planned: bool
    tally: Tally
    needs_release: bool
    command: OperatorCommand | None
    wait: Wait | None
    progress: Progress | None
    is_held: bool
    """Whether a run has a lease on it: one that works, or one that was killed."""
    has_results: bool
    """Whether any run has ever sent of today's plan."""
    problem: str
    """Why the last run left work undone, as a sentence; empty where it did not."""


def standing_of(facts: Facts, now: datetime) -> Standing:
    """Where a campaign stands that these facts are known of."""
    if facts.command is OperatorCommand.CANCEL:
        return Standing(CampaignState.CANCELLED)
    if is_being_sent(facts.is_held, facts.progress, now):
        return Standing(CampaignState.SENDING)
    if not facts.is_planned:
        return Standing(CampaignState.PREPARING if facts.has_list else CampaignState.WITHOUT_LIST)
    if facts.definition.cron and not facts.is_occurrence:
        return Standing(CampaignState.SCHEDULED, next(occurrences(facts.definition, now), None))
    if not facts.tally.messages:
        return Standing(CampaignState.WITHOUT_MESSAGES)
    return _unfinished(facts, now) or Standing(CampaignState.COMPLETE)


def is_being_sent(is_held: bool, progress: Progress | None, now: datetime) -> bool:  # noqa: FBT001 - one of two facts
    return is_held and progress is not None and now - progress.updated_at < _FRESH


def _unfinished(facts: Facts, now: datetime) -> Standing | None:
    """What a campaign with messages waits for; None where all of them are settled."""
    if facts.tally.is_complete:
        return None
    if facts.command is OperatorCommand.PAUSE:
        return Standing(CampaignState.PAUSED)
    if facts.command is OperatorCommand.RESTORED:
        return Standing(CampaignState.STOPPED, reason=say("wait_restored"))
    if not facts.tally.pending:
        return Standing(CampaignState.IN_DOUBT, reason=facts.problem)
    return _pending(facts, now)


def _pending(facts: Facts, now: datetime) -> Standing:
    """Why messages are not sent that could be."""
    if facts.needs_release:
        return Standing(CampaignState.AWAITING_RELEASE)
    if facts.wait:
        return _waiting(facts.wait, facts.definition.send_window.opens_at, now)
    if facts.problem:
        return Standing(CampaignState.STOPPED, reason=facts.problem)
    is_begun = facts.is_held or facts.has_results or facts.tally.pending < facts.tally.messages
    return Standing(CampaignState.INTERRUPTED if is_begun else CampaignState.READY)


def _waiting(wait: Wait, opens_at: datetime | None, now: datetime) -> Standing:
    if wait.due_at <= now:
        return Standing(CampaignState.READY)
    state = CampaignState.SCHEDULED if opens_at and now < opens_at else CampaignState.WAITING
    return Standing(state, wait.due_at, say(wait.reason))


def occurrences(definition: CampaignDefinition, after: datetime) -> Iterator[datetime]:
    """The due times of the definition's cron after a moment, in UTC, the earliest first; none without a cron."""
    if definition.cron:
        for due in CronSim(definition.cron, after.astimezone(definition.send_window.zone)):
            yield due.astimezone(UTC)
