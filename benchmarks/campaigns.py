"""Prepared campaigns for benchmarks, sent by a process of their own."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, take_shard
from mensageria_pipeline.ledger.journal import Line, now_us
from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.fakes.dagster_server import ROOT, clean_environment, prepare_root
from mensageria_pipeline_tests.workbench import Workbench

_LINES = 4_000
_TEMPLATE = "template: {title: 'Pedido enviado', body: 'Olá, {{ nome }}! Seu pedido {{ pedido }} saiu para entrega.'}\n"


@dataclass
class Sent:
    """How a sending ended, and what its processes took."""

    counts: dict[str, Any]
    seconds: float
    """From the start of the process to its end: start-up, anti-join, sending, results."""
    sender_mib: float = 0.0
    """The largest sender process."""
    parent_mib: float = 0.0
    """The process that dispatches and writes the results."""


@dataclass(frozen=True)
class Campaign:
    """A project in a folder with one campaign, `a`."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def prepare(self, messages: int, definition: str) -> None:
        """With push tokens, and a text of three values."""
        rows = "".join(f"{n};Ana;{n:08};tok{n:09}:{'x' * 140}\n" for n in range(messages))
        self.prepare_list("id;nome;pedido;token\n" + rows, _TEMPLATE + definition)

    def prepare_list(self, content: str, definition: str) -> None:
        prepare_root(self.root, INPUT_SETTLE_SECONDS="0", **self.environment)
        bench = Workbench(self.project)
        bench.define("a", definition)
        bench.drop("a", content)
        bench.prepare("a")

    @property
    def definition(self) -> CampaignDefinition:
        return load_definition(self.project.layout, "a")

    @property
    def project(self) -> Project:
        return Project.load(self.root)

    def forget(self) -> None:
        """As if nothing of it had been sent."""
        layout = self.project.layout
        self.project.ledger.leases.forget_shards("a")
        shutil.rmtree(layout.ledger_dir / "a", ignore_errors=True)
        for name in ("send_results", "attempts"):
            shutil.rmtree(layout.processed_dir / name, ignore_errors=True)

    def send(self) -> Sent:
        """Send what is left, through the same functions that `send_results` calls."""
        command = [sys.executable, "-m", "mensageria_pipeline_tests.faults.driver", str(self.root), "a"]
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=clean_environment() | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        peaks: dict[int, float] = {}
        watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watcher.start()
        out, _ = process.communicate()
        watcher.join()
        if process.returncode:
            sys.exit(f"sending failed: {process.returncode}")
        seconds = time.monotonic() - started
        parent = peaks.pop(process.pid, 0.0)
        return Sent(json.loads(out.splitlines()[-1]), seconds, max(peaks.values(), default=parent), parent)


def write_accepted(project: Project, campaign_lease: CampaignLease, ids: Sequence[str], mode: str, shards: int) -> None:
    """The journal of messages that were accepted at the first attempt, in the form in which senders leave it."""
    for number in range(shards):
        lease = take_shard(project.ledger, campaign_lease, number)
        shard = project.ledger.journal(lease.scope).shard(number, lease.token)
        own = ids[number::shards]
        for first in range(0, len(own), _LINES):
            group = own[first : first + _LINES]
            shard.append([Line(name, mode, 1, "attempting", now_us(), address_key=name, edition=1) for name in group])
            shard.append(
                [Line(name, mode, 1, "accepted", now_us(), None, f"projects/p/{name}", 12.5) for name in group]
            )
        shard.close()
        project.ledger.leases.release(lease)


def _watch(process: "subprocess.Popen[str]", peaks: dict[int, float]) -> None:
    """The peak resident memory of a process and its children, in MiB, as long as it runs."""
    while process.poll() is None:
        for pid in (process.pid, *_children(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0.0), peak_mib_of(pid))
        time.sleep(0.1)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def peak_mib_of(pid: int | str) -> float:
    """The peak resident memory of a process, in MiB; not ru_maxrss, which begins with that of its parent."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def machine() -> dict[str, Any]:
    """Where figures were taken."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "system": os.uname().sysname,
    }
