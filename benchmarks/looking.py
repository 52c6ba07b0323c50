"""Looking at what is done: `run` and `status` of a campaign of a million settled messages, and of 1,000 campaigns.

    python -m benchmarks looking

The million is sent by writing its journal, in the form in which senders leave it; results, metrics and report are
made from it as always. Timed are whole processes, from the shell's point of view: the median of five.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.campaigns import Campaign, peak_mib_of, write_accepted
from mensageria_pipeline.ledger.tallies import StoredTally
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.dagster_server import ROOT, clean_environment

MESSAGES, CAMPAIGNS = 1_000_000, 1_000
_SHARDS, _ROUNDS = 2, 5


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder:
        campaign = Campaign(Path(folder))
        campaign.prepare(MESSAGES, "")
        _settle(campaign.project)
        found = {
            "run": _timed(campaign.root, ["run", "a", "--json"]),
            "status": _timed(campaign.root, ["status", "a", "--json"]),
        }
        many = Campaign(Path(folder) / "many")
        many.prepare(10, "")
        _settle(many.project)
        _copy(many.project)
        found["status_of_all"] = _timed(many.root, ["status", "--json"])
    return {"messages": MESSAGES, "campaigns": CAMPAIGNS, **found}


def _settle(project: Project) -> None:
    """Every message accepted, in the journal, results, metrics and report."""
    plan = project.layout.table(Asset.MESSAGES, "a")
    ids = pq.read_table(plan, columns=["message_id"])["message_id"].to_pylist()
    with control.held(project, "a", control.nobody_waits) as (hold, held):
        write_accepted(project, hold, ids, "simulated", _SHARDS)
        control.refresh(project, hold, held)


def _copy(project: Project) -> None:
    """The same campaign under other names, each with files, definition and tally of its own."""
    layout, tallies = project.layout, project.ledger.tallies
    stamp, known = read_stamp(layout.table(Asset.MESSAGES, "a")), tallies.of("a", "")
    assert stamp is not None
    assert known is not None
    for number in range(1, CAMPAIGNS):
        name = f"c{number:04}"
        for asset in Asset:
            if (folder := layout.partition_dir(asset, "a")).exists():
                shutil.copytree(folder, layout.partition_dir(asset, name))
        shutil.copyfile(layout.definition("a"), layout.definition(name))
        tallies.keep(name, "", StoredTally(stamp.fingerprint, known.counts), tallies.mark(name))


def _timed(root: Path, arguments: list[str]) -> dict[str, float]:
    """Seconds, CPU seconds and peak memory of a command, the median of some runs after a first one."""
    runs = [_once(root, arguments) for _ in range(_ROUNDS + 1)][1:]
    median: Callable[[int], float] = lambda place: statistics.median(each[place] for each in runs)  # noqa: E731
    return {"seconds": round(median(0), 2), "cpu_s": round(median(1), 2), "peak_mib": round(median(2))}


def _once(root: Path, arguments: list[str]) -> tuple[float, float, float]:
    code = "from mensageria_pipeline.cli import main; main()"
    started, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=root,
        env=clean_environment() | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        peak = max(peak, peak_mib_of(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.005)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (arguments, process.returncode)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, peak
