"""Whether a live campaign may be sent: what was released, and how a person's word reaches the run that sends.

Dagster's interface takes launches from every web page that a browser opens, so that no launch is a word by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset

CRON_GRACE = timedelta(hours=1)
"""Occurrences missed by less than this, while nothing ran, are made up for."""


@dataclass(slots=True)
class _Word:
    """A person's word for one plan of a partition: the one that their own run makes."""

    partition: str
    plan: str | None


_word: ContextVar[_Word | None] = ContextVar("word", default=None)


@contextmanager
def releasing(partition: str, plan: str | None = None) -> Iterator[None]:
    """A run of the partition in this process releases what it plans itself: a person started it, on the command line.

    `plan` is the fingerprint that it sends where it plans nothing. Held in memory, where no other process and no launch
    from elsewhere can say it.
    """
    token = _word.set(_Word(partition, plan))
    try:
        yield
    finally:
        _word.reset(token)


def note_planned(partition: str, plan: str) -> None:
    """Say which plan the run of this process has made; one that another run makes afterwards is not meant."""
    word = _word.get()
    if word and word.partition == partition:
        word.plan = plan


def is_released_here(partition: str, plan: str) -> bool:
    word = _word.get()
    return word is not None and bool(plan) and (word.partition, word.plan) == (partition, plan)


def may_leave(
    project: Project,
    partition: str,
    definition: CampaignDefinition,
    plan: str | None = None,
    now: datetime | None = None,
) -> bool:
    """Whether the plan of this fingerprint, or the one of today, may be sent without another word of a person."""
    if not definition.is_live:
        return True
    if not definition.needs_release and _is_expected(project, Partition.parse(partition), definition, now):
        return True
    if plan is None:
        stamp = read_stamp(project.layout.table(Asset.MESSAGES, partition))
        plan = stamp.fingerprint if stamp else None
    return plan is not None and project.ledger.is_released(partition, plan)


def _is_expected(
    project: Project, partition: Partition, definition: CampaignDefinition, now: datetime | None = None
) -> bool:
    """Whether `release: automatic` speaks of this partition: a list that came in, or a due time of the schedule.

    Any other occurrence would message everybody once more, and a launch may name any.
    """
    due = partition.due_at
    if not (definition.cron and due):
        return not (definition.cron or due)
    if not _was_due(project, partition, definition.cron, definition, due, now or datetime.now(UTC)):
        return False
    return any(intake.received_at <= due for intake in list_intakes(project.layout, partition.campaign))


def _was_due(
    project: Project, partition: Partition, cron: str, definition: CampaignDefinition, due: datetime, now: datetime
) -> bool:
    """Whether the schedule has asked for this occurrence, or is about to: a launch may name any moment of the past."""
    if project.registry.was_due(partition.campaign, partition.occurrence):
        return True
    known_since = project.registry.schedule_since(partition.campaign, cron, now)
    if known_since is None:
        return False
    first = next(CronSim(cron, (due - timedelta(seconds=1)).astimezone(definition.send_window.zone)))
    return first.astimezone(UTC) == due and max(known_since, now - CRON_GRACE) < due <= now
