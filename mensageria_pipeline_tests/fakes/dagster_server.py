"""A real Dagster over a project folder of its own, for tests and benchmarks."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from mensageria_pipeline.providers.registry import declared_variables
from mensageria_pipeline.settings.environment import OWN_NAMES
from mensageria_pipeline_tests.fakes.ports import free_port
from mensageria_pipeline_tests.waiting import PATIENCE_S

OUR_VARIABLES = (
    "MENSAGERIA",
    "DAGSTER",
    "RECEIVER_",
    *sorted(OWN_NAMES),
    *(each.name for each in declared_variables()),
)
"""How the names of variables begin that decide anything here."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class DagsterServer:
    """One running `mensageria dev`, or Dagster by itself."""

    data_dir: Path
    url: str
    process: "subprocess.Popen[bytes]"

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=PATIENCE_S)
        return dict(answer.json()["data"])

    def runs(self, partition: str) -> list[dict[str, Any]]:
        """The runs of a partition, newest first: runId, status and tags."""
        query = """
        query Runs($filter: RunsFilter!) {
          runsOrError(filter: $filter) { ... on Runs { results { runId status tags { key value } } } }
        }
        """
        tags = {"tags": [{"key": "dagster/partition", "value": partition}]}
        return list(self.graphql(query, filter=tags)["runsOrError"]["results"])

    def wait_for_run(self, partition: str, timeout_s: float = PATIENCE_S, count: int = 1) -> dict[str, Any]:
        """The newest run of a partition, once `count` runs of it have ended."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            ended = [run for run in self.runs(partition) if run["status"] in {"SUCCESS", "FAILURE", "CANCELED"}]
            if len(ended) >= count:
                return ended[0]
            time.sleep(0.25)
        raise TimeoutError(f"{partition}: {self.runs(partition)}")

    def last_tick_words(self, sensor: str) -> str:
        """What the latest evaluation of a sensor that asked for no run said."""
        query = """
        query Tick($selector: SensorSelector!) {
          sensorOrError(sensorSelector: $selector) {
            ... on Sensor { sensorState { ticks(limit: 10) { status skipReason error { message } } } }
          }
        }
        """
        location = "mensageria_pipeline"
        selector = {
            "sensorName": sensor,
            "repositoryName": "__repository__",
            "repositoryLocationName": location,
        }
        ticks = self.graphql(query, selector=selector)["sensorOrError"]["sensorState"]["ticks"]
        return next((str(tick["skipReason"]) for tick in ticks if tick["skipReason"]), "")

    def wait_for_words(self, sensor: str, words: str, timeout_s: float = PATIENCE_S) -> str:
        """What the sensor says, once it says `words`."""
        deadline = time.monotonic() + timeout_s
        while words not in (said := self.last_tick_words(sensor)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{words!r} not in {said!r}")
            time.sleep(0.5)
        return said

    def stop(self) -> int:
        """Ask it to end as Ctrl+C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


_OURS = ("-c", "from mensageria_pipeline.cli import main; main()", "dev")
BARE = ("-m", "dagster", "dev", "-w", "workspace.yaml")
"""Dagster's own command, whose interface has no guard."""


@contextmanager
def dagster_server(folder: Path, command: Sequence[str] = _OURS, **environment: str) -> Iterator[DagsterServer]:
    """A server over `folder`, with its own workspace and .env; stopped at the end, whatever happens."""
    prepare_root(folder, **environment)
    port = free_port()
    with (folder / "dagster.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "-p", str(port)],
            cwd=folder,
            stdout=log,
            stderr=log,
            env=clean_environment(),
            start_new_session=True,
        )
        server = DagsterServer(folder / "data", f"http://127.0.0.1:{port}", process)
        try:
            _wait_until_up(server)
            yield server
        finally:
            if process.poll() is None:
                try:
                    server.stop()
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def prepare_root(folder: Path, **environment: str) -> None:
    """Make `folder` a project root of its own: workspace.yaml, pyproject.toml and a .env."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("workspace.yaml", "pyproject.toml", "dagster.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    lines = [f"{name}={value}" for name, value in environment.items()]
    (folder / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")


def clean_environment() -> dict[str, str]:
    """The environment without this project's and Dagster's variables."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OUR_VARIABLES)}


def _wait_until_up(server: DagsterServer) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if requests.get(f"{server.url}/server_info", timeout=2).ok and server.last_tick_words("input_files"):
                return
        except (requests.RequestException, KeyError, TypeError):
            pass
        time.sleep(0.25)
    raise TimeoutError((server.data_dir.parent / "dagster.log").read_text()[-3000:])
