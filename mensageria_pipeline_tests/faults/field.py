"""Campaigns that are sent by processes which the tests kill, stop and starve."""

import contextlib
import json
import multiprocessing
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.times import LedgerTimes
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment, prepare_root
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.faults.decide import REFUSED, carry_out, project_of
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

FAST = LedgerTimes(lease_s=1.0, beat_s=0.1, look_s=0.05)
"""For campaigns whose holders are killed: whoever comes next need not wait long to see that they are dead. Where
holders live beside others who want their lease, the installation's own times tell better who is dead on a busy
machine."""
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([carry_out.__module__])


@dataclass(frozen=True)
class Sending:
    """One process that sends, with the sender processes it started: a process group of its own."""

    process: "subprocess.Popen[str]"

    def kill(self) -> None:
        """kill -9 of the whole tree; of one that has ended, nothing is left."""
        with contextlib.suppress(ProcessLookupError):
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
        out, err = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, err[-2_000:]
        return dict(json.loads(out.splitlines()[-1]))


@dataclass(frozen=True)
class Step:
    """One step of `decide` in a process of its own, forked from one that has imported everything: so it begins at
    once, also on a busy machine."""

    name: str
    argument: str
    process: "ForkServerProcess"
    said: Path
    """What went wrong, if anything did."""

    @property
    def is_running(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def signal(self, number: int) -> None:
        assert self.process.pid
        os.kill(self.process.pid, number)

    def wait(self) -> bool:
        """Whether it was carried out, once it has ended by itself; False where it was refused."""
        self.process.join(PATIENCE_S)
        assert self.process.exitcode in {0, REFUSED}, (self.name, self.process.exitcode, self.words)
        return self.process.exitcode == 0

    def end(self) -> None:
        """Return once it was carried out."""
        assert self.wait(), self.words

    @property
    def words(self) -> str:
        return self.said.read_text(encoding="utf-8") if self.said.exists() else ""


@dataclass(frozen=True)
class Field:
    """A project in a folder, a provider, and campaigns that are prepared and not yet sent."""

    root: Path
    server: ProviderServer
    times: LedgerTimes = FAST

    def prepare(self, messages: int, definition: str = "", campaign: str = "a", **environment: str) -> None:
        settings = {"API_PROVIDER_URL": self.server.url, "API_KEY": "x", "DEFAULT_BATCH_SIZE": "1"} | environment
        prepare_root(self.root, INPUT_SETTLE_SECONDS="0", **settings)
        bench = Workbench(Project.load(self.root))
        bench.define(campaign, SIMPLE_DEFINITION + "provider: http\n" + definition)
        bench.drop(campaign, "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(messages)))
        bench.prepare(campaign)

    @property
    def project(self) -> Project:
        return project_of(self.root, self.times)

    def start(self, campaign: str = "a", before: str = "", **environment: str) -> Sending:
        """Begin to send; `before` is Python that the process runs first."""
        times = json.dumps(asdict(self.times))
        code = f"import sys; sys.argv = ['driver', {str(self.root)!r}, {campaign!r}, {times!r}]; {before}\n"
        code += "from mensageria_pipeline_tests.faults.driver import main; main()"
        inherited = clean_environment() | {"PYTHONPATH": os.getcwd()}  # noqa: PTH109
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=self.root,
            env=inherited | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return Sending(process)

    def decide(self, step: str, argument: str = "a") -> Step:
        """Begin a step of `decide`; returns once it is about to do something, or has ended."""
        begun, said = (self.root / f"{kind}-{secrets.token_hex(4)}" for kind in ("begun", "said"))
        process = _PROCESSES.Process(
            target=carry_out, args=(self.root, self.times, step, argument, begun, said), daemon=True
        )
        process.start()
        wait_until(lambda: begun.exists() or not process.is_alive())
        return Step(step, argument, process, said)

    def send(self, campaign: str = "a") -> dict[str, Any]:
        return self.start(campaign).end()

    def wait_for_requests(self, count: int) -> None:
        """Until the provider has seen `count` requests."""
        wait_until(lambda: len(self.server.began) >= count)


def is_alive(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return state_of(pid) != "Z"
    except OSError:
        return False


def state_of(pid: int) -> str:
    """The letter of a process in proc(5): T where it is stopped, Z where it is a zombie."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
