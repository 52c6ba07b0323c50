"""Runs that died: each run gives a sign while it lives, and a sensor takes care of those that no longer do.

Dagster marks a run failed when its process ends. When the whole machine goes down, nobody is left to do so:
the run stays STARTED for ever, and with it its partition.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import dagster as dg

from mensageria_pipeline import logs
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.defs.common_specs import definition_of, describe
from mensageria_pipeline.defs.jobs import campaign_job
from mensageria_pipeline.defs.sign import SCOPE, RunSign, is_locked, lock_file
from mensageria_pipeline.defs.tick import Tick
from mensageria_pipeline.ledger.leases import LeaseState
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.release import may_leave
from mensageria_pipeline.storage.layout import PREPARATION, Asset, Layout
from mensageria_pipeline.texts import say

_SILENT_LEASES = 2
"""A run that holds no lock is dead when its beat stood still for so many times what a lease takes to run out."""
_LOCKED_S = 600.0
"""A run whose process is there, and whose beat stands still: a busy machine, a locked ledger; or stopped for good."""
_WITHOUT_SIGN_S = 300.0
"""A run that gives no sign is given so long, from its last event on: it is starting, or about to end."""
_CONTINUATION_TAG = "mensageria/continuation"
MAX_CONTINUATIONS = 3
"""Of one run that dies again and again: then a person has to look."""
clock = time.monotonic
_ALIVE = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def project_resource(project: Project) -> dg.ResourceDefinition:
    """The project, for assets and sensors; for the length of a run, with a sign that it lives."""

    @dg.resource(description=describe("description_project"))
    def project_of_run(context: dg.InitResourceContext) -> Iterator[Project]:
        if context.run is None:
            yield project
            return
        run_id = context.run.run_id
        logs.about(context.run.tags.get("dagster/partition", ""), run_id)
        with RunSign(project, run_id):
            yield project

    return project_of_run


@dataclass(slots=True)
class _Looks:
    """What the sensor saw of each run's sign, and since when: its memory from tick to tick.

    Instants are of the machine's monotonic clock; one that lies ahead is of another boot, and counts anew.
    """

    instance: dg.DagsterInstance
    layout: Layout
    states: Mapping[str, LeaseState]
    before: Mapping[str, list[object]]
    now: float
    lease_s: float
    seen: dict[str, list[object]] = field(default_factory=dict)

    def is_dead(self, run_id: str) -> bool:
        """True once the run's sign stood still for long enough."""
        state, lock = self.states.get(f"{SCOPE}{run_id}"), lock_file(self.layout, run_id)
        sign = f"{state.token}:{state.beat}" if state else self._last_event(run_id)
        known, since = self.before.get(run_id, ["?", self.now])
        if known != sign or not isinstance(since, float) or since > self.now:
            since = self.now
        self.seen[run_id] = [sign, since]
        if is_locked(lock):
            return self.now - since >= _LOCKED_S
        return self.now - since >= (_SILENT_LEASES * self.lease_s if state or lock.exists() else _WITHOUT_SIGN_S)

    def _last_event(self, run_id: str) -> str:
        records = self.instance.get_records_for_run(run_id, limit=1, ascending=False).records
        return f"event {records[0].storage_id}" if records else ""


@dg.sensor(
    job=campaign_job,
    name="reconcile",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=describe("description_reconcile"),
)
def reconcile(context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]) -> dg.SensorResult:
    tick = Tick(context.instance)
    states, before = project.ledger.leases.scopes(SCOPE), json.loads(context.cursor or "{}")
    looks = _Looks(context.instance, project.layout, states, before, clock(), project.ledger.leases.times.lease_s)
    for run in context.instance.get_runs(dg.RunsFilter(statuses=_ALIVE)):
        if looks.is_dead(run.run_id) and _is_still_open(context.instance, run):
            with tick.guarded(run.tags.get("dagster/partition", run.job_name)):
                _take_care(tick, project, run)
    result = tick.result(context, say("reconcile_nothing"))
    return result._replace(cursor=json.dumps(looks.seen))


def _is_still_open(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """It may have ended since the list of runs was read."""
    now = instance.get_run_by_id(run.run_id)
    return now is not None and now.status in _ALIVE


def _take_care(tick: Tick, project: Project, run: dg.DagsterRun) -> None:
    """First the continuation, then, once it is there, the mark: a crash between the two loses neither.

    Runs of lists or of the night have none: their sensor or schedule asks again.
    """
    partition = run.tags.get("dagster/partition")
    if partition and run.status is not dg.DagsterRunStatus.CANCELING and _continue(tick, project, run, partition):
        tick.news.append(say("reconcile_continued", campaign=partition, run=run.run_id[:8]))
        return
    if partition and run.status is dg.DagsterRunStatus.CANCELING:
        tick.instance.report_run_canceled(run, say("reconcile_canceled"))
    else:
        tick.instance.report_run_failed(run, say("reconcile_failed"))
    lock_file(project.layout, run.run_id).unlink(missing_ok=True)
    tick.news.append(say("reconcile_marked", campaign=partition or run.job_name, run=run.run_id[:8]))


def _continue(tick: Tick, project: Project, run: dg.DagsterRun, partition: str) -> bool:
    """Ask for a dead run's continuation; False where it is there already, or where there were too many."""
    run_key = f"{partition}:continue:{run.run_id}"
    count = _continuations(run) + 1
    if count > MAX_CONTINUATIONS or tick.run_of(run_key) is not None:
        return False
    tags = {_CONTINUATION_TAG: str(count)}
    tick.ask(partition, run_key, "continue", _left_to_do(project, run, partition), tags)
    return True


def _continuations(run: dg.DagsterRun) -> int:
    """How often the run was continued; a number that is none came with a launch from elsewhere, and ends it."""
    said = run.tags.get(_CONTINUATION_TAG, "0")
    return int(said) if said.isascii() and said.isdigit() else MAX_CONTINUATIONS


def _left_to_do(project: Project, run: dg.DagsterRun, partition: str) -> tuple[Asset, ...] | None:
    """The dead run's assets; without sending where nobody has released it. None for all."""
    chosen = tuple(Asset(key.path[-1]) for key in run.asset_selection) if run.asset_selection else None
    if not may_leave(project, partition, definition_of(project, Partition.parse(partition))):
        return tuple(asset for asset in PREPARATION if chosen is None or asset in chosen) or PREPARATION
    return chosen
