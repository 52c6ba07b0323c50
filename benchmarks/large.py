"""A million messages: what is left to send after half of them, and the memory of the senders.

python -m benchmarks large
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.campaigns import Campaign, Sent, write_accepted
from benchmarks.nginx import nginx
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.sending.remaining import find_remaining
from mensageria_pipeline.storage.layout import Asset

MESSAGES = 1_000_000
SMALLER = 100_000
_REPEATS = 3
_SHARDS = 2


def run() -> dict[str, Any]:
    with nginx() as server, tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder:
        settings = {"FCM_URL": f"h2c://127.0.0.1:{server.h2_port}", "FCM_ACCESS_TOKEN": "x", "FCM_PROJECT_ID": "p"}
        small, large = (Campaign(Path(folder) / name, settings) for name in ("small", "large"))
        small.prepare(SMALLER, "provider: fcm\n")
        large.prepare(MESSAGES, "provider: fcm\n")
        resume = _resume(large)
        large.forget()
        sent = {SMALLER: _send(small, SMALLER), MESSAGES: _send(large, MESSAGES)}
    return {
        "messages": MESSAGES,
        "what_is_left_s": resume,
        "sender_mib": {count: round(each.sender_mib) for count, each in sent.items()},
        "sender_growth": round(sent[MESSAGES].sender_mib / sent[SMALLER].sender_mib, 2),
        "parent_mib": {count: round(each.parent_mib) for count, each in sent.items()},
    }


def _send(campaign: Campaign, messages: int) -> Sent:
    sent = campaign.send()
    assert sent.counts["outcomes"]["accepted"] == messages, sent.counts
    return sent


def _resume(campaign: Campaign) -> float:
    """Seconds to find what is left, with half of the plan accepted: the median."""
    project, plan = campaign.project, campaign.project.layout.table(Asset.MESSAGES, "a")
    ids = pq.read_table(plan, columns=["message_id"])["message_id"].to_pylist()[: MESSAGES // 2]
    with lease_campaign(project.ledger, "a", new_owner()) as campaign_lease:
        write_accepted(project, campaign_lease, ids, "live", _SHARDS)
    seconds = []
    for _ in range(_REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            left = find_remaining(plan, project.ledger.journal("a"))
            left.write(Path(folder), _SHARDS)
            seconds.append(time.perf_counter() - started)
            assert left.count == MESSAGES - len(ids)
    return round(statistics.median(seconds), 2)
