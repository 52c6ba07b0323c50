"""Terminate, a full disk, a locked ledger, a clock that jumps, a provider that is down for a while."""

import itertools
import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mensageria_pipeline.sending import engine
from mensageria_pipeline.sending.send import SendReport
from mensageria_pipeline_tests.conftest import SIMPLE_DEFINITION, Workbench
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Rates
from mensageria_pipeline_tests.faults.conftest import Field, is_alive, wait_until

LIVE = SIMPLE_DEFINITION + "provider: http\n"
_LOCKED_S = 30


@pytest.mark.parametrize("processes", ["1", "2"])
def test_terminate_drains_what_is_in_flight_and_running_again_goes_on(field: Field, processes: str) -> None:
    """Answers of requests under way are recorded: nothing is in doubt, and no process is left."""
    field.server.play(Rates(slow_s=0.3))
    field.prepare(3_000, "rate_per_s: 600\non_unknown: hold\n", SENDER_PROCESSES=processes)
    sending = field.start()
    field.wait_for_requests(400)
    senders = sending.senders()
    sending.process.send_signal(signal.SIGTERM)
    _, err = sending.process.communicate(timeout=30)
    assert sending.process.returncode == 130, err
    assert not any(is_alive(pid) for pid in senders)
    accepted = field.server.accepted_ids()
    assert 400 <= len(accepted) < 3_000
    counts = field.send()
    assert (counts["outcomes"]["accepted"], counts["unknown"]) == (3_000, 0)
    assert max(Counter(field.server.accepted_ids()).values()) == 1


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_full_disk_stops_the_sending_and_room_lets_it_go_on(field: Field, processes: str) -> None:
    """Files that may not grow stand for a disk that is full: what cannot be recorded is not sent."""
    field.prepare(4_000, "on_unknown: hold\n", SENDER_PROCESSES=processes)
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))"
    out, err = field.start(before=limit).process.communicate(timeout=120)
    sentence = out + err
    assert "registro de envios não pôde ser gravado" in sentence
    assert "Traceback" not in sentence
    sent = len(field.server.accepted_ids())
    assert 0 < sent < 4_000
    counts = field.send()
    assert counts["outcomes"]["accepted"] + counts["unknown"] == 4_000
    assert max(Counter(field.server.accepted_ids()).values()) == 1, "in doubt is held, not sent again"


def test_a_ledger_that_somebody_locks_is_waited_for(field: Field) -> None:
    """A backup, an analyst: for half a minute nothing is sent, then everything, once."""
    field.prepare(2_000, "rate_per_s: 1000\n", SENDER_PROCESSES="1")
    sending = field.start()
    field.wait_for_requests(300)
    with sqlite3.connect(field.project.layout.ledger_dir / "a" / "shard-000.db", timeout=20) as file:
        file.execute("BEGIN IMMEDIATE")
        time.sleep(1)
        seen = len(field.server.began)
        time.sleep(_LOCKED_S)
        assert len(field.server.began) == seen, "what cannot be recorded is not sent"
        file.rollback()
    file.close()
    assert sending.end()["outcomes"]["accepted"] == 2_000
    assert max(Counter(field.server.accepted_ids()).values()) == 1


def test_a_clock_that_jumps_back_changes_nothing(
    bench: Workbench, live: Callable[..., SendReport], provider_server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes are ordered by leases and numbers, waits and latencies by a clock that only goes forward."""
    jumps = itertools.count(step=60_000_000)
    monkeypatch.setattr(engine, "now_us", lambda: time.time_ns() // 1_000 - next(jumps))
    provider_server.script = lambda request: Answer(429) if request.number % 3 == 1 else Answer()
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(8)))
    report = live("a", default_batch_size=1)
    assert report.tally.outcomes["accepted"] == 8
    assert report.tally.is_conserved
    assert max(Counter(provider_server.accepted_ids()).values()) == 1
    assert live("a").settled == 0


def test_a_provider_that_is_down_for_a_while_costs_no_message(
    bench: Workbench, live: Callable[..., SendReport], tmp_path: Path
) -> None:
    """The breaker opens, a probe finds it back, and everything goes out."""
    with ProviderServer(tmp_path / "one.jsonl") as server:
        port = server.port
    bench.define("a", LIVE + "rate_per_s: 400\n")
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(800)))
    back: list[ProviderServer] = []

    def come_back() -> None:
        time.sleep(4)
        back.append(ProviderServer(tmp_path / "two.jsonl", port).__enter__())

    thread = threading.Thread(target=come_back)
    thread.start()
    report = live("a", api_provider_url=f"http://127.0.0.1:{port}/send", default_batch_size=1)
    thread.join()
    back[0].__exit__()
    assert report.tally.outcomes["accepted"] == 800
    (lane,) = report.lanes
    assert lane.breaker_openings >= 1
    assert lane.events["retry"] < 200, "while it was open, no attempt was burned"


def test_a_stopped_sender_that_wakes_up_writes_and_sends_nothing(field: Field) -> None:
    """SIGSTOP for longer than a lease: it was taken over, and its fence keeps it out."""
    field.server.play(Rates(slow_s=0.05))
    field.prepare(4_000, "rate_per_s: 800\non_unknown: hold\n", SENDER_PROCESSES="1")
    sleeper = field.start()
    field.wait_for_requests(300)
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    successor = field.start()
    seen = len(field.server.began)
    wait_until(lambda: len(field.server.began) > seen + 200)
    os.kill(sleeper.process.pid, signal.SIGCONT)
    out, err = sleeper.process.communicate(timeout=60)
    assert "Outra execução assumiu" in out + err, out + err
    counts = successor.end()
    assert counts["outcomes"]["accepted"] + counts["unknown"] == 4_000
    assert max(Counter(field.server.accepted_ids()).values()) == 1
