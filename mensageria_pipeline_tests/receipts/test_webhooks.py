"""What providers that sign need of the receiver: the whole request, its address as they know it, and a handshake."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.receipts import ReceiptState
from mensageria_pipeline.providers.webhooks import (
    AnswersHandshakes,
    Handshake,
    Proof,
    SignsPosts,
    WebhookReceipts,
    WebhookReply,
    WebhookRequest,
)
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.receipts.strangers import MOST_FAILURES
from mensageria_pipeline.settings import Settings

KEY = b"chave"
PUBLIC = "https://avisos.exemplo.com.br/m"
URL = f"{PUBLIC}/recibos/acme?conta=1"
SETTINGS = Settings(Path(), Path())


def signature(url: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(KEY, url.encode() + body, hashlib.sha256)).decode()


class Acme:
    """Signs its address and what it posts, sends no token, and asks first whether it is welcome."""

    brings_token: ClassVar = False

    @staticmethod
    def proof(settings: Settings) -> Proof:
        def problem(request: WebhookRequest) -> str | None:
            said = request.headers.get("x-acme-signature", "")
            is_signed = hmac.compare_digest(said, signature(request.url, request.body))
            return None if is_signed else "receiver_bad_signature"

        return problem

    @staticmethod
    def proof_warning(settings: Settings) -> str | None:
        return None

    @staticmethod
    def handshake(settings: Settings) -> Handshake:
        def reply(request: WebhookRequest) -> WebhookReply | None:
            asked = parse_qs(urlsplit(request.url).query)
            return WebhookReply(asked["challenge"][0].encode()) if asked.get("word") == ["senha"] else None

        return reply

    @staticmethod
    def read_receipts(request: WebhookRequest) -> list[DeliveryReceipt]:
        said = parse_qs(request.body.decode(), strict_parsing=True)
        if "text" in said:
            return [DeliveryReceipt("e-2", None, answer=said["text"][0], channel="sms", address=said["from"][0])]
        return [DeliveryReceipt("e-1", None, Delivery.DELIVERED, said["status"][0])]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def receiver(ledger: Ledger) -> Receiver:
    return Receiver(
        ledger,
        "t" * 32,
        proofs={"acme": Acme.proof(SETTINGS)},
        handshakes={"acme": Acme.handshake(SETTINGS)},
        public_url=PUBLIC,
        adapter_of=lambda name: Acme if name in {"acme", "bare"} else None,
    )


def test_the_made_up_adapter_is_one() -> None:
    """It has the methods of each protocol."""
    adapter: object = Acme
    for protocol in (WebhookReceipts, SignsPosts, AnswersHandshakes):
        assert isinstance(adapter, protocol)


def test_a_signature_over_the_address_and_the_body_is_enough_where_there_is_no_token(ledger: Ledger) -> None:
    """The address is the proxy's, which the provider knows; a body of another form is the adapter's business."""
    body = b"status=entregue"
    with TestClient(receiver(ledger).application()) as web:
        signed = {"x-acme-signature": signature(URL, body)}
        assert web.post("/recibos/acme?conta=1", content=body, headers=signed).status_code == 200
        assert web.post("/recibos/acme?conta=2", content=body, headers=signed).status_code == 403
        assert web.post("/recibos/acme?conta=1", content=body + b"&x=1", headers=signed).status_code == 403
        assert web.post("/recibos/acme?conta=1", content=body).status_code == 403
    (report,) = ledger.receipts.in_state(ReceiptState.OPEN, 10)
    assert (report.provider, report.delivery, report.code) == ("acme", Delivery.DELIVERED, "entregue")


def test_without_a_proof_nothing_is_believed_without_a_token(ledger: Ledger) -> None:
    """An adapter alone opens no door: the receiver has to have been given what proves its posts."""
    with TestClient(receiver(ledger).application()) as web:
        assert web.post("/recibos/bare", content=b"status=entregue").status_code == 401
    assert ledger.receipts.counts().open == 0


def test_whoever_goes_on_signing_wrongly_is_told_to_wait(ledger: Ledger) -> None:
    """As with tokens: guessing and its noise end soon."""
    with TestClient(receiver(ledger).application()) as web:
        codes = [web.post("/recibos/acme", content=b"x").status_code for _ in range(MOST_FAILURES + 1)]
    assert codes == [403] * MOST_FAILURES + [429]


def test_a_handshake_is_answered_to_the_provider_only(ledger: Ledger) -> None:
    """What it wants to hear back, as text; anybody else is a stranger, and other providers have none."""
    with TestClient(receiver(ledger).application()) as web:
        known = web.get("/recibos/acme?word=senha&challenge=42<b>")
        assert (known.status_code, known.text) == (200, "42<b>")
        assert known.headers["content-type"].startswith("text/plain")
        assert web.get("/recibos/acme?word=outra&challenge=42").status_code == 401
        assert web.get("/recibos/acme?word=senha").status_code == 401
        assert web.head("/recibos/acme?word=senha&challenge=42").status_code == 405
        assert web.get("/recibos/zenvia?word=senha&challenge=42").status_code == 405
    assert ledger.receipts.counts().open == 0


@pytest.mark.parametrize(("text", "kept"), [("PARE", 1), ("Obrigado!", 0)])
def test_what_a_person_answers_is_read_by_the_receiver(ledger: Ledger, text: str, kept: int) -> None:
    """The adapter hands over text; of a wish to leave the wish is kept, of anything else nothing."""
    body = f"text={text}&from=5511987654321".encode()
    with TestClient(receiver(ledger).application()) as web:
        answer = web.post("/recibos/acme?conta=1", content=body, headers={"x-acme-signature": signature(URL, body)})
    assert (answer.status_code, answer.json()) == (200, {"received": kept})
    assert [report.wish for report in ledger.receipts.in_state(ReceiptState.OPEN, 10)] == ["leave"] * kept


def test_a_request_shows_nothing_of_itself() -> None:
    """Headers hold secrets, bodies and addresses hold persons."""
    request = WebhookRequest(b"5511987654321", {"authorization": "segredo"}, "https://x/?from=5511987654321")
    assert "5511987654321" not in repr(request)
    assert "segredo" not in repr(request)
