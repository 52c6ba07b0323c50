"""kill -9 of the receiver under load: what was answered 200 is in the result."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import duckdb
import pytest

from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment, prepare_root
from mensageria_pipeline_tests.fakes.ports import free_port
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.needs import MACHINE
from mensageria_pipeline_tests.receipts.posts import zenvia_status
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until
from mensageria_pipeline_tests.workbench import Workbench

pytestmark = MACHINE
_EVENTS_A_KILL = 150
"""Enough for posters to be busy until the last kill."""
POSTERS = 8
TOKEN = "um-token-bem-comprido-de-32-letras"


class _Receiver:
    """The receiver as a person starts it, on one port for all its lives."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-c",
            "from mensageria_pipeline.cli import main; main()",
            "receiver",
            "-p",
            str(self.port),
        ]
        self.process = subprocess.Popen(
            command, cwd=self._root, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _post_until_taken(
    port: int, bodies: list[bytes], acknowledge: Callable[[int], None], stop: threading.Event
) -> None:
    """As a provider does: each event again and again until it is answered 200."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    for number, body in enumerate(bodies):
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("POST", "/recibos/zenvia", body, headers)
                if connection.getresponse().status == 200:
                    acknowledge(number)
                    break
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            finally:
                connection.close()


@pytest.mark.parametrize("kills", [pytest.param(2, id="short"), pytest.param(6, id="long", marks=pytest.mark.long)])
def test_what_was_answered_200_is_in_the_result(tmp_path: Path, provider_server: ProviderServer, kills: int) -> None:
    """Kills while eight posters report on messages; half of the events are posted twice on purpose."""
    root, messages = tmp_path / "projeto", kills * _EVENTS_A_KILL
    prepare_root(
        root,
        INPUT_SETTLE_SECONDS="0",
        ZENVIA_URL=provider_server.base_url,
        ZENVIA_TOKEN="x",
        ZENVIA_FROM="loja",
        RECEIVER_TOKEN=TOKEN,
    )
    bench = Workbench(Project.load(root))
    bench.define("a", "provider: zenvia\ntemplate: {body: Oi}\n")
    bench.drop("a", "id;telefone\n" + "".join(f"{n};119{80000000 + n}\n" for n in range(messages)))
    assert bench.run("a").tally.outcomes["accepted"] == messages
    ids = [row["message_id"] for row in bench.rows(Asset.MESSAGES, "a")]
    receiver, draw, stop = _Receiver(root), Random(5), threading.Event()
    acknowledged: set[str] = set()
    posters = []
    for poster in range(POSTERS):
        mine = ids[poster::POSTERS]
        codes = ["DELIVERED" if n % 3 else "READ" for n in range(len(mine))]
        events = list(zip(mine, codes, strict=True))
        events = [event for event in events for _ in range(1 + draw.randrange(2))]
        bodies = [zenvia_status(f"{name}-{code}", code, name) for name, code in events]

        def acknowledge(number: int, events: list[tuple[str, str]] = events) -> None:
            acknowledged.add(events[number][0])

        posters.append(
            threading.Thread(target=_post_until_taken, args=(receiver.port, bodies, acknowledge, stop), daemon=True)
        )
    for thread in posters:
        thread.start()
    killed = 0
    try:
        while any(thread.is_alive() for thread in posters):
            time.sleep(0.05 + draw.random() * 0.25)
            if killed < kills and len(acknowledged) < messages:
                receiver.kill()
                killed += 1
                receiver.start()
        for thread in posters:
            thread.join(PATIENCE_S)
    finally:
        stop.set()
        receiver.kill()
    assert killed == kills, "the load ended before the kills did"
    assert acknowledged == set(ids)
    found = process_receipts(Project.load(root))
    assert (found.taken, found.awaiting_match) == (messages, 0)
    path = bench.layout.partition_dir(Asset.SEND_RESULTS, "a") / "edition-1-live.parquet"
    rows = duckdb.sql(f"SELECT outcome, delivery, count(*) FROM read_parquet('{path}') GROUP BY ALL").fetchall()
    assert sum(count for _, _, count in rows) == messages
    assert {(outcome, delivery) for outcome, delivery, _ in rows} == {("accepted", "delivered"), ("accepted", "read")}
