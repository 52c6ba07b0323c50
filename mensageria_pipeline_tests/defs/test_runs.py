"""Runs that died without a word are continued, once, and closed; living ones are left alone."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dagster as dg
import pytest

from mensageria_pipeline.defs import runs
from mensageria_pipeline.defs.common_specs import campaigns
from mensageria_pipeline.defs.runs import MAX_CONTINUATIONS, project_resource, reconcile
from mensageria_pipeline.defs.sign import RunSign, is_locked, lock_file
from mensageria_pipeline.ledger.leases import CAMPAIGN, Keeper
from mensageria_pipeline.storage.times import DEFAULT_TIMES
from mensageria_pipeline_tests.waiting import wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

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
    assert observer.tick(DEFAULT_TIMES.lease_s) == [], "not yet"
    (request,) = observer.tick(DEFAULT_TIMES.lease_s)
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


def test_a_run_that_never_gave_a_sign_is_given_time(observer: Observer) -> None:
    """It may be starting, on a machine with much to do; after five minutes without an event it is not."""
    run_id = observer.add_run()
    assert observer.tick() == []
    assert observer.tick(299) == []
    run = observer.instance.get_run_by_id(run_id)
    assert run
    observer.instance.report_engine_event("still starting", run)
    assert observer.tick(2) == []
    assert observer.tick(299) == []
    (request,) = observer.tick(2)
    assert request.run_key == f"a:continue:{run_id}"


def test_a_run_that_works_in_a_process_of_its_own_is_not_dead_for_its_silence(
    observer: Observer, tmp_path: Path
) -> None:
    """A list of millions, a loaded machine, a locked ledger: while its process is there, no second run is begun.

    When it is killed, that is seen at once: the lock goes with the process.
    """
    run_id = observer.add_run()
    with _working(tmp_path, run_id) as process:
        assert observer.tick() == []
        assert observer.tick(100) == []
        assert observer.tick(100) == []
        assert observer.status(run_id) is STARTED
        process.kill()
        process.wait()
        (request,) = observer.tick(1)
        assert request.run_key == f"a:continue:{run_id}"


def test_a_run_that_is_stopped_for_good_is_continued(observer: Observer, tmp_path: Path) -> None:
    """By Ctrl+Z, in a terminal that nobody looks at any more. It wakes up to a campaign that others have sent."""
    run_id = observer.add_run()
    with _working(tmp_path, run_id):
        observer.tick()
        assert observer.tick(599) == []
        assert len(observer.tick(2)) == 1


def test_a_ledger_that_is_locked_when_a_run_begins_costs_it_no_sign(bench: Workbench) -> None:
    """The lock says that it lives; the beat begins as soon as it can."""
    leases = bench.project.ledger.leases
    assert leases.scopes("run:") == {}
    with closing(sqlite3.connect(bench.layout.ledger_dir / "control.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with RunSign(bench.project, "r1"):
            assert is_locked(lock_file(bench.layout, "r1"))
            assert leases.scopes("run:") == {}
            other.execute("COMMIT")
            wait_until(lambda: bool(leases.scopes("run:")))
    assert leases.scopes("run:") == {}
    assert not lock_file(bench.layout, "r1").exists()


def test_a_run_that_ended_while_it_was_looked_at_is_left_as_it_is(observer: Observer) -> None:
    """What it came to must not be overwritten by a mark."""
    run_id = observer.add_run()
    observer.tick()
    read = observer.instance.get_runs

    def end_meanwhile(*arguments: object, **named: object) -> object:
        runs_read = read(*arguments, **named)  # type: ignore[arg-type]
        if runs_read and runs_read[0].status is STARTED:
            observer.instance.handle_run_event(run_id, _ended(run_id))
        return runs_read

    observer.instance.get_runs = end_meanwhile  # type: ignore[method-assign, assignment]
    assert observer.tick(301) == []
    assert observer.status(run_id) is dg.DagsterRunStatus.SUCCESS


def _ended(run_id: str) -> dg.DagsterEvent:
    return dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, "campaign", message=run_id)


@contextmanager
def _working(tmp_path: Path, run_id: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that gives a run's sign, and does not get to anything else any more: it is stopped."""
    command = [sys.executable, "-c", _WORK, str(tmp_path), run_id]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.communicate()


_WORK = """
import sys, time
from pathlib import Path
from mensageria_pipeline.defs.sign import RunSign
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings
root = Path(sys.argv[1])
with RunSign(Project(Settings(root=root, data_dir=root / "data")), sys.argv[2]):
    print("working", flush=True)
    time.sleep(600)
"""


def test_a_dead_run_of_no_campaign_is_closed(observer: Observer) -> None:
    """Of suppression lists, or of the night: what started it asks again once it is closed."""
    run = dg.DagsterRun(job_name="take_in_suppressions", status=STARTED)
    observer.instance.add_run(run)
    observer.tick()
    assert observer.tick(301) == []
    assert observer.status(run.run_id) is dg.DagsterRunStatus.FAILURE


def test_a_run_that_died_while_it_was_cancelled_stays_cancelled(observer: Observer) -> None:
    """Nobody wants its continuation."""
    run_id = observer.add_run(dg.DagsterRunStatus.CANCELING)
    observer.tick()
    assert observer.tick(301) == []
    assert observer.status(run_id) is dg.DagsterRunStatus.CANCELED


def test_a_campaign_that_kills_every_run_is_given_up(observer: Observer) -> None:
    """A machine without memory would be restarted for ever."""
    run_id = observer.add_run(**{"mensageria/continuation": str(MAX_CONTINUATIONS)})
    observer.tick()
    assert observer.tick(301) == []
    assert observer.status(run_id) is dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize("count", ["muitas", "²", "-1", "", "1e3"])
def test_a_count_of_continuations_that_is_no_number_ends_the_run(observer: Observer, count: str) -> None:
    """Tags come with launches from anywhere; the sensor must not stumble over one run for ever."""
    run_id = observer.add_run(**{"mensageria/continuation": count})
    observer.tick()
    assert observer.tick(301) == []
    assert observer.status(run_id) is dg.DagsterRunStatus.FAILURE


def test_a_live_campaign_that_nobody_released_is_only_prepared(observer: Observer) -> None:
    """Nothing is sent by accident, also not after a crash."""
    observer.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    observer.add_run()
    observer.tick()
    (request,) = observer.tick(301)
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
        assert observer.tick(2 * DEFAULT_TIMES.lease_s) == []
