"""How exactly a configured rate is kept, as the provider sees it arrive.

    python -m benchmarks rate

500 messages per second, with one sender process, with two, and with two after three seconds in which every
request was answered 429. Shown: the least and the most in any 10 s, against the configured rate.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.campaigns import Campaign
from mensageria_pipeline.sending.pacing import RECOVERY_S
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer

RATE_PER_S = 500
WINDOW_S = 10.0
_MEASURED_S = 20.0
_STORM = (3.0, 6.0)
_STEP_S = 0.25


def run() -> dict[str, Any]:
    return {
        "configured_per_s": RATE_PER_S,
        "one_process": _measure(1, is_stormy=False),
        "two_processes": _measure(2, is_stormy=False),
        "two_processes_after_a_storm": _measure(2, is_stormy=True),
    }


def _measure(processes: int, *, is_stormy: bool) -> dict[str, float]:
    """Deviation of the busiest and the quietest window from the configured rate, in per cent."""
    from_s = _STORM[1] + RECOVERY_S + 2 if is_stormy else 1.0
    messages = int(RATE_PER_S * (from_s + _MEASURED_S + 1))
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder:
        root = Path(folder)
        with ProviderServer(root / "accepted.jsonl") as server:
            if is_stormy:
                server.script = _Storm(server)
            environment = {"API_PROVIDER_URL": server.url, "API_KEY": "x", "DEFAULT_BATCH_SIZE": "1"}
            campaign = Campaign(root / "project", environment | {"SENDER_PROCESSES": str(processes)})
            campaign.prepare(messages, f"provider: http\nrate_per_s: {RATE_PER_S}\n")
            assert campaign.send().counts["outcomes"]["accepted"] == messages
            moments = [moment - server.began[0] for moment in server.began]
    deviations = []
    start = from_s
    while start + WINDOW_S <= from_s + _MEASURED_S:
        count = sum(start <= moment < start + WINDOW_S for moment in moments)
        deviations.append((count / WINDOW_S / RATE_PER_S - 1) * 100)
        start += _STEP_S
    return {"least_percent": round(min(deviations), 2), "most_percent": round(max(deviations), 2)}


class _Storm:
    """429 for everything, some seconds after the first request."""

    def __init__(self, server: ProviderServer) -> None:
        self._server = server

    def __call__(self, _request: Incoming) -> Answer:
        since_s = time.time() - self._server.began[0]
        return Answer(429) if _STORM[0] <= since_s < _STORM[1] else Answer()
