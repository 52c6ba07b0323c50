"""The sensor on time: waits that are over, and due occurrences of recurring campaigns.

It reads the definitions at each tick, so that a new or changed one needs no reload.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
from cronsim import CronSim

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.defs.common_specs import definition_of, describe
from mensageria_pipeline.defs.jobs import campaign_job
from mensageria_pipeline.defs.tick import Tick
from mensageria_pipeline.ledger.ledger import Wait
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.release import CRON_GRACE, may_leave
from mensageria_pipeline.storage.layout import PREPARATION, SENDING
from mensageria_pipeline.texts import say


@dg.sensor(
    job=campaign_job,
    name="agenda",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=describe("description_agenda"),
)
def agenda(context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]) -> dg.SensorResult:
    tick, now = Tick(context.instance), datetime.now(UTC)
    for wait in project.ledger.waits():
        if wait.due_at <= now:
            with tick.guarded(wait.campaign):
                _resume(tick, project, wait, now)
    for path in sorted(project.layout.campaigns_dir.glob("*.yaml")):
        with tick.guarded(path.stem):
            start_due(tick, project, path.stem, now)
    return tick.result(context, say("agenda_nothing"))


def _resume(tick: Tick, project: Project, wait: Wait, now: datetime) -> None:
    partition = Partition.parse(wait.campaign)
    definition = definition_of(project, partition)
    if not may_leave(project, partition.key, definition):
        tick.news.append(say("agenda_not_released", campaign=wait.campaign))
        return
    window = definition.send_window
    if not (window.is_open(now) or window.is_expired(now)):
        return
    if tick.ask_again(partition.key, f"{partition.key}:resume:{wait.due_at.isoformat()}", "resume", SENDING):
        tick.news.append(say("agenda_resumed", campaign=wait.campaign, reason=say(wait.reason)))


def start_due(tick: Tick, project: Project, campaign: str, now: datetime) -> None:
    """Ask for each occurrence of the campaign that was due until `now` and has no run yet."""
    definition = definition_of(project, Partition(campaign))
    if not definition.cron:
        return
    since = max(project.registry.schedule_known_since(campaign, definition.cron, now), now - CRON_GRACE)
    for due in occurrences(definition, since, now):
        partition = Partition.of_occurrence(campaign, due)
        local = due.astimezone(definition.send_window.zone).isoformat(timespec="minutes")
        if not any(intake.received_at <= due for intake in list_intakes(project.layout, campaign)):
            tick.known.append(say("agenda_no_intake", campaign=campaign, due=local))
            continue
        assets = PREPARATION if definition.needs_release else None
        if not definition.needs_release:
            project.registry.note_due(campaign, partition.occurrence)
        if tick.ask_again(partition.key, f"{partition.key}:cron", "cron", assets, is_once=True):
            tick.news.append(say("agenda_occurrence", campaign=campaign, due=local, partition=partition.key))


def occurrences(definition: CampaignDefinition, after: datetime, until: datetime) -> Iterator[datetime]:
    """The due times of the definition's cron in (after, until], in UTC, oldest first."""
    if not definition.cron:
        return
    for due in CronSim(definition.cron, after.astimezone(definition.send_window.zone)):
        if due > until:
            return
        yield due.astimezone(UTC)
