"""kill -9 at random moments: every message ends once, and what is in doubt is listed."""

import json
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from mensageria_pipeline.sending.policy import MAX_IN_FLIGHT
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.storage.times import DEFAULT_TIMES
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer, Rates
from mensageria_pipeline_tests.faults.field import Field, is_alive
from mensageria_pipeline_tests.needs import MACHINE
from mensageria_pipeline_tests.waiting import wait_until

pytestmark = MACHINE
SENDERS = 2
_RATE_PER_S = 1_500
_TROUBLE = 0.05


@dataclass(frozen=True)
class Size:
    """How long a fault run is. Each kill comes at most 0.8 s after the first request: there are messages for all."""

    kills: int
    messages: int


SIZES = [
    pytest.param(Size(kills=3, messages=5_000), id="short"),
    pytest.param(Size(kills=20, messages=20_000), id="long", marks=pytest.mark.long),
]


def _kill_until_done(field: Field, on_unknown: str, seed: int, size: Size) -> dict[str, Any]:
    """Kill the whole tree at random moments of sending, then let it end; the last counts."""
    draw = Random(seed)
    field.server.play(Rates(throttled=_TROUBLE, reset=_TROUBLE, failed=_TROUBLE, seed=seed))
    field.prepare(
        size.messages, f"on_unknown: {on_unknown}\nrate_per_s: {_RATE_PER_S}\n", SENDER_PROCESSES=str(SENDERS)
    )
    for _ in range(size.kills):
        seen = len(field.server.began)
        sending = field.start()
        field.wait_for_requests(seen + 1)
        time.sleep(draw.uniform(0.02, 0.8))
        assert sending.process.poll() is None, "killed in the middle"
        sending.kill()
    return field.send()


@pytest.mark.parametrize("size", SIZES)
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path, size: Size) -> None:
    """A provider that resets, throttles and fails at 5 % each, kill after kill; hold and resend at once."""
    with (
        ProviderServer(tmp_path / "hold.jsonl") as first,
        ProviderServer(tmp_path / "resend.jsonl") as second,
        ThreadPoolExecutor(2) as pool,
    ):
        fields = {"hold": Field(tmp_path / "hold", first), "resend": Field(tmp_path / "resend", second)}
        ends = {name: pool.submit(_kill_until_done, field, name, len(name), size) for name, field in fields.items()}
        counts = {name: end.result() for name, end in ends.items()}
    _check_hold(fields["hold"], counts["hold"], size)
    _check_resend(fields["resend"], counts["resend"], size)
    for name, found in counts.items():
        copies = Counter(fields[name].server.accepted_ids())
        print(
            f"{name}: {found['outcomes']['accepted']} accepted, {found['unknown']} unknown, "
            f"{sum(count - 1 for count in copies.values())} second copies, {found['attempts']} attempts"
        )


def _check_hold(field: Field, counts: dict[str, Any], size: Size) -> None:
    accepted = Counter(field.server.accepted_ids())
    rows = _results(field, Asset.SEND_RESULTS)
    by_outcome: dict[str, set[str]] = {"accepted": set(), "unknown": set()}
    for row in rows:
        by_outcome.setdefault(row["outcome"], set()).add(row["message_id"])
    ambiguous = len(field.server.began) - len(field.server.requests) + field.server.resets
    assert counts["messages"] == size.messages
    assert set(by_outcome) == {"accepted", "unknown"}, "nothing is pending, nothing failed for good"
    assert by_outcome["accepted"] <= set(accepted), "what counts as accepted was accepted"
    assert set(accepted) <= by_outcome["accepted"] | by_outcome["unknown"], "0 lost"
    assert max(accepted.values()) == 1, "0 doubled"
    assert counts["unknown"] <= size.kills * SENDERS * MAX_IN_FLIGHT + ambiguous


def _check_resend(field: Field, counts: dict[str, Any], size: Size) -> None:
    accepted = Counter(field.server.accepted_ids())
    doubtful = {row["message_id"] for row in _results(field, Asset.ATTEMPTS) if row["verdict"] == "unknown"}
    assert (counts["messages"], counts["outcomes"]["accepted"], counts["unknown"]) == (size.messages, size.messages, 0)
    assert len(accepted) == size.messages, "0 lost"
    assert {message_id for message_id, copies in accepted.items() if copies > 1} <= doubtful, "only in-doubt ones again"
    assert all(entry["key"] == entry["id"] for entry in field.server.accepted()), "under the same id"


def _results(field: Field, asset: Asset) -> list[dict[str, Any]]:
    folder = field.project.layout.partition_dir(asset, "a")
    return [row for path in folder.glob("*.parquet") for row in pq.ParquetFile(path).read().to_pylist()]


def test_a_dead_sender_is_replaced(field: Field) -> None:
    """Its shard is taken over once its lease has run out; the others go on meanwhile."""
    field.server.play(Rates(slow_s=0.02))
    field.prepare(6_000, "rate_per_s: 800\n", SENDER_PROCESSES="2")
    sending = field.start()
    field.wait_for_requests(500)
    victim, survivor = sending.senders()
    os.kill(victim, signal.SIGKILL)
    counts = sending.end()
    assert counts["outcomes"]["accepted"] == 6_000
    doubtful = {row["message_id"] for row in _results(field, Asset.ATTEMPTS) if row["verdict"] == "unknown"}
    copies = Counter(field.server.accepted_ids())
    assert {name for name, count in copies.items() if count > 1} <= doubtful
    assert len(doubtful) <= MAX_IN_FLIGHT
    assert not is_alive(survivor)


def test_a_sender_that_somebody_ends_is_replaced_at_once(field: Field) -> None:
    """SIGTERM: it drains, gives its lease back, and what is left of its shard goes on."""
    field.server.play(Rates(slow_s=0.02))
    field.prepare(4_000, "rate_per_s: 800\non_unknown: hold\n", SENDER_PROCESSES="2")
    sending = field.start()
    field.wait_for_requests(500)
    os.kill(sending.senders()[0], signal.SIGTERM)
    counts = sending.end()
    assert (counts["outcomes"]["accepted"], counts["unknown"], counts["problem"]) == (4_000, 0, None)
    assert max(Counter(field.server.accepted_ids()).values()) == 1


def test_no_sender_outlives_its_parent(field: Field) -> None:
    """The parent is killed alone: its senders record what is in flight, give their leases back and are gone."""
    field.server.play(Rates(slow_s=0.3))
    field.prepare(5_000, "rate_per_s: 500\non_unknown: hold\n", SENDER_PROCESSES="2")
    sending = field.start()
    field.wait_for_requests(300)
    senders = sending.senders()
    assert len(senders) == 2
    sending.process.kill()
    sending.process.communicate()
    wait_until(lambda: not any(is_alive(pid) for pid in senders))
    counts = field.send()
    assert (counts["outcomes"]["accepted"], counts["unknown"]) == (5_000, 0), "they drained before they went"
    assert max(Counter(field.server.accepted_ids()).values()) == 1


def test_runs_of_one_campaign_started_together_send_it_once(tmp_path: Path, provider_server: ProviderServer) -> None:
    """Two, then four: one sends, the others follow it and find nothing left."""
    field = Field(tmp_path / "projeto", provider_server, DEFAULT_TIMES)
    field.server.play(Rates(slow_s=0.01))
    for number, runs in enumerate((2, 4)):
        campaign = f"c{number}"
        field.prepare(1_500, "rate_per_s: 1500\n", campaign=campaign, SENDER_PROCESSES="2")
        together = [field.start(campaign) for _ in range(runs)]
        ends = [sending.end() for sending in together]
        assert sum(end["settled"] for end in ends) == 1_500
        assert all(end["outcomes"]["accepted"] == 1_500 for end in ends)
    copies = Counter(json.dumps(entry["id"]) for entry in field.server.accepted())
    assert len(copies) == 3_000
    assert max(copies.values()) == 1
