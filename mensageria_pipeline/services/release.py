"""Whether a live campaign may be sent: what was released, and how a person's word reaches the run that sends.

Dagster's interface takes launches from every web page that a browser opens, so that no launch is a word by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset

_released_here: ContextVar[str] = ContextVar("released_here", default="")


@contextmanager
def releasing(partition: str) -> Iterator[None]:
    """Runs of the partition in this process release what they plan: a person started them, on the command line.

    Held in memory, where no other process and no launch from elsewhere can say it.
    """
    token = _released_here.set(partition)
    try:
        yield
    finally:
        _released_here.reset(token)


def is_released_here(partition: str) -> bool:
    return bool(partition) and _released_here.get() == partition


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
    first = next(CronSim(definition.cron, (due - timedelta(seconds=1)).astimezone(definition.send_window.zone)))
    is_of_schedule = first.astimezone(UTC) == due <= (now or datetime.now(UTC))
    return is_of_schedule and any(
        intake.received_at <= due for intake in list_intakes(project.layout, partition.campaign)
    )
