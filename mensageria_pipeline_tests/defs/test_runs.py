"""Runs that died without a word are continued, once, and closed; living ones are left alone."""

from collections.abc import Iterator

import dagster as dg
import pytest

from mensageria_pipeline.defs import runs
from mensageria_pipeline.defs.runs import MAX_CONTINUATIONS, project_resource, reconcile
from mensageria_pipeline.defs.shell import campaigns
from mensageria_pipeline.sending.ledger.leases import CAMPAIGN, LEASE_S, Keeper
from mensageria_pipeline_tests.conftest import SIMPLE_DEFINITION, Workbench

STARTED = dg.DagsterRunStatus.STARTED


class Observer:
    """Evaluates the sensor as the daemon would, tick after tick, on a clock of its own."""

    def __init__(self, bench: Workbench, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bench, self.instance = bench, instance
        self.now, self._cursor = 1_000.0, ""
        monkeypatch.setattr(runs, "clock", lambda: self.now)
        instance.add_dynamic_partitions(str(campaigns.name), ["a"])

    def tick(self, after_s: float = 0) -> list[dg.RunRequest]:
        self.now += after_s
        with dg.build_sensor_context(
            instance=self.instance, cursor=self._cursor, resources={"project": self.bench.project}
        ) as context:
            result = reconcile(context)
        assert isinstance(result, dg.SensorResult)
        self._cursor = result.cursor or ""
        return list(result.run_requests or [])

    def add_run(self, status: dg.DagsterRunStatus = STARTED, **tags: str) -> str:
        run = dg.DagsterRun(job_name="campaign", tags={"dagster/partition": "a", **tags}, status=status)
        self.instance.add_run(run)
        return run.run_id

    def status(self, run_id: str) -> dg.DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


@pytest.fixture
def observer(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    bench.define("a", SIMPLE_DEFINITION)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Observer(bench, instance, monkeypatch)


def test_a_run_whose_lease_stands_still_is_continued_once_and_closed(observer: Observer) -> None:
    """First the continuation is asked for; once it is there, the dead run is marked."""
    run_id = observer.add_run()
    lease = observer.bench.project.ledger.leases.claim(f"run:{run_id}", CAMPAIGN, "dead")
    assert lease
    assert observer.tick() == []
    assert observer.tick(LEASE_S) == [], "not yet"
    (request,) = observer.tick(LEASE_S)
    assert (request.partition_key, request.run_key) == ("a", f"a:continue:{run_id}")
    assert observer.status(run_id) is STARTED
    observer.add_run(dg.DagsterRunStatus.NOT_STARTED, **{"dagster/run_key": str(request.run_key)})
    assert observer.tick() == []
    assert observer.status(run_id) is dg.DagsterRunStatus.FAILURE
    assert observer.tick(60) == []


def test_a_run_that_beats_is_left_alone(observer: Observer) -> None:
    """However long it takes."""
    run_id = observer.add_run()
    leases = observer.bench.project.ledger.leases
    lease = leases.claim(f"run:{run_id}", CAMPAIGN, "alive")
    assert lease
    for _ in range(5):
        leases.renew(lease)
        assert observer.tick(100) == []
    assert observer.status(run_id) is STARTED


def test_a_run_that_never_took_a_lease_is_given_time(observer: Observer) -> None:
    """It may be starting; after a minute it is not."""
    run_id = observer.add_run()
    assert observer.tick() == []
    assert observer.tick(59) == []
    (request,) = observer.tick(2)
    assert request.run_key == f"a:continue:{run_id}"


def test_a_dead_run_of_no_campaign_is_closed(observer: Observer) -> None:
    """Of suppression lists, or of the night: what started it asks again once it is closed."""
    run = dg.DagsterRun(job_name="take_in_suppressions", status=STARTED)
    observer.instance.add_run(run)
    observer.tick()
    assert observer.tick(61) == []
    assert observer.status(run.run_id) is dg.DagsterRunStatus.FAILURE


def test_a_run_that_died_while_it_was_cancelled_stays_cancelled(observer: Observer) -> None:
    """Nobody wants its continuation."""
    run_id = observer.add_run(dg.DagsterRunStatus.CANCELING)
    observer.tick()
    assert observer.tick(61) == []
    assert observer.status(run_id) is dg.DagsterRunStatus.CANCELED


def test_a_campaign_that_kills_every_run_is_given_up(observer: Observer) -> None:
    """A machine without memory would be restarted for ever."""
    run_id = observer.add_run(**{"mensageria/continuation": str(MAX_CONTINUATIONS)})
    observer.tick()
    assert observer.tick(61) == []
    assert observer.status(run_id) is dg.DagsterRunStatus.FAILURE


def test_a_live_campaign_that_nobody_released_is_only_prepared(observer: Observer) -> None:
    """Nothing is sent by accident, also not after a crash."""
    observer.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    observer.add_run()
    observer.tick()
    (request,) = observer.tick(61)
    selected = {key.to_user_string() for key in request.asset_selection or []}
    assert "messages" in selected
    assert "send_results" not in selected


def test_a_run_holds_a_lease_as_long_as_it_lives(bench: Workbench) -> None:
    """From its first asset to its last, and nothing of it is left afterwards."""
    seen: list[bool] = []

    @dg.asset
    def looks(context: dg.AssetExecutionContext, project: dg.ResourceParam[object]) -> None:
        state = bench.project.ledger.leases.states(f"run:{context.run.run_id}")[CAMPAIGN]
        seen.append(context.run.run_id in state.owner)

    result = dg.materialize([looks], resources={"project": project_resource(bench.project)})
    assert result.success
    assert seen == [True]
    assert bench.project.ledger.leases.scopes("run:") == {}


def test_a_keeper_and_the_sensor_agree_on_who_is_alive(observer: Observer) -> None:
    """The keeper's beat is what the sensor watches."""
    run_id = observer.add_run()
    leases = observer.bench.project.ledger.leases
    lease = leases.claim(f"run:{run_id}", CAMPAIGN, "alive")
    assert lease
    with Keeper(leases) as keeper:
        keeper.keep(lease)
        first = leases.states(f"run:{run_id}")[CAMPAIGN].beat
        observer.tick()
        leases.renew(lease)
        assert leases.states(f"run:{run_id}")[CAMPAIGN].beat > first
        assert observer.tick(2 * LEASE_S) == []
