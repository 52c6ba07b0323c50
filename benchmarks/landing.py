"""From a file's landing to the first accepted message, with Dagster running.

    python -m benchmarks landing

Starts Dagster over a temporary folder, drops sample files and prints, for each, the seconds until the ledger
holds the first accepted message. Stops by itself.
"""

import contextlib
import shutil
import sqlite3
import statistics
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from mensageria_pipeline_tests.fakes.dagster_server import dagster_server

_DROPS = 3
_TIMEOUT_S = 90.0


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder, dagster_server(Path(folder)) as server:
        seconds = [round(_drop(server.data_dir, f"queda-{number}"), 1) for number in range(1, _DROPS + 1)]
    return {"seconds": seconds, "median_s": statistics.median(seconds), "maximum_s": max(seconds)}


def _drop(data_dir: Path, campaign: str) -> float:
    target = data_dir / "input" / campaign / "clientes.csv"
    target.parent.mkdir(parents=True)
    with as_file(files("mensageria_pipeline.samples") / "demo-boas-vindas.csv") as sample:
        shutil.copyfile(sample, target)
    started = time.monotonic()
    journal = data_dir / "state" / "ledger" / campaign / "shard-000.db"
    while time.monotonic() - started < _TIMEOUT_S:
        if _has_accepted(journal):
            return time.monotonic() - started
        time.sleep(0.05)
    raise TimeoutError(f"{campaign}: nothing accepted within {_TIMEOUT_S:.0f} s")


def _has_accepted(journal: Path) -> bool:
    if not journal.exists():
        return False
    query = "SELECT 1 FROM journal WHERE event = 'accepted' LIMIT 1"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchone() is not None
    except sqlite3.OperationalError:  # the table may not be there yet
        return False
