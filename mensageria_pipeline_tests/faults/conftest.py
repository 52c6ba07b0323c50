"""Campaigns that are sent by processes which the tests kill, stop and starve."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mensageria_pipeline.project import Project
from mensageria_pipeline_tests.conftest import SIMPLE_DEFINITION, Workbench
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment, prepare_root
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer

_TIMEOUT_S = 300


@dataclass(frozen=True)
class Sending:
    """One process that sends, with the sender processes it started: a process group of its own."""

    process: "subprocess.Popen[str]"

    def kill(self) -> None:
        """kill -9 of the whole tree."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def senders(self) -> list[int]:
        """The pids of its sender processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            return [int(pid) for pid in children.read_text().split()]
        except OSError:
            return []

    def end(self) -> dict[str, Any]:
        """Its counts, once it has ended by itself."""
        out, err = self.process.communicate(timeout=_TIMEOUT_S)
        assert self.process.returncode == 0, err[-2_000:]
        return dict(json.loads(out.splitlines()[-1]))


@dataclass(frozen=True)
class Field:
    """A project in a folder, a provider, and campaigns that are prepared and not yet sent."""

    root: Path
    server: ProviderServer

    def prepare(self, messages: int, definition: str = "", campaign: str = "a", **environment: str) -> None:
        settings = {"API_PROVIDER_URL": self.server.url, "API_KEY": "x", "DEFAULT_BATCH_SIZE": "1"} | environment
        prepare_root(self.root, INPUT_SETTLE_SECONDS="0", **settings)
        bench = Workbench(Project.load(self.root))
        bench.define(campaign, SIMPLE_DEFINITION + "provider: http\n" + definition)
        bench.drop(campaign, "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(messages)))
        bench.prepare(campaign)

    @property
    def project(self) -> Project:
        return Project.load(self.root)

    def start(self, campaign: str = "a", before: str = "") -> Sending:
        """Begin to send; `before` is Python that the process runs first."""
        code = f"import sys; sys.argv = ['driver', {str(self.root)!r}, {campaign!r}]; {before}\n"
        code += "from mensageria_pipeline_tests.faults.driver import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=self.root, env=clean_environment() | {"PYTHONPATH": os.getcwd()},  # noqa: PTH109
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        return Sending(process)

    def send(self, campaign: str = "a") -> dict[str, Any]:
        return self.start(campaign).end()

    def wait_for_requests(self, count: int, timeout_s: float = 60) -> None:
        """Until the provider has seen `count` requests."""
        wait_until(lambda: len(self.server.began) >= count, timeout_s)


def wait_until(is_so: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def field(tmp_path: Path, provider_server: ProviderServer) -> Field:
    return Field(tmp_path / "projeto", provider_server)
