"""Many lists at once: from their landing to the end of the last run, with Dagster running.

    python -m benchmarks at-once

Starts Dagster over a temporary folder, drops 50 lists for 50 campaigns (simulated provider) and waits until each has
its results. Every campaign must have exactly one run, and it must have succeeded. Stops by itself.
"""

import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mensageria_pipeline_tests.fakes.dagster_server import DagsterServer, dagster_server

_LISTS = 50
_ROWS = 200
_LOOK_S = 2.0
_TIMEOUT_S = 1_800.0
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
_RUNS = """
query Runs {
  runsOrError(limit: 1000) { ... on Runs { results { runId status startTime endTime tags { key value } } } }
}
"""


def run() -> dict[str, Any]:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder, dagster_server(Path(folder)) as server:
        began_at = time.monotonic()
        _drop_all(server.data_dir)
        runs = _wait(server, began_at)
        took_s = time.monotonic() - began_at
    per_campaign = Counter(_partition(run) for run in runs)
    lasted = sorted(run["endTime"] - run["startTime"] for run in runs)
    return {
        "lists": _LISTS,
        "rows": _ROWS,
        "seconds": round(took_s, 1),
        "runs": len(runs),
        "succeeded": sum(run["status"] == "SUCCESS" for run in runs),
        "campaigns_with_one_run": sum(count == 1 for count in per_campaign.values()),
        "a_run_median_s": round(lasted[len(lasted) // 2], 1),
        "load_before": round(load, 1),
        "load_at_the_end": round(os.getloadavg()[0], 1),
    }


def _drop_all(data_dir: Path) -> None:
    for number in range(_LISTS):
        target = data_dir / "input" / f"lista-{number:02}" / "clientes.csv"
        target.parent.mkdir(parents=True)
        rows = "".join(f"{n};Ana {n};pessoa{n}.{number}@exemplo.com.br\n" for n in range(_ROWS))
        target.write_text("id;nome;email\n" + rows, encoding="utf-8")


def _wait(server: DagsterServer, began_at: float) -> list[dict[str, Any]]:
    """The runs of all campaigns, once each has one and all have ended."""
    while time.monotonic() - began_at < _TIMEOUT_S:
        runs = [run for run in server.graphql(_RUNS)["runsOrError"]["results"] if _partition(run)]
        if len({_partition(run) for run in runs}) == _LISTS and all(run["status"] in _ENDED for run in runs):
            return runs
        time.sleep(_LOOK_S)
    raise TimeoutError(f"not all lists ended within {_TIMEOUT_S:.0f} s")


def _partition(run: dict[str, Any]) -> str:
    return next((tag["value"] for tag in run["tags"] if tag["key"] == "dagster/partition"), "")
