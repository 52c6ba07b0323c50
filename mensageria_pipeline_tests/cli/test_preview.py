"""`mensageria preview`, `test-send`, `receiver` and `receipts`, as a person runs them."""

import json
from collections.abc import Callable
from pathlib import Path

from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer
from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer
from mensageria_pipeline_tests.fakes.terminal import Terminal

SMS = "provider: zenvia\ntemplate: {body: 'Olá, {{ nome }}! Não perca a promoção.'}\n"
MAIL = "provider: smtp\ntemplate: {title: 'Oi, {{ nome }}', body: '<p>Olá, <b>{{ nome }}</b></p>'}\n"
PHONES = "nome;telefone\nAna;11987654321\nBia;11987654322\n"
EMAILS = "nome;email\nAna;ana@exemplo.com.br\nBia;bia@exemplo.com.br\n"
ZENVIA = {"ZENVIA_TOKEN": "segredo-da-zenvia", "ZENVIA_FROM": "loja", "SMS_PRICE": "0.10"}


def _prepared(terminal: Callable[..., Terminal], definition: str, content: str, **environment: str) -> Terminal:
    made = terminal(**environment)
    made.define("a", definition)
    folder = made.root / "data" / "input" / "a"
    folder.mkdir(parents=True)
    (folder / "lista.csv").write_text(content, encoding="utf-8")
    return made


def test_a_preview_shows_the_request_its_size_parts_and_cost_and_no_secret(terminal: Callable[..., Terminal]) -> None:
    """The exact request; the token, the phone and nothing of the person's address."""
    here = _prepared(terminal, SMS, PHONES, **ZENVIA)
    done = here.run("preview", "a", "--requests")
    assert done.code == 0, done.err
    assert "POST https://api.zenvia.com/v2/channels/sms/messages" in done.out
    assert '"encodingStrategy": "AUTO"' in done.out
    assert "1 parte ucs2" in done.out
    assert "R$\xa00,20" in done.out
    for hidden in ("segredo-da-zenvia", "87654321"):
        assert hidden not in done.out + done.err
    found = here.run("preview", "a", "--json").last_json
    assert found["costs"] == {"zenvia": {"messages": 2, "parts": 2, "cost": 0.2}}
    assert found["messages"][0]["request"]["bytes"] > 100
    assert "segredo" not in json.dumps(found)


def test_a_preview_without_settings_still_shows_the_text(terminal: Callable[..., Terminal]) -> None:
    """And says which variable to set; a page is written where the e-mail is HTML."""
    here = _prepared(terminal, MAIL, EMAILS)
    done = here.run("preview", "a")
    assert (done.code, "SMTP_HOST" in done.err, "Olá" in done.out) == (0, True, True)
    here = _prepared_mail(terminal, 1)
    done = here.run("preview", "b", "--html", "oferta.html")
    assert done.code == 0, done.err
    assert "<b>Ana</b>" in (here.root / "oferta.html").read_text(encoding="utf-8")


def _prepared_mail(terminal: Callable[..., Terminal], port: int) -> Terminal:
    made = terminal(SMTP_HOST="127.0.0.1", SMTP_PORT=str(port), SMTP_SECURITY="none", SMTP_FROM="ola@loja.com.br")
    made.define("b", MAIL)
    folder = made.root / "data" / "input" / "b"
    folder.mkdir(parents=True)
    (folder / "lista.csv").write_text(EMAILS, encoding="utf-8")
    return made


def test_a_test_goes_to_oneself_marked_and_counts_nowhere(terminal: Callable[..., Terminal]) -> None:
    """One message through the real provider; the campaign's own send is untouched by it."""
    with SmtpServer() as server:
        here = _prepared_mail(terminal, server.port)
        done = here.run("test-send", "b", "--to", "eu@exemplo.com.br", "--yes")
        assert done.code == 0, done.err
        (taken,) = server.taken
        assert (taken.recipients, taken.message["Subject"]) == (["eu@exemplo.com.br"], "[TESTE] Oi, Ana")
        assert here.run("test-send", "b", "--history", "--json").last_json["trials"][0]["verdict"] == "accepted"
        assert here.run("run", "b", "--json").last_json["outcomes"]["accepted"] == 2
        sent = {each.recipients[0] for each in server.taken[1:]}
        assert sent == {"ana@exemplo.com.br", "bia@exemplo.com.br"}


def test_a_test_that_cannot_be_sent_is_a_sentence(
    terminal: Callable[..., Terminal], provider_server: ProviderServer
) -> None:
    """An address of another channel, a refusal of the provider, a suppressed address, and no yes."""
    here = _prepared(terminal, SMS, PHONES, ZENVIA_URL=provider_server.base_url, **ZENVIA)
    assert "canal email" in here.run("test-send", "a", "--to", "eu@exemplo.com.br", "--yes").err
    assert here.run("test-send", "a", "--to", "11999998888").code == 1  # nobody answers the question
    assert provider_server.requests == []
    provider_server.script = lambda _request: Answer(401)
    done = here.run("test-send", "a", "--to", "11999998888", "--yes")
    assert (done.code, "http_401" in done.err) == (1, True)
    assert here.run("person", "suppress", "11999998888").code == 0
    assert "lista de supressão" in here.run("test-send", "a", "--to", "11999998888", "--yes").err
    assert len(provider_server.requests) == 1


def test_the_receiver_asks_for_a_token_and_proposes_one(terminal: Callable[..., Terminal]) -> None:
    """Nothing is received from who proves nothing; a taken port is said too."""
    done = terminal().run("receiver")
    assert done.code == 1
    assert "RECEIVER_TOKEN" in done.err


def test_receipts_can_be_looked_at_without_dagster(terminal: Callable[..., Terminal]) -> None:
    """Nothing there is an answer, too."""
    here = terminal()
    assert here.run("receipts", "--json").last_json["taken"] == 0
    assert "Recibos desta vez" in here.run("receipts").out


def test_both_languages(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """English on demand."""
    assert "Receipts this time" in terminal().run("--english", "receipts").out
