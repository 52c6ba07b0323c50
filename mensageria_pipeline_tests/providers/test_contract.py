"""One contract suite over every registered provider, each against a local server that plays its documented answers."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt
from mensageria_pipeline.definition.message import Email, Simulation
from mensageria_pipeline.providers.contract import Provider
from mensageria_pipeline.providers.email_message import EmailWriter
from mensageria_pipeline.providers.expo import ExpoProvider
from mensageria_pipeline.providers.fcm import FcmProvider
from mensageria_pipeline.providers.http import GenericHttpProvider
from mensageria_pipeline.providers.registry import PROVIDERS
from mensageria_pipeline.providers.simulated import SimulatedProvider
from mensageria_pipeline.providers.smtp import SmtpProvider
from mensageria_pipeline.providers.smtp import SmtpServer as Server
from mensageria_pipeline.providers.webhooks import WebhookRequest
from mensageria_pipeline.providers.zenvia import ZenviaProvider
from mensageria_pipeline.testing.counterparts import TIMEOUT_S, Case, Counterpart, HttpSamples
from mensageria_pipeline.testing.loopback import Answer
from mensageria_pipeline.testing.provider_contract import ProviderContract
from mensageria_pipeline_tests.fakes.smtp_server import BREAK, SILENT, SmtpServer
from mensageria_pipeline_tests.receipts.posts import zenvia_answer, zenvia_status

ID = "0123456789abcdef0123456789abcdef"
WAIT = {"retry-after": "7"}
NEW = "SOMETHING_NEW"


def answer(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, json.dumps(body).encode(), headers)


def message(channel: str, address: str, **changes: Any) -> Message:
    return Message(ID, channel, address, "key", "Olá, Ana", "Seu crédito já está aqui.", {"link": "x"})._replace(
        **changes
    )


def fcm_error(status: int, code: str) -> Answer:
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
    return answer(status, {"error": {"code": status, "message": "…", "status": "X", "details": [detail]}})


def http_result(status: str, code: str) -> Answer:
    return answer(200, {"results": [{"id": ID, "status": status, "code": code}]})


def ticket(error: str) -> Answer:
    return answer(200, {"data": [{"status": "error", "message": "…", "details": {"error": error}}]})


def zenvia_error(status: int, code: str, *paths: str) -> Answer:
    details = [{"code": "x", "path": path, "message": "…"} for path in paths]
    return answer(status, {"code": code, "message": "…", "details": details})


class TestHttp(ProviderContract):
    samples = HttpSamples(
        name="http",
        create=lambda url: GenericHttpProvider(f"{url}/send", "segredo", 200),
        message=message("push", "tok-1"),
        path="/send",
        headers={"authorization": "Bearer segredo", "content-type": "application/json", "idempotency-key": ID},
        body={
            "messages": [
                {
                    "id": ID,
                    "channel": "push",
                    "to": "tok-1",
                    "title": "Olá, Ana",
                    "body": "Seu crédito já está aqui.",
                    "data": {"link": "x"},
                }
            ]
        },
        answers={
            Case.ACCEPT: answer(200, {"results": [{"id": ID, "status": "accepted", "provider_message_id": "p1"}]}),
            Case.REJECT: http_result("rejected", "REFUSED"),
            Case.DEAD_ADDRESS: http_result("invalid_address", "GONE"),
            Case.THROTTLE: Answer(429, b"", WAIT),
            Case.CREDENTIALS: Answer(401),
            Case.SERVER_ERROR: Answer(500),
            Case.UNLISTED: http_result("who_knows", NEW),
            Case.MISSING: answer(200, {"results": [{"id": ID}]}),
            Case.CONTRADICTION: answer(
                200, {"results": [{"id": ID, "status": "accepted"}, {"id": ID, "status": "rejected", "code": "X"}]}
            ),
        },
    )


class TestFcm(ProviderContract):
    samples = HttpSamples(
        name="fcm",
        create=lambda url: FcmProvider("projeto", url=url, token="segredo"),
        message=message("push", "cAbCdEfGhIjKlMnOpQrStU"),
        path="/v1/projects/projeto/messages:send",
        headers={"authorization": "Bearer segredo", "content-type": "application/json"},
        body={
            "message": {
                "fid": "cAbCdEfGhIjKlMnOpQrStU",
                "notification": {"title": "Olá, Ana", "body": "Seu crédito já está aqui."},
                "android": {"notification": {"tag": ID}},
                "apns": {"headers": {"apns-collapse-id": ID}},
                "webpush": {"headers": {"Topic": ID}},
                "data": {"link": "x"},
            }
        },
        answers={
            Case.ACCEPT: answer(200, {"name": "projects/projeto/messages/0:1"}),
            Case.REJECT: fcm_error(400, "INVALID_ARGUMENT"),
            Case.DEAD_ADDRESS: fcm_error(404, "UNREGISTERED"),
            Case.THROTTLE: Answer(429, fcm_error(429, "QUOTA_EXCEEDED").body, WAIT),
            Case.CREDENTIALS: fcm_error(401, "THIRD_PARTY_AUTH_ERROR"),
            Case.SERVER_ERROR: fcm_error(500, "INTERNAL"),
            Case.UNLISTED: fcm_error(400, NEW),
        },
    )


class TestExpo(ProviderContract):
    samples = HttpSamples(
        name="expo",
        create=lambda url: ExpoProvider(url=url, token="segredo"),
        message=message("push", "ExponentPushToken[abc]"),
        path="/--/api/v2/push/send",
        headers={"authorization": "Bearer segredo", "content-type": "application/json"},
        body=[
            {
                "to": "ExponentPushToken[abc]",
                "title": "Olá, Ana",
                "body": "Seu crédito já está aqui.",
                "data": {"link": "x"},
            }
        ],
        answers={
            Case.ACCEPT: answer(200, {"data": [{"status": "ok", "id": "t-1"}]}),
            Case.REJECT: ticket("MessageTooBig"),
            Case.DEAD_ADDRESS: ticket("DeviceNotRegistered"),
            Case.THROTTLE: Answer(429, b'{"errors": [{"code": "TOO_MANY_REQUESTS"}]}', WAIT),
            Case.CREDENTIALS: answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "…"}]}),
            Case.SERVER_ERROR: Answer(502),
            Case.UNLISTED: ticket(NEW),
        },
    )


class TestZenvia(ProviderContract):
    samples = HttpSamples(
        name="zenvia",
        create=lambda url: ZenviaProvider("segredo", "loja", url=url),
        message=message("sms", "+5511987654321", title="", data={}),
        path="/v2/channels/sms/messages",
        headers={"x-api-token": "segredo", "content-type": "application/json"},
        body={
            "externalId": ID,
            "from": "loja",
            "to": "5511987654321",
            "contents": [{"type": "text", "text": "Seu crédito já está aqui.", "encodingStrategy": "AUTO"}],
        },
        answers={
            Case.ACCEPT: answer(200, {"id": "z-1", "direction": "OUT"}),
            Case.REJECT: zenvia_error(400, "VALIDATION_ERROR", "to"),
            Case.THROTTLE: Answer(429, b"", WAIT),
            Case.CREDENTIALS: zenvia_error(401, "UNAUTHORIZED"),
            Case.SERVER_ERROR: Answer(500),
            Case.UNLISTED: zenvia_error(422, NEW),
        },
        impossible={Case.DEAD_ADDRESS: "Zenvia documents no answer that says a number does not exist"},
        posts=[
            (
                WebhookRequest(zenvia_status("e-1", "NOT_DELIVERED", ID, "z-1")),
                [
                    DeliveryReceipt(
                        "e-1",
                        datetime(2026, 11, 25, 12, 0, 1, tzinfo=UTC),
                        Delivery.UNDELIVERED,
                        "NOT_DELIVERED",
                        ID,
                        "z-1",
                    )
                ],
            ),
            (
                WebhookRequest(zenvia_answer("e-2", "PARE", "5511987654321")),
                [
                    DeliveryReceipt(
                        "e-2",
                        datetime(2026, 11, 25, 12, tzinfo=UTC),
                        answer="PARE",
                        channel=Channel.SMS,
                        address="5511987654321",
                    )
                ],
            ),
        ],
    )


class SmtpSamples:
    """A mail server says what it thinks of a message at several steps; each case is played where it is usual."""

    name = "smtp"
    message = message("email", "ana@exemplo.com.br", data={})
    unlisted_code = "5.9.9"
    says_how_long = False
    impossible = {Case.GARBAGE: "a reply without a number ends the conversation: the same as a broken connection"}  # noqa: RUF012
    replies = {  # noqa: RUF012
        Case.ACCEPT: {},
        Case.REJECT: {"rcpt": "552 5.2.2 mailbox of ana@exemplo.com.br is full"},
        Case.DEAD_ADDRESS: {"rcpt": "550 5.1.1 <ana@exemplo.com.br>: user unknown"},
        Case.THROTTLE: {"data": "454 Throttling failure: maximum sending rate exceeded"},
        Case.CREDENTIALS: {"mail": "530 5.7.0 authentication required"},
        Case.SERVER_ERROR: {"rcpt": "451 4.3.0 mail server temporarily unavailable"},
        Case.UNLISTED: {"rcpt": "550 5.9.9 who knows"},
        Case.SLOW: {"data": SILENT},
        Case.RESET: {"data": BREAK},
    }

    @contextlib.contextmanager
    def open(self) -> Iterator[Counterpart]:
        with SmtpServer() as server:
            yield _SmtpCounterpart(self, server)


class _SmtpCounterpart:
    def __init__(self, samples: SmtpSamples, server: SmtpServer) -> None:
        self._samples, self._server = samples, server
        writer = EmailWriter(
            "Loja <ola@loja.com.br>",
            Email(reply_to="sac@loja.com.br"),
            (),
            lambda name: f"https://sair/{name}",
            is_html=False,
            pages={},
        )
        self.provider: Provider = SmtpProvider(
            Server("127.0.0.1", server.port, "none", timeout_s=TIMEOUT_S, reply_timeout_s=TIMEOUT_S), writer
        )

    def play(self, case: Case) -> None:
        self._server.replies = dict(self._samples.replies[case])

    def echoes(self, text: str) -> Iterator[None]:
        quote = text.encode("ascii", "replace").decode()
        for step, reply in (
            ("mail", f"550 {quote}"),
            ("rcpt", f"550 5.1.1 {quote}"),
            ("rcpt", f"451 {quote}"),
            ("data", f"554 5.6.0 {quote}"),
            ("data", f"250 2.0.0 Ok: queued as {quote}"),
            ("data", f"250 Ok {quote}"),
        ):
            self._server.replies = {step: reply}
            yield

    def check_request(self) -> None:
        (taken,) = self._server.taken
        assert (taken.sender, taken.recipients) == ("ola@loja.com.br", ["ana@exemplo.com.br"])
        headers = dict(taken.message.items())
        assert headers.pop("Date")
        assert headers == {
            "From": "Loja <ola@loja.com.br>",
            "To": "ana@exemplo.com.br",
            "Subject": "Olá, Ana",
            "Message-ID": f"<{ID}@loja.com.br>",
            "X-Mensageria-Message": ID,
            "Reply-To": "sac@loja.com.br",
            "List-Unsubscribe": f"<https://sair/{ID}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Content-Type": 'text/plain; charset="utf-8"',
            "Content-Transfer-Encoding": "quoted-printable",
            "MIME-Version": "1.0",
        }
        assert taken.message.get_content().strip() == "Seu crédito já está aqui."


class TestSmtp(ProviderContract):
    samples = SmtpSamples()


class SimulatedSamples:
    """Nothing leaves this machine: its cases are drawn, not answered."""

    name = "simulated"
    message = message("push", "tok-1")
    unlisted_code = ""
    says_how_long = False
    rates = {  # noqa: RUF012
        Case.ACCEPT: {},
        Case.REJECT: {"rejected": 1},
        Case.DEAD_ADDRESS: {"dead_address": 1},
        Case.THROTTLE: {"throttled": 1},
        Case.SLOW: {"timeout": 1},
    }
    impossible = dict.fromkeys(
        (Case.CREDENTIALS, Case.SERVER_ERROR, Case.UNLISTED, Case.RESET, Case.GARBAGE),
        "there is no server, no login and no connection",
    )

    @contextlib.contextmanager
    def open(self) -> Iterator[Counterpart]:
        yield _SimulatedCounterpart(self)


class _SimulatedCounterpart:
    def __init__(self, samples: SimulatedSamples) -> None:
        self._samples = samples
        self.provider: Provider = SimulatedProvider(Simulation())

    def play(self, case: Case) -> None:
        self.provider = SimulatedProvider(Simulation(latency_ms=0, **self._samples.rates[case]))

    def check_request(self) -> None:
        """There is no request."""


class TestSimulated(ProviderContract):
    samples = SimulatedSamples()


def test_no_registered_provider_is_left_out() -> None:
    """Adding a provider without its samples fails here."""
    assert {each.samples.name for each in ProviderContract.__subclasses__()} == set(PROVIDERS)


@pytest.mark.parametrize("case", list(Case))
def test_every_provider_says_why_a_case_is_impossible(case: Case) -> None:
    """A case is left out for a reason, never silently; accepting is never impossible."""
    for each in ProviderContract.__subclasses__():
        if case in each.samples.impossible:
            assert len(each.samples.impossible[case]) > 20
            assert case is not Case.ACCEPT
