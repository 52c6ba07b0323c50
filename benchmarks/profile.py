"""Where the event loop of a sender spends its time.

    python -m benchmarks profile

One sender in this process, under cProfile, against nginx: shares of the loop thread's time by what the code is
for. The profiler itself costs most where calls are small; read the order, not the digits.
"""

import cProfile
import pstats
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.campaigns import Campaign
from benchmarks.nginx import nginx
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.sending import sender
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.send import send_messages

MESSAGES = 50_000
_PARTS = {
    "event loop, and waiting for it": ("asyncio", "runners.py", "selectors"),
    "HTTP client and transport": ("transport.py", "builtins.Client", "Request", "builtins.Response"),
    "adapter and JSON": ("providers/", "orjson", "json/"),
    "ledger": ("recorder.py", "ledger/", "sqlalchemy", "sqlite"),
    "engine, pacing, breaker": ("sending/engine/", "pacing.py", "breaker.py", "retry.py", "policy.py", "fcntl", "mmap"),
    "reading the plan": ("outbox.py", "pyarrow", "numpy"),
}


def run() -> dict[str, Any]:
    profile = cProfile.Profile()
    plain = sender.Sender.run

    def profiled(self: sender.Sender) -> list[LaneSummary]:
        return profile.runcall(plain, self)

    with nginx() as server, tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder:
        settings = {"FCM_URL": f"h2c://127.0.0.1:{server.h2_port}", "FCM_ACCESS_TOKEN": "x", "FCM_PROJECT_ID": "p"}
        campaign = Campaign(Path(folder), settings | {"SENDER_PROCESSES": "1"})
        campaign.prepare(MESSAGES, "provider: fcm\n")
        project = campaign.project
        sender.Sender.run = profiled  # type: ignore[method-assign]
        try:
            with lease_campaign(project.ledger, "a", new_owner()) as campaign_lease:
                definition = campaign.definition
                send_messages(project.layout, project.ledger, project.settings, campaign_lease, definition)
        finally:
            sender.Sender.run = plain  # type: ignore[method-assign]
    return {"messages": MESSAGES, "percent_of_the_loop": _shares(pstats.Stats(profile))}


def _shares(stats: pstats.Stats) -> dict[str, float]:
    seconds: Counter[str] = Counter()
    for (file, _, name), (_, _, own_s, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        where = f"{file} {name}"
        part = next((part for part, marks in _PARTS.items() if any(mark in where for mark in marks)), "other")
        seconds[part] += own_s
    total = sum(seconds.values())
    return {part: round(100 * own_s / total, 1) for part, own_s in seconds.most_common()}
