"""E-mail: what is written, how a mail server is talked to, and a campaign through a real one."""

import asyncio
import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mensageria_pipeline.contracts.mailbox import mailbox_of
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.message import Email
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.errors import DefinitionError, SettingsError
from mensageria_pipeline.providers.contract import ProviderConfig
from mensageria_pipeline.providers.email_message import EmailWriter
from mensageria_pipeline.providers.registry import create_provider
from mensageria_pipeline.providers.smtp import SmtpProvider
from mensageria_pipeline.providers.smtp import SmtpServer as Server
from mensageria_pipeline.providers.smtp_replies import queue_id
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.texts import say
from mensageria_pipeline_tests.fakes import postfix
from mensageria_pipeline_tests.fakes.smtp_server import BREAK, SmtpServer
from mensageria_pipeline_tests.needs import MACHINE, need
from mensageria_pipeline_tests.workbench import Workbench, with_variables

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


def message(**changes: Any) -> Message:
    return Message("m" * 32, "email", "ana@exemplo.com.br", "k", "Olá", "Texto", {})._replace(**changes)


def writer(folder: Path | None = None, *, is_html: bool = False, page: str = "", **options: Any) -> EmailWriter:
    return EmailWriter(
        "Loja <ola@loja.com.br>",
        Email(**options),
        (folder,) if folder else (),
        lambda _id: None,
        is_html=is_html,
        pages={"a.html": page} if page else {},
    )


def read(content: bytes) -> EmailMessage:
    """An e-mail as a mail program reads it."""
    assert b"\n" not in content.replace(b"\r\n", b"")
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def send(server: SmtpServer, *messages: Message, connections: int = 10, **options: Any) -> list[Result]:
    """The messages side by side through one adapter."""

    async def run() -> list[Result]:
        where = Server("127.0.0.1", server.port, **{"security": "none", "timeout_s": 2.0} | options)
        provider = SmtpProvider(where, writer(), connections=connections)
        try:
            found = await asyncio.gather(*(provider.send([each]) for each in messages))
        finally:
            await provider.aclose()
        return [result for results in found for result in results]

    return asyncio.run(run())


# What is written.


def test_an_html_e_mail_has_its_text_its_images_and_its_styles_inside(tmp_path: Path) -> None:
    """multipart/alternative, the image by Content-ID, styles in the elements: what mail programs show."""
    (tmp_path / "logo.png").write_bytes(PIXEL)
    html = (
        "<html><head><style>p { color: #123456 }</style></head><body><img src='logo.png'>"
        "<p>Olá, <b>Ana</b></p><a href='https://loja.com.br/x'>Veja</a></body></html>"
    )
    mail = read(writer(tmp_path, is_html=True, page=html).write(message(body=html)))
    assert mail.get_content_type() == "multipart/alternative"
    text, related = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert "Olá, Ana" in text.get_content()
    assert "https://loja.com.br/x" in text.get_content()
    page, image = related.iter_parts()
    assert 'style="color: #123456;"' in page.get_content()
    assert f"src='cid:{image['Content-ID'][1:-1]}'" in page.get_content().replace('"', "'")
    assert image.get_content() == PIXEL
    assert image.get_content_disposition() == "inline"


def test_attachments_go_along_under_their_names(tmp_path: Path) -> None:
    """Accents in a name survive."""
    (tmp_path / "promoção.pdf").write_bytes(b"%PDF-1.4")
    mail = read(writer(tmp_path, attachments=("promoção.pdf",)).write(message()))
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("promoção.pdf", "application/pdf")
    assert attached.get_content() == b"%PDF-1.4"


def test_a_line_break_in_a_subject_starts_no_header() -> None:
    """A cell with a line break must not write headers of its own."""
    mail = read(writer().write(message(title="Olá\r\nBcc: todos@exemplo.com.br")))
    assert mail["Subject"] == "Olá Bcc: todos@exemplo.com.br"
    assert mail["Bcc"] is None


@pytest.mark.parametrize("address", ["ana@exemplo.com.br>\r\nRCPT TO:<x@y.z", "ana @exemplo.com", "ana", "josé@é.com"])
def test_an_address_that_could_end_its_command_is_refused(address: str) -> None:
    """Nothing of it reaches the conversation."""
    provider = SmtpProvider(Server("127.0.0.1", 1), writer())
    assert provider.refusal(message(address=address)) == "unusable_address"


def test_a_campaigns_own_way_to_leave_comes_first() -> None:
    """Its address with the message's id; one-click needs both headers."""
    mail = read(writer(unsubscribe="https://loja.com.br/sair?m={message_id}").write(message()))
    assert mail["List-Unsubscribe"] == f"<https://loja.com.br/sair?m={'m' * 32}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read(writer().write(message()))["List-Unsubscribe"] is None


def test_a_missing_file_is_named_before_the_first_message(tmp_path: Path) -> None:
    """An image of the page, an attachment; never a path outside the campaign's folders."""
    for options in ({"is_html": True, "page": "<img src='falta.png'>"}, {"attachments": ("falta.pdf",)}):
        with pytest.raises(DefinitionError, match="falta"):
            writer(tmp_path, **options)
    (tmp_path.parent / "segredo.txt").write_text("x")
    assert b"segredo.txt" in writer(tmp_path, is_html=True).write(message(body="<img src='../segredo.txt'>"))


def test_an_image_named_by_the_list_may_be_missing_for_one_row_only(tmp_path: Path) -> None:
    """That message is refused; the others go."""
    provider = SmtpProvider(Server("127.0.0.1", 1), writer(tmp_path, is_html=True))
    assert provider.refusal(message(body="<img src='99.png'>")) == "image_missing"
    assert provider.refusal(message(body="<img src='https://loja.com.br/a.png'>")) is None


# How a server is talked to.


def test_connections_are_kept_and_never_more_than_allowed(server: SmtpServer) -> None:
    """Fifty messages over three connections."""
    results = send(server, *(message(message_id=f"{n:032x}") for n in range(50)), connections=3)
    assert {result.verdict for result in results} == {Verdict.ACCEPTED}
    assert len({result.provider_message_id for result in results}) == 50
    assert len(server.taken) == 50
    assert server.connections <= 3


def test_a_refused_recipient_costs_only_its_message(server: SmtpServer) -> None:
    """The connection goes on with the next one."""
    server.decide = lambda address: "550 5.1.1 unknown" if address.startswith("nao") else None
    results = send(server, message(address="nao@exemplo.com.br"), message(), connections=1)
    assert [result.verdict for result in results] == [Verdict.INVALID_ADDRESS, Verdict.ACCEPTED]
    assert server.connections == 1


@pytest.mark.parametrize("reply", [BREAK, "421 4.3.2 closing"])
def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(server: SmtpServer, reply: str) -> None:
    """Servers close idle connections: nothing was said yet, so nothing is in doubt, and nothing has to wait."""

    async def run() -> list[Result]:
        provider = SmtpProvider(Server("127.0.0.1", server.port, "none", timeout_s=2.0), writer(), connections=1)
        first = await provider.send([message()])
        server.replies, server.once = {"mail": reply}, True
        second = await provider.send([message()])
        await provider.aclose()
        return first + second

    assert [result.verdict for result in asyncio.run(run())] == [Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"mail": "550 5.7.1 sender not allowed"}, (Verdict.MALFORMED, "5.7.1")),
        ({"rcpt": "554 5.7.1 relay access denied"}, (Verdict.MALFORMED, "5.7.1")),
        ({"rcpt": "454 4.7.1 relay access denied"}, (Verdict.RETRY, "4.7.1")),
        ({"rcpt": "550 no such user here"}, (Verdict.REJECTED, "smtp_550")),
        ({"mail": "550 5.1.1 sender unknown"}, (Verdict.MALFORMED, "5.1.1")),
        ({"rcpt": "550 5.4.5 daily sending quota exceeded"}, (Verdict.THROTTLED, "5.4.5")),
        ({"data": "552 5.3.4 message too big"}, (Verdict.MALFORMED, "5.3.4")),
        ({"rcpt": "450 4.2.0 greylisted"}, (Verdict.RETRY, "4.2.0")),
        ({"data": "554 5.6.0 bad content"}, (Verdict.REJECTED, "5.6.0")),
        ({"data": "452 4.3.1 disk full"}, (Verdict.RETRY, "4.3.1")),
        ({"mail": BREAK}, (Verdict.RETRY, "connection_closed")),
        ({"rcpt": BREAK}, (Verdict.RETRY, "connection_closed")),
        ({"data": BREAK}, (Verdict.UNKNOWN, "broken_connection")),
    ],
)
def test_replies_are_known_by_their_enhanced_code(
    server: SmtpServer, replies: dict[str, str], expected: tuple[Verdict, str]
) -> None:
    """A bare 550 is no dead address; a connection that breaks before the text leaves no doubt."""
    server.replies = replies
    (result,) = send(server, message())
    assert (result.verdict, result.code) == expected


def test_a_wrong_password_and_a_missing_starttls_stop_at_once() -> None:
    """No other message would fare better."""
    with SmtpServer(login=("loja", "certa")) as server:
        right = send(server, message(), username="loja", password="certa")
        wrong = send(server, message(), username="loja", password="errada")
        plain = send(server, message(), security="starttls")
    assert [result.verdict for result in right] == [Verdict.ACCEPTED]
    assert [result.verdict for result in wrong] == [Verdict.CREDENTIALS]
    assert [(result.verdict, result.code) for result in plain] == [(Verdict.CREDENTIALS, "no_starttls_or_login")]


def test_nobody_there_means_surely_not_sent() -> None:
    """A refused connection is tried again."""

    async def run() -> list[Result]:
        return await SmtpProvider(Server("127.0.0.1", 1, "none"), writer()).send([message()])

    assert [(result.verdict, result.code) for result in asyncio.run(run())] == [(Verdict.RETRY, "not_connected")]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("2.0.0 Ok: queued as 4F3D9A1B2C", "4F3D9A1B2C"),
        ("Ok 0100018c1b2a-1234-5678-90ab-000000", "0100018c1b2a-1234-5678-90ab-000000"),
        ("OK id=1r2Abc-000X1-Yz", "1r2Abc-000X1-Yz"),
        ("2.0.0 Message accepted", None),
    ],
)
def test_the_servers_own_name_for_a_message_is_kept(reply: str, expected: str | None) -> None:
    """Postfix, SES and Exim say it each in their way; a receipt may come back under it."""
    assert queue_id(reply) == expected


def test_missing_settings_are_named_and_doubts_held() -> None:
    """Before the first message; SMTP has no key by which a second copy would be known."""
    for values, name in (
        ({}, "SMTP_HOST"),
        ({"smtp_host": "x"}, "SMTP_FROM"),
        (
            {"smtp_host": "x", "smtp_from": "a@b.com", "smtp_username": "u"},
            "SMTP_PASSWORD",
        ),
    ):
        with pytest.raises(SettingsError, match=name):
            create_provider("smtp", ProviderConfig(with_variables(Settings(Path(), Path()), **values)))
    assert SmtpProvider(Server("x", 1), writer()).capabilities.on_unknown is OnUnknown.HOLD


# Campaigns.

PAGE = "{% extends 'base.html' %}{% block corpo %}<p>Olá, {{ nome }}!</p><img src=\"logo.png\">{% endblock %}"
LAYOUT = "<head><style>p { color: red }</style></head><body>{% block corpo %}{% endblock %}</body>"


def test_a_campaign_of_pages_with_a_layout_goes_out(bench: Workbench, server: SmtpServer) -> None:
    """The page extends a layout of all campaigns; names are escaped; the image is the campaign's own."""
    folder = bench.layout.campaign_dir("a")
    folder.mkdir(parents=True)
    bench.layout.templates_dir.mkdir(parents=True)
    (folder / "oferta.html").write_text(PAGE, encoding="utf-8")
    (folder / "logo.png").write_bytes(PIXEL)
    (bench.layout.templates_dir / "base.html").write_text(LAYOUT, encoding="utf-8")
    bench.define("a", "provider: smtp\ntemplate: {title: 'Oi, {{ nome }}', html: oferta.html}\n")
    bench.drop("a", "nome;email\n<Ana> & Cia;ana@exemplo.com.br\nBia;bia@exemplo.com.br\n")
    settings = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_security": "none",
        "smtp_from": "Loja <ola@loja.com.br>",
        "receiver_public_url": "https://r.loja.com.br",
    }
    receipt = bench.run("a", **settings)
    assert receipt.tally.outcomes["accepted"] == 2
    by_person = {taken.recipients[0]: taken.message for taken in server.taken}
    ana = by_person["ana@exemplo.com.br"]
    html = ana.get_body(("html",))
    assert html is not None
    assert "&lt;Ana&gt; &amp; Cia" in html.get_content()
    assert 'style="color: red;"' in html.get_content()
    assert ana["Subject"] == "Oi, <Ana> & Cia"
    assert str(ana["List-Unsubscribe"]).startswith("<https://r.loja.com.br/sair/a/")


def test_a_campaign_that_is_greylisted_waits_and_goes_on(bench: Workbench, server: SmtpServer) -> None:
    """450 is an answer: the run ends at once as waiting, with the moment at which a sensor resumes it; asked again,
    the server takes everything once."""
    asked: set[str] = set()

    def greylist(address: str) -> str | None:
        is_new = address not in asked
        asked.add(address)
        return "450 4.7.1 Greylisted, please try again later" if is_new else None

    server.decide = greylist
    bench.define("a", "provider: smtp\ntemplate: {title: Oi, body: 'Olá, {{ nome }}'}\n")
    bench.drop("a", "nome;email\n" + "".join(f"Ana;ana{n}@exemplo.com.br\n" for n in range(30)))
    settings = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_security": "none",
        "smtp_from": "ola@loja.com.br",
    }
    receipt = bench.run("a", **settings)
    assert (receipt.problem, receipt.wait_reason, receipt.tally.pending) == (None, "wait_greylisted", 30)
    assert server.taken == []
    wait = bench.project.ledger.wait("a")
    assert wait is not None
    assert 200 < (wait.due_at - datetime.now(UTC)).total_seconds() <= 300
    assert "greylisting" in say(wait.reason)
    again = bench.send("a", **settings)
    assert (again.tally.outcomes["accepted"], again.problem, bench.project.ledger.wait("a")) == (30, None, None)
    assert len(server.taken) == 30


@pytest.mark.parametrize(
    ("step", "reply", "is_deferred"),
    [
        ("rcpt", "450 4.7.1 greylisted", True),
        ("rcpt", "451 try later", True),
        ("data", "452 4.3.1 disk full", True),
        ("mail", "451 4.7.1 later", True),
        ("rcpt", BREAK, False),
        ("rcpt", "550 5.9.9 no", False),
        ("rcpt", "454 too fast", False),
    ],
)
def test_only_what_the_server_said_is_deferred(server: SmtpServer, step: str, reply: str, is_deferred: bool) -> None:
    """Silence is no answer, and a refusal no delay."""
    server.replies = {step: reply}
    (result,) = send(server, message())
    assert result.is_deferred is is_deferred


def test_a_connection_that_says_what_is_no_reply_is_given_up(server: SmtpServer) -> None:
    """What follows could be taken for the answer to the next message."""
    server.replies, server.once = {"rcpt": "\r\nthis is no reply"}, True
    results = send(server, message(), message(message_id="n" * 32), connections=1)
    assert results[1].verdict is Verdict.ACCEPTED
    assert server.connections == 2
    assert len(server.taken) == 1


@MACHINE
def test_a_real_mail_server_takes_a_campaign(bench: Workbench, tmp_path: Path) -> None:
    """Postfix over STARTTLS: delivered mail is read from the mailbox, an unknown user is a dead address."""
    need(postfix.missing())
    folder = tmp_path / "postfix"
    folder.mkdir()
    with postfix.Postfix(folder, ("ana", "bia")) as running:
        bench.define("a", "provider: smtp\ntemplate: {title: 'Promoção', body: 'Olá, {{ nome }}: só hoje é já.'}\n")
        bench.drop("a", "nome;email\nAna;ana@exemplo.com.br\nBia;bia@exemplo.com.br\nCaio;caio@exemplo.com.br\n")
        settings = {
            "smtp_host": "127.0.0.1",
            "smtp_port": running.port,
            "smtp_from": "Loja <ola@exemplo.com.br>",
            "smtp_ca_file": running.certificate(),
        }
        tally = bench.run("a", **settings).tally
        assert tally.outcomes == tally.outcomes | {"accepted": 2, "invalid_address": 1}
        (mail,) = running.wait_for("ana", 1)
        assert (mail["Subject"], mail.get_content().strip()) == ("Promoção", "Olá, Ana: só hoje é já.")
        assert len(running.wait_for("bia", 1)) == 1
        assert bench.run("a", **settings).tally.outcomes["accepted"] == 2
        assert len(running.received("ana")) == 1


@MACHINE
def test_a_real_mail_server_that_nobody_vouches_for_gets_nothing(bench: Workbench, tmp_path: Path) -> None:
    """A certificate that is not trusted stops the campaign; everything stays pending."""
    need(postfix.missing())
    folder = tmp_path / "postfix"
    folder.mkdir()
    with postfix.Postfix(folder, ("ana",)) as running:
        bench.define("a", "provider: smtp\ntemplate: {title: Oi, body: Oi}\n")
        bench.drop("a", "email\nana@exemplo.com.br\n")
        receipt = bench.run("a", smtp_host="127.0.0.1", smtp_port=running.port, smtp_from="ola@exemplo.com.br")
        assert receipt.problem is not None
        assert "certificate_refused" in receipt.problem.text()
        assert receipt.tally.pending == 1
        assert running.received("ana") == []


def test_a_long_subject_is_cut_into_words_that_mail_programs_know() -> None:
    """Encoded words of at most 75 characters (RFC 2047), read back whole; long links on one line."""
    subject = "Promoção de aniversário: descontos de até 70 % só hoje em todas as lojas da região " * 2
    long_link = "https://loja.com.br/" + "x" * 200
    content = writer(unsubscribe=long_link).write(message(title=subject))
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[^ \r\n]*\?=", content))
    mail = read(content)
    assert mail["Subject"] == subject.strip()
    assert f"List-Unsubscribe: <{long_link}>\r\n".encode() in content


def test_a_sender_whose_domain_has_accents_travels_in_ascii(server: SmtpServer) -> None:
    """IDNA, on the envelope and in the headers; the name keeps its accents. It ended in an internal error."""
    shop = EmailWriter(
        "Açaí <ola@açaí.com.br>",
        Email(reply_to="sac@açaí.com.br", unsubscribe="https://açaí.com.br/saír?m={message_id}"),
        (),
        lambda _id: None,
        is_html=False,
        pages={},
    )
    assert shop.sender_address == "ola@xn--aa-4iaz.com.br"
    content = read(shop.write(message()))
    assert content["From"] == "Açaí <ola@xn--aa-4iaz.com.br>"
    assert content["Reply-To"] == "sac@xn--aa-4iaz.com.br"
    assert content["Message-ID"].endswith("@xn--aa-4iaz.com.br>")
    assert content["List-Unsubscribe"] == f"<https://xn--aa-4iaz.com.br/sa%C3%ADr?m={'m' * 32}>"

    async def run() -> list[Result]:
        provider = SmtpProvider(Server("127.0.0.1", server.port, security="none", timeout_s=2.0), shop)
        try:
            return await provider.send([message()])
        finally:
            await provider.aclose()

    assert [result.verdict for result in asyncio.run(run())] == [Verdict.ACCEPTED]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Loja <ola@loja.com.br>", ("Loja", "ola@loja.com.br")),
        ("ola@loja.com.br", ("", "ola@loja.com.br")),
        ('"Loja, SP" <ola@loja.com.br>', ("Loja, SP", "ola@loja.com.br")),
        ("Loja (SP) <ola@loja.com.br>", ("Loja (SP)", "ola@loja.com.br")),
        ("Loja <ola@LOJA.com.br>", ("Loja", "ola@loja.com.br")),
        ("Loja <ola@açaí.com.br>", ("Loja", "ola@xn--aa-4iaz.com.br")),
        ("Loja <a@x.com>, Evil <b@x.com>", None),
        ("a@x.com, b@x.com", None),
        ("a@x.com; b@x.com", None),
        ("Loja <a@x.com> <b@x.com>", None),
        ("Loja: a@x.com;", None),
        ("Loja <olá@loja.com.br>", None),
        (f"Loja <{'a' * 65}@loja.com.br>", None),
        ("Loja <ola@loja.com.br>\r\nBcc: b@x.com", None),
        ("Loja", None),
        ("", None),
    ],
)
def test_one_mailbox_and_no_second(text: str, found: tuple[str, str] | None) -> None:
    """A second one was cut off without a word; letters that only SMTPUTF8 carries are refused with the definition."""
    assert mailbox_of(text) == found


def test_two_senders_are_refused_with_the_definition(bench: Workbench) -> None:
    with pytest.raises(DefinitionError, match="um só remetente"):
        bench.define("a", "email: {from: 'Loja <a@x.com>, Evil <b@x.com>'}\n")
