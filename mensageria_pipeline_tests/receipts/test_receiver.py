"""The receiver: who may post, what it keeps, and what it says when it cannot."""

import base64
import json
import logging
import sqlite3
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.receipts import ReceiptState
from mensageria_pipeline.receipts.receiver import MAX_BODY_BYTES, Receiver
from mensageria_pipeline_tests.receipts.posts import zenvia_answer, zenvia_status

TOKEN = "um-token-bem-comprido"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def client(ledger: Ledger) -> TestClient:
    return TestClient(Receiver(ledger, TOKEN).application())


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("Basic " + base64.b64encode(f"recibos:{TOKEN}".encode()).decode(), 200),
        ("Basic " + base64.b64encode(b"recibos:outro").decode(), 401),
        ("Basic !!!", 401),
        ("Bearer outro", 401),
        (f"Digest {TOKEN}", 401),
        ("", 401),
    ],
)
def test_only_who_knows_the_token_may_post(ledger: Ledger, authorization: str, status: int) -> None:
    """As a bearer, or as the password that SNS sends from a URL. Others leave nothing behind."""
    with client(ledger) as web:
        answer = web.post(
            "/recibos/zenvia", content=zenvia_status("e", "SENT"), headers={"authorization": authorization}
        )
    assert answer.status_code == status
    assert ledger.receipts.counts().open == (1 if status == 200 else 0)
    assert TOKEN not in answer.text


def test_the_same_event_is_kept_once(ledger: Ledger) -> None:
    """Known by the provider's own id; another provider may use the same."""
    with client(ledger) as web:
        for _ in range(10):
            assert web.post("/recibos/zenvia", content=zenvia_status("e", "SENT"), headers=BEARER).status_code == 200
    (report,) = ledger.receipts.in_state(ReceiptState.OPEN, 10)
    assert (report.event_id, report.delivery) == ("e", Delivery.SENT)


def test_no_phone_and_no_text_is_kept(ledger: Ledger, tmp_path: Path) -> None:
    """Of an answer only the keyed hash of who gave it."""
    with client(ledger) as web:
        web.post("/recibos/zenvia", content=zenvia_answer("e", "quero SAIR da lista", "5511987654321"), headers=BEARER)
    (report,) = ledger.receipts.in_state(ReceiptState.OPEN, 10)
    assert len(report.address_key) == 32
    for path in (tmp_path / "ledger").iterdir():
        content = path.read_bytes()
        assert b"987654321" not in content
        assert b"SAIR" not in content


@pytest.mark.parametrize(
    ("provider", "body", "status"),
    [
        ("zenvia", b"<html>", 400),
        ("zenvia", b"{}", 400),
        ("zenvia", b"[" * 5_000, 400),
        ("zenvia", b"x" * (MAX_BODY_BYTES + 1), 413),
        ("fcm", b"{}", 404),
        ("nenhum", b"{}", 404),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(ledger: Ledger, provider: str, body: bytes, status: int) -> None:
    """Garbage, giants, and providers that post nothing."""
    with client(ledger) as web:
        answer = web.post(f"/recibos/{provider}", content=body, headers=BEARER)
    assert answer.status_code == status
    assert len(answer.json()["error"]) > 10
    assert ledger.receipts.counts().open == 0


def test_what_cannot_be_written_is_not_acknowledged(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider posts again later; once the disk is there again, so is the receiver."""
    receiver = Receiver(ledger, TOKEN)
    real = ledger.receipts.append
    broken = True

    def append(reports: object) -> None:
        if broken:
            raise LedgerError("ledger_unwritable", problem="full", path="ledger")
        real(reports)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger.receipts, "append", append)
    with TestClient(receiver.application()) as web:
        refused = web.post("/recibos/zenvia", content=zenvia_status("e", "SENT"), headers=BEARER)
        assert web.get("/saude").status_code == 503
        broken = False
        taken = web.post("/recibos/zenvia", content=zenvia_status("e", "SENT"), headers=BEARER)
    assert (refused.status_code, taken.status_code) == (503, 200)
    assert ledger.receipts.counts().open == 1


def test_it_says_that_it_works(ledger: Ledger) -> None:
    """For a proxy or a monitor; no token needed, nothing told."""
    with client(ledger) as web:
        assert web.get("/saude").json() == {"ok": True}
        assert web.get("/recibos/zenvia").status_code == 405
        assert web.get("/").status_code == 404


def test_a_service_that_asks_for_a_confirmation_is_told_to_a_person(
    ledger: Ledger,
) -> None:
    """SNS posts nothing before: the log says which address to open, and SNS is asked for its password by realm."""
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("mensageria_pipeline.receipts.receiver").addHandler(handler)
    url = "https://sns.sa-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=x"
    ask = json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": url})
    with client(ledger) as web:
        assert web.post("/recibos/smtp", content=ask, headers=BEARER).status_code == 200
        refused = web.post("/recibos/smtp", content=ask)
    logging.getLogger("mensageria_pipeline.receipts.receiver").removeHandler(handler)
    assert any(url in line for line in logged)
    assert 'Basic realm="recibos"' in refused.headers.get_list("www-authenticate")


def test_every_report_is_on_disk_before_the_answer(ledger: Ledger, tmp_path: Path) -> None:
    """Seen by another connection while the receiver still runs."""
    with client(ledger) as web:
        web.post("/recibos/zenvia", content=zenvia_status("e", "SENT"), headers=BEARER)
        with sqlite3.connect(tmp_path / "ledger" / "receipts.db") as other:
            assert other.execute("SELECT count(*) FROM reports").fetchone() == (1,)
        other.close()
