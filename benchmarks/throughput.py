"""Durable sends per second, one request per message, beside what else sends on this machine.

    python -m benchmarks throughput

The provider `fcm` against a local nginx, ledger on, default settings; then, against the same nginx in the
same run, h2load, `requests` in a thread pool and firebase-admin, which record nothing.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.campaigns import Campaign
from benchmarks.nginx import Nginx, nginx

MESSAGES = 400_000
_REPEATS = 3
_H2LOAD = 1_000_000
_PEER_MESSAGES = 10_000
_BARE_MESSAGES = 150_000
_PEERS = Path(__file__).parent / "peers"
_ROOT = Path(__file__).parents[1]


def run() -> dict[str, Any]:
    with nginx() as server, tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder:
        campaign = Campaign(
            Path(folder),
            {"FCM_URL": f"h2c://127.0.0.1:{server.h2_port}", "FCM_ACCESS_TOKEN": "x", "FCM_PROJECT_ID": "p"},
        )
        campaign.prepare(MESSAGES, "provider: fcm\n")
        rounds = [_round(campaign, server) for _ in range(_REPEATS)]
    median = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    firebase = median["firebase_admin"]
    return {
        "messages": MESSAGES,
        "per_second": {name: round(value) for name, value in median.items()},
        "of_h2load": round(median["sending"] / median["h2load"], 3),
        "of_its_client": round(median["sending"] / median["bare_client"], 2),
        "times_the_pool": round(median["sending"] / median["requests_pool"], 1),
        "times_firebase_admin": round(median["sending"] / firebase, 1) if firebase else None,
    }


def _round(campaign: Campaign, server: Nginx) -> dict[str, float]:
    campaign.forget()
    sent = campaign.send()
    assert sent.counts["outcomes"]["accepted"] == MESSAGES, sent.counts
    pool = max(_peer("requests_pool.py", server.http1_port, _PEER_MESSAGES, threads) for threads in (8, 32))
    return {
        "sending": sent.counts["rate_per_s"],
        "whole_process": MESSAGES / sent.seconds,
        "h2load": _h2load(server.h2_port),
        "bare_client": _bare_client(server.h2_port),
        "requests_pool": pool,
        "firebase_admin": _firebase(server.http1_port),
    }


def _h2load(port: int) -> float:
    binary = shutil.which("h2load")
    if not binary:
        sys.exit("h2load is missing: apt-get install nginx-light nghttp2-client")
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"x" * 420)
        body.flush()
        command = [binary, "-n", str(_H2LOAD), "-c", "2", "-m", "256", "-d", body.name, f"http://127.0.0.1:{port}/v1/x"]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"([\d.]+) req/s", out)
    assert found, out
    return float(found.group(1))


def _peer(script: str, *arguments: int) -> float:
    command = [sys.executable, str(_PEERS / script), *map(str, arguments)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _bare_client(port: int) -> float:
    """The HTTP client of the send path alone, in as many processes as cores, side by side."""
    command = [sys.executable, str(_PEERS / "bare_client.py"), str(port), str(_BARE_MESSAGES)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count() or 1)]
    return sum(float(process.communicate()[0]) for process in processes)


def _firebase(port: int) -> float:
    """Installed apart by `make bench`: it is no dependency of ours. 0 where it is missing."""
    packages = _ROOT / ".venv" / "bench"
    if not (packages / "firebase_admin").is_dir():
        return 0.0
    command = [sys.executable, "-W", "ignore", str(_PEERS / "firebase.py"), str(port), str(_PEER_MESSAGES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(packages)})
    return float(done.stdout)
