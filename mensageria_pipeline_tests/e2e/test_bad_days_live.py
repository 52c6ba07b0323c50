"""Terminate and the death of the whole machine, with a real Dagster: what a person sees, and that nobody is doubled."""

import contextlib
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from mensageria_pipeline_tests.fakes.dagster_server import DagsterServer, dagster_server
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer, Rates
from mensageria_pipeline_tests.needs import DAGSTER
from mensageria_pipeline_tests.waiting import wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION

pytestmark = [*DAGSTER, pytest.mark.long]
MESSAGES = 1_500
_DEFINITION = SIMPLE_DEFINITION + "provider: http\nrelease: automatic\nrate_per_s: 100\non_unknown: "


def _begin(server: DagsterServer, provider: ProviderServer, on_unknown: str) -> str:
    """A campaign that is being sent; its run."""
    (server.data_dir / "campaigns" / "a.yaml").write_text(_DEFINITION + on_unknown + "\n", "utf-8")
    folder = server.data_dir / "input" / "a"
    folder.mkdir(parents=True)
    rows = "".join(f"{n};Ana;t{n}\n" for n in range(MESSAGES))
    (folder / "lista.csv").write_text("id;nome;token\n" + rows, encoding="utf-8")
    wait_until(lambda: len(provider.began) > 150)
    (run,) = server.runs("a")
    assert run["status"] == "STARTED"
    return str(run["runId"])


def _kill_tree(pid: int) -> None:
    """kill -9 of a process and of all that it started, also in groups of their own."""
    found, waiting = [pid], [pid]
    while waiting:
        children = Path(f"/proc/{waiting[0]}/task").glob("*/children")
        started = [int(child) for file in children for child in file.read_text().split()]
        waiting = [*waiting[1:], *started]
        found += started
    for each in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def test_terminate_in_the_ui_drains_and_re_execution_goes_on(tmp_path: Path, provider_server: ProviderServer) -> None:
    """Answers of requests under way are recorded, the run ends CANCELED, and the rest goes out once."""
    provider_server.play(Rates(slow_s=0.2))
    environment = {"API_PROVIDER_URL": provider_server.url, "API_KEY": "x", "DEFAULT_BATCH_SIZE": "1"}
    with dagster_server(tmp_path / "projeto", **environment) as server:
        run_id = _begin(server, provider_server, "hold")
        server.graphql(
            "mutation Stop($id: String!) { terminateRun(runId: $id, terminatePolicy: SAFE_TERMINATE) { __typename } }",
            id=run_id,
        )
        assert server.wait_for_run("a")["status"] == "CANCELED"
        sent = len(provider_server.accepted())
        assert 150 < sent < MESSAGES
        definition = server.data_dir / "campaigns" / "a.yaml"
        definition.write_text(definition.read_text("utf-8").replace("rate_per_s: 100", "rate_per_s: 1000"), "utf-8")
        answer = server.graphql(
            "mutation Again($p: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $p) { __typename } }",
            p={"parentRunId": run_id, "strategy": "FROM_FAILURE"},
        )
        assert answer["launchRunReexecution"]["__typename"] == "LaunchRunSuccess"
        assert server.wait_for_run("a", count=2)["status"] == "SUCCESS", "nothing is in doubt: it was drained"
        assert Counter(provider_server.accepted_ids()).most_common(1)[0][1] == 1
        assert len(provider_server.accepted()) == MESSAGES


def test_after_the_machine_went_down_the_campaign_goes_on_by_itself(
    tmp_path: Path, provider_server: ProviderServer
) -> None:
    """kill -9 of everything: the dead run is closed, continued once, and every message arrives."""
    environment = {"API_PROVIDER_URL": provider_server.url, "API_KEY": "x", "DEFAULT_BATCH_SIZE": "1"}
    with dagster_server(tmp_path / "projeto", **environment) as server:
        run_id = _begin(server, provider_server, "resend")
        _kill_tree(server.process.pid)
        server.process.wait()
    sent = len(provider_server.began)
    assert sent < MESSAGES
    with dagster_server(tmp_path / "projeto", **environment) as server:
        last = server.wait_for_run("a", count=2)
        runs = {run["runId"]: run["status"] for run in server.runs("a")}
        assert runs.pop(run_id) == "FAILURE"
        assert list(runs.values()) == ["SUCCESS"]
        assert {tag["key"]: tag["value"] for tag in last["tags"]}["mensageria/continuation"] == "1"
    copies = Counter(provider_server.accepted_ids())
    assert len(copies) == MESSAGES
    assert sum(count - 1 for count in copies.values()) <= 512
