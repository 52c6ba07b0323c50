"""Runs that died: each run keeps a lease while it lives, and a sensor takes care of those that no longer do.

Dagster marks a run failed when its process ends. When the whole machine goes down, nobody is left to do so:
the run stays STARTED for ever, and with it its partition.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import dagster as dg

from mensageria_pipeline import logs
from mensageria_pipeline.contracts.dataset import read_stamp
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.defs.jobs import PREPARATION, campaign_job
from mensageria_pipeline.defs.shell import definition_of
from mensageria_pipeline.defs.tick import Tick
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.ledger.leases import CAMPAIGN, LEASE_S, Keeper, LeaseState, new_owner
from mensageria_pipeline.texts import say

_SCOPE = "run:"
_WITHOUT_LEASE_S = 60.0
"""A run without any lease is given so long to take one."""
_CONTINUATION_TAG = "mensageria/continuation"
MAX_CONTINUATIONS = 3
"""Of one run that dies again and again: then a person has to look."""
clock = time.monotonic
_ALIVE = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def project_resource(project: Project) -> dg.ResourceDefinition:
    """The project, for assets and sensors; for the length of a run, with a lease that says it lives."""

    @dg.resource(description="Configuração, pastas e registros desta instalação.")
    def project_of_run(context: dg.InitResourceContext) -> Iterator[Project]:
        if context.run is None:
            yield project
            return
        run_id = context.run.run_id
        logs.about(context.run.tags.get("dagster/partition", ""), run_id)
        scope = f"{_SCOPE}{run_id}"
        try:
            leases = project.ledger.leases
            lease = leases.claim(scope, CAMPAIGN, new_owner(run_id))
        except LedgerError:  # send_results says what is wrong, in a sentence
            yield project
            return
        with Keeper(leases) as keeper:
            if lease:
                keeper.keep(lease)
            yield project
        leases.forget(scope)

    return project_of_run


@dataclass(slots=True)
class _Looks:
    """What the sensor saw of each run's lease, and since when: its memory from tick to tick.

    Instants are of the machine's monotonic clock; one that lies ahead is of another boot, and counts anew.
    """

    states: Mapping[str, LeaseState]
    before: Mapping[str, list[object]]
    now: float
    seen: dict[str, list[object]] = field(default_factory=dict)

    def is_dead(self, run_id: str) -> bool:
        """True once the beat of the run's lease stood still for long enough."""
        state = self.states.get(f"{_SCOPE}{run_id}")
        sign = f"{state.token}:{state.beat}" if state else ""
        known, since = self.before.get(run_id, ["?", self.now])
        if known != sign or not isinstance(since, float) or since > self.now:
            since = self.now
        self.seen[run_id] = [sign, since]
        return self.now - since >= (2 * LEASE_S if state else _WITHOUT_LEASE_S)


@dg.sensor(
    job=campaign_job,
    name="reconcile",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Execuções que morreram sem avisar (queda da máquina, kill -9): pede a continuação, uma vez, e marca a morta "
        "como falha."
    ),
)
def reconcile(context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]) -> dg.SensorResult:
    tick = Tick(context.instance)
    looks = _Looks(project.ledger.leases.scopes(_SCOPE), json.loads(context.cursor or "{}"), clock())
    for run in context.instance.get_runs(dg.RunsFilter(statuses=_ALIVE)):
        partition = run.tags.get("dagster/partition")
        if not looks.is_dead(run.run_id):
            continue
        with tick.guarded(partition or run.job_name):
            if partition:
                _take_care(tick, project, run, partition)
            else:  # of lists or of the night: their sensor or schedule asks again
                context.instance.report_run_failed(run, say("reconcile_failed"))
                tick.news.append(say("reconcile_marked", campaign=run.job_name, run=run.run_id[:8]))
    result = tick.result(context, say("reconcile_nothing"))
    return result._replace(cursor=json.dumps(looks.seen))


def _take_care(tick: Tick, project: Project, run: dg.DagsterRun, partition: str) -> None:
    """First the continuation, then, once it is there, the mark: a crash between the two loses neither."""
    if run.status is dg.DagsterRunStatus.CANCELING:
        tick.instance.report_run_canceled(run, say("reconcile_canceled"))
        tick.news.append(say("reconcile_marked", campaign=partition, run=run.run_id[:8]))
        return
    run_key = f"{partition}:continue:{run.run_id}"
    count = int(run.tags.get(_CONTINUATION_TAG, "0")) + 1
    if count <= MAX_CONTINUATIONS and tick.run_of(run_key) is None:
        tags = {_CONTINUATION_TAG: str(count)}
        tick.ask(partition, run_key, "continue", _left_to_do(project, run, partition), tags)
        tick.news.append(say("reconcile_continued", campaign=partition, run=run.run_id[:8]))
        return
    tick.instance.report_run_failed(run, say("reconcile_failed"))
    tick.news.append(say("reconcile_marked", campaign=partition, run=run.run_id[:8]))


def _left_to_do(project: Project, run: dg.DagsterRun, partition: str) -> tuple[Asset, ...] | None:
    """The dead run's assets; without sending where nobody has released it. None for all."""
    chosen = tuple(Asset(key.path[-1]) for key in run.asset_selection) if run.asset_selection else None
    stamp = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    is_released = stamp is not None and project.ledger.is_released(partition, stamp.fingerprint)
    if definition_of(project, Partition.parse(partition)).needs_release and not is_released:
        return tuple(asset for asset in PREPARATION if chosen is None or asset in chosen) or PREPARATION
    return chosen
