"""The receiver's door: tokens, strangers, and connections that say nothing or say it slowly."""

import asyncio
import contextlib
import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from rich.table import Table
from starlette.testclient import TestClient

from mensageria_pipeline import logs
from mensageria_pipeline.cli import console
from mensageria_pipeline.cli import receipts as command
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.providers.registry import declared_variables
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.receipts.slow import BoundedProtocol
from mensageria_pipeline.receipts.strangers import MOST_FAILURES, Strangers
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings, load_settings
from mensageria_pipeline_tests.receipts.posts import ses_bounce, zenvia_status
from mensageria_pipeline_tests.waiting import PATIENCE_S

A, B = "a" * 32, "b" * 32
HALF = b"POST /recibos/zenvia HTTP/1.1\r\nHost: x\r\nX-Slow: "


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


# Tokens.


def test_each_provider_has_its_own_token(tmp_path: Path) -> None:
    """Who sees one provider's cannot report for another; the general one is for those that have none."""
    receiver = Receiver(Ledger(tmp_path), A, {"zenvia": B})
    with TestClient(receiver.application()) as web:
        for number, (provider, token, status) in enumerate(
            [("zenvia", B, 200), ("zenvia", A, 401), ("smtp", A, 200), ("smtp", B, 401), ("smtp", "", 401)]
        ):
            body = zenvia_status(f"e{number}", "SENT") if provider == "zenvia" else ses_bounce("f" * 32)
            assert web.post(f"/recibos/{provider}", content=body, headers=bearer(token)).status_code == status
    with TestClient(Receiver(Ledger(tmp_path), "", {"zenvia": B}).application()) as web:
        for token in ("", A):
            assert web.post("/recibos/smtp", content=ses_bounce("f"), headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    "found", [{"RECEIVER_TOKEN": "a"}, {"RECEIVER_TOKEN": A, "RECEIVER_TOKEN_ZENVIA": "b" * 31}, {}]
)
def test_a_short_token_starts_no_receiver(tmp_path: Path, found: dict[str, str]) -> None:
    """It says which, how long it has to be, and proposes one; other commands go on."""
    project = Project(load_settings(tmp_path, found))
    with pytest.raises(SettingsError) as caught:
        command._receiver(project)
    assert "32" in caught.value.text() or caught.value.key == "receiver_no_token"
    assert "b" * 31 not in caught.value.text()
    assert len(str(caught.value.values["proposal"])) >= 32


def test_tokens_of_adapters_of_other_packages_are_found(tmp_path: Path) -> None:
    """And none of them is shown."""
    (tmp_path / ".env").write_text(f"RECEIVER_TOKEN_ACME={A}\nRECEIVER_TOKEN_SMTP={B}\n")
    settings = load_settings(tmp_path, {})
    assert settings.receiver_tokens == {"acme": A, "smtp": B}
    assert A not in repr(settings)
    assert {A, B} <= set(settings.secrets)
    receiver = command._receiver(Project(settings))
    assert set(receiver.proofs) == {"smtp"}
    assert A not in repr(receiver)


@pytest.mark.parametrize("topics", ["ses", "arn:aws:sns:sa-east-1:1:x", "arn:aws:s3:sa-east-1:123456789012:x"])
def test_a_topic_that_is_none_is_refused(tmp_path: Path, topics: str) -> None:
    """It would let nobody in, and say nothing."""
    with pytest.raises(SettingsError, match="RECEIVER_SNS_TOPICS"):
        load_settings(tmp_path, {"RECEIVER_SNS_TOPICS": topics}, declared_variables())


def test_posts_that_are_not_signed_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """A token alone does not make a post Amazon's."""
    project = Project(replace(Settings(root=tmp_path, data_dir=tmp_path / "data"), receiver_token=A))
    receiver = command._receiver(project)
    with TestClient(receiver.application()) as web:
        answer = web.post("/recibos/smtp", content=ses_bounce("f" * 32), headers=bearer(A))
        assert (answer.status_code, "SNS" in answer.json()["error"]) == (403, True)
        assert web.post("/recibos/zenvia", content=zenvia_status("e", "SENT"), headers=bearer(A)).status_code == 200
    assert project.ledger.receipts.counts().open == 1


# Strangers.


def test_an_address_that_goes_on_guessing_is_told_to_wait(tmp_path: Path) -> None:
    """Whoever knows the token passes all the same: behind a proxy all may come from one address."""
    with TestClient(Receiver(Ledger(tmp_path), A).application()) as web:
        codes = [web.post("/recibos/zenvia", headers=bearer("x")).status_code for _ in range(MOST_FAILURES + 3)]
        assert codes == [401] * MOST_FAILURES + [429] * 3
        assert web.post("/recibos/zenvia", content=zenvia_status("e", "SENT"), headers=bearer(A)).status_code == 200


def test_failures_are_counted_by_network_and_forgotten() -> None:
    """One /64 of IPv6 is one; after a minute it is over."""
    now = [0.0]
    strangers = Strangers(lambda: now[0])
    assert [strangers.failed(f"2001:db8::{number}") for number in range(MOST_FAILURES + 1)][-2:] == [False, True]
    assert not strangers.failed("2001:db8:1::1")
    assert not strangers.failed("no address")
    now[0] = 61.0
    assert not strangers.failed("2001:db8::1")


# Slow connections.


class Quick(BoundedProtocol):
    """The same with shorter patience, and connections of its own."""

    head_s, body_s, most_waiting = 1.0, 1.0, 64
    _waiting = type(BoundedProtocol._waiting)()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A receiver that listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = Receiver(Ledger(tmp_path), A).application()
        config = uvicorn.Config(app, http=Quick, log_level="critical", lifespan="on", ws="none", timeout_keep_alive=30)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        thread.join(PATIENCE_S)


def healthy(address: tuple[str, int]) -> bool:
    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"GET /saude HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b"200 OK" in connection.recv(1_000)


def asks_again(connection: socket.socket) -> bool:
    connection.sendall(b"GET /saude HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}") and (part := connection.recv(1_000)):
        answer += part
    return answer.startswith(b"HTTP/1.1 200 OK")


def is_ended(connection: socket.socket, timeout_s: float = 10) -> bool:
    connection.settimeout(timeout_s)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_hundreds_of_half_sent_requests_hold_up_nobody(address: tuple[str, int]) -> None:
    """The oldest go for newer ones: whoever says what they want at once is served."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(address, 5)) for _ in range(300)]
        for connection in slow:
            with contextlib.suppress(ConnectionError):  # some are gone already
                connection.sendall(HALF)
        assert healthy(address)
        assert all(is_ended(connection) for connection in slow[:200])


@pytest.mark.parametrize("said", [b"", HALF, b"POST /sair/a/b/c HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"])
def test_a_request_that_does_not_arrive_ends(address: tuple[str, int], said: bytes) -> None:
    """Nothing at all, half a head, no body."""
    with socket.create_connection(address, 5) as connection:
        connection.sendall(said)
        connection.settimeout(10)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(1_000):
                answer += part
        assert answer.startswith(b"HTTP/1.1 404") or answer == b""


def test_one_byte_now_and_then_buys_no_time(address: tuple[str, int]) -> None:
    """The deadline is for the whole head."""
    with socket.create_connection(address, 5) as connection:
        connection.sendall(HALF)
        ended = time.monotonic() + 5
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < ended:
                connection.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() < ended


def test_a_connection_that_is_used_again_is_as_good_as_new(address: tuple[str, int]) -> None:
    """Several requests one after the other, then half a one: only that ends."""
    with socket.create_connection(address, 5) as connection:
        for _ in range(3):
            assert asks_again(connection)
        time.sleep(1.5)
        assert asks_again(connection)
        connection.sendall(HALF)
        assert is_ended(connection)


# Terminals.


def test_a_terminal_obeys_nothing_that_others_said() -> None:
    """Neither in logs nor in what commands show: file names, headers and providers' words are only shown."""
    evil = "\x1b]0;dono\x07\x9b31m\u202e nome\r\x08"
    shown = io.StringIO()
    for writer in (console.out, console.err):
        assert isinstance(writer, type(console.out))
    terminal = type(console.out)(file=shown, force_terminal=False, width=200)
    table = Table()
    table.add_column(evil)
    table.add_row(evil)
    terminal.print(table)
    terminal.print(evil, markup=False)
    record = logging.LogRecord("x", logging.WARNING, "x", 1, evil, None, None)
    text = shown.getvalue() + logs.printable(logs._Sentences("%(message)s").format(record))
    assert not [letter for letter in text if letter in evil and not letter.isprintable()]
    assert "\\x1b]0;dono" in text
    assert logs.printable("ação\n\tlinha") == "ação\n\tlinha"
