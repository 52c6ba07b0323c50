"""Terminate, a full disk, a locked ledger, a clock that jumps, a provider that is down for a while."""

import contextlib
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

from mensageria_pipeline.sending.engine import lane_journal
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Rates
from mensageria_pipeline_tests.faults.field import Field, is_alive, state_of
from mensageria_pipeline_tests.needs import CRASH
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

pytestmark = CRASH
LIVE = SIMPLE_DEFINITION + "provider: http\n"
_LOCKED_LEASES = 4


@pytest.mark.parametrize("processes", ["1", "2"])
def test_terminate_drains_what_is_in_flight_and_running_again_goes_on(field: Field, processes: str) -> None:
    """Answers of requests under way are recorded: nothing is in doubt, and no process is left."""
    field.server.play(Rates(slow_s=0.3))
    field.prepare(3_000, "rate_per_s: 600\non_unknown: hold\n", SENDER_PROCESSES=processes)
    sending = field.start()
    field.wait_for_requests(400)
    senders = sending.senders()
    sending.process.send_signal(signal.SIGTERM)
    _, err = sending.process.communicate(timeout=PATIENCE_S)
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
    out, err = field.start(before=limit).process.communicate(timeout=PATIENCE_S)
    sentence = out + err
    assert "registro de envios não pôde ser gravado" in sentence
    assert "Traceback" not in sentence
    sent = len(field.server.accepted_ids())
    assert 0 < sent < 4_000
    counts = field.send()
    assert counts["outcomes"]["accepted"] + counts["unknown"] == 4_000
    assert max(Counter(field.server.accepted_ids()).values()) == 1, "in doubt is held, not sent again"


def _settled_count(field: Field) -> int:
    """How many requests began, once none does for a second: those that were recorded before the lock have left."""
    seen = -1
    while seen != (seen := len(field.server.began)):
        time.sleep(1)
    return seen


def test_a_ledger_that_somebody_locks_is_waited_for(field: Field) -> None:
    """A backup, an analyst: for longer than a lease takes to run out nothing is sent, then everything, once."""
    field.prepare(2_000, "rate_per_s: 1000\n", SENDER_PROCESSES="1")
    sending = field.start()
    field.wait_for_requests(300)
    with sqlite3.connect(field.project.layout.ledger_dir / "a" / "shard-000.db", timeout=20) as file:
        file.execute("BEGIN IMMEDIATE")
        seen = _settled_count(field)
        time.sleep(_LOCKED_LEASES * field.times.lease_s)
        assert len(field.server.began) == seen, "what cannot be recorded is not sent"
        file.rollback()
    file.close()
    assert sending.end()["outcomes"]["accepted"] == 2_000
    assert max(Counter(field.server.accepted_ids()).values()) == 1


def test_a_clock_that_jumps_back_changes_nothing(
    bench: Workbench, live: Callable[..., SendSummary], provider_server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes are ordered by leases and numbers, waits and latencies by a clock that only goes forward."""
    jumps = itertools.count(step=60_000_000)
    monkeypatch.setattr(lane_journal, "now_us", lambda: time.time_ns() // 1_000 - next(jumps))
    provider_server.script = lambda request: Answer(429) if request.number % 3 == 1 else Answer()
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(8)))
    report = live("a", default_batch_size=1)
    assert report.tally.outcomes["accepted"] == 8
    assert report.tally.is_conserved
    assert max(Counter(provider_server.accepted_ids()).values()) == 1
    assert live("a").settled == 0


def test_a_provider_that_is_down_for_a_while_costs_no_message(
    bench: Workbench, live: Callable[..., SendSummary], tmp_path: Path
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


def _stop_between_writes(field: Field, pid: int) -> None:
    """SIGSTOP while the process is not in the middle of a transaction: there nobody could take over, for it holds the
    file."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid) == "T")
        try:
            for file in field.project.layout.ledger_dir.rglob("*.db"):
                with contextlib.closing(sqlite3.connect(file, timeout=0.2)) as database:
                    database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            os.kill(pid, signal.SIGCONT)
        else:
            return


def test_a_stopped_sender_that_wakes_up_writes_and_sends_nothing(field: Field) -> None:
    """SIGSTOP for longer than a lease: it was taken over, and its fence keeps it out."""
    field.server.play(Rates(slow_s=0.05))
    field.prepare(4_000, "rate_per_s: 800\non_unknown: hold\n", SENDER_PROCESSES="1")
    sleeper = field.start()
    field.wait_for_requests(300)
    _stop_between_writes(field, sleeper.process.pid)
    successor = field.start()
    seen = len(field.server.began)
    wait_until(lambda: len(field.server.began) > seen + 200 or successor.process.poll() is not None)
    assert successor.process.returncode is None, successor.process.communicate()
    os.kill(sleeper.process.pid, signal.SIGCONT)
    out, err = sleeper.process.communicate(timeout=PATIENCE_S)
    assert "Outra execução assumiu" in out + err, out + err
    counts = successor.end()
    assert counts["outcomes"]["accepted"] + counts["unknown"] == 4_000
    assert max(Counter(field.server.accepted_ids()).values()) == 1
