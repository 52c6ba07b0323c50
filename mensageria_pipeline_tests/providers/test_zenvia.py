"""Zenvia: the documented request, its answers, and how long an SMS is."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.contract import ProviderConfig
from mensageria_pipeline.providers.registry import create_provider
from mensageria_pipeline.providers.sms_text import measure, transliterated
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.providers.zenvia import LIMITS, ZenviaProvider
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Reset
from mensageria_pipeline_tests.workbench import Workbench, with_variables


def message(**changes: Any) -> Message:
    return Message("m" * 32, "sms", "+5511987654321", "k", "", "Seu código é 123", {})._replace(**changes)


def error(status: int, code: str, *paths: str) -> Answer:
    body = {"code": code, "message": "…", "details": [{"code": "x", "path": path, "message": "…"} for path in paths]}
    return Answer(status, body=json.dumps(body).encode())


def test_the_request_is_the_documented_one() -> None:
    """The number with 55 and without +, our id as externalId, the token only in its header."""
    request = ZenviaProvider("segredo", "loja").build_request([message(title="Loja")])
    assert request.url == "https://api.zenvia.com/v2/channels/sms/messages"
    assert request.headers == {"x-api-token": "segredo", "content-type": "application/json"}
    assert json.loads(request.body) == {
        "externalId": "m" * 32,
        "from": "loja",
        "to": "5511987654321",
        "contents": [{"type": "text", "text": "Loja: Seu código é 123", "encodingStrategy": "AUTO"}],
    }
    assert "segredo" not in repr(request)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(body=b'{"id": "z-1"}'), (Verdict.ACCEPTED, None)),
        (Answer(body=b"{}"), (Verdict.UNKNOWN, "unreadable_answer")),
        (Answer(body=b"<html>"), (Verdict.UNKNOWN, "unreadable_answer")),
        (error(400, "VALIDATION_ERROR", "to"), (Verdict.REJECTED, "VALIDATION_ERROR")),
        (error(400, "VALIDATION_ERROR", "from"), (Verdict.MALFORMED, "VALIDATION_ERROR")),
        (error(404, "NOVIDADE"), (Verdict.MALFORMED, "NOVIDADE")),
        (error(401, "UNAUTHORIZED"), (Verdict.CREDENTIALS, "UNAUTHORIZED")),
        (Answer(403), (Verdict.CREDENTIALS, "http_403")),
        (Answer(429), (Verdict.THROTTLED, "http_429")),
        (Answer(500), (Verdict.UNKNOWN, "http_500")),
        (Answer(503), (Verdict.RETRY, "http_503")),
        (Reset(accepts=True), (Verdict.UNKNOWN, "broken_connection")),
    ],
)
def test_answers_are_known_by_their_code(
    provider_server: ProviderServer, answer: Answer | Reset, expected: tuple[Verdict, str | None]
) -> None:
    """One bad number is a refusal; a bad sender or request is ours, and stops the campaign."""
    provider_server.script = lambda _: answer

    async def send() -> Result:
        provider = ZenviaProvider("x", "loja", url=provider_server.base_url)
        async with HttpTransport(provider, 2.0, 4) as transport:
            return (await transport.send([message()]))[0]

    result = asyncio.run(send())
    assert (result.verdict, result.code) == expected


def test_doubts_are_held_and_missing_settings_named() -> None:
    """There is no key by which Zenvia would know a second copy."""
    assert ZenviaProvider("x", "loja").capabilities.on_unknown is OnUnknown.HOLD
    for missing in ("zenvia_token", "zenvia_from"):
        values = {"zenvia_token": "x", "zenvia_from": "loja"} | {missing: None}
        with pytest.raises(SettingsError, match=missing.upper()):
            create_provider("zenvia", ProviderConfig(with_variables(Settings(Path(), Path()), **values)))


@pytest.mark.parametrize(
    ("text", "encoding", "places", "segments"),
    [
        ("", "gsm7", 0, 0),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 304, "gsm7", 304, 2),
        ("a" * 305, "gsm7", 305, 3),
        ("é" * 160, "gsm7", 160, 1),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("ã" * 70, "ucs2", 70, 1),
        ("ã" * 71, "ucs2", 71, 2),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
    ],
)
def test_an_sms_is_as_long_as_its_alphabet_makes_it(text: str, encoding: str, places: int, segments: int) -> None:
    """`ã` is outside GSM-7, `é` inside; the euro takes two places; Zenvia's parts hold 152 and 66."""
    found = measure(text, LIMITS)
    assert (found.encoding, found.places, found.segments) == (encoding, places, segments)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("]" * 80, 1),
        ("]" * 81, 2),
        ("]" * 152, 2),
        ("]" * 153, 3),
        ("a" + "]" * 152, 2),
        ("a" * 306, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("😀" * 35, 1),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("ã" + "😀" * 66, 2),
        ("ã" * 134, 2),
        ("ã" * 66 + "😀" + "ã" * 66, 3),
    ],
)
def test_what_takes_two_places_never_spans_two_parts(text: str, segments: int) -> None:
    """153 brackets are three parts, not two, and are billed as such (3GPP TS 23.040)."""
    assert measure(text).segments == segments


def test_accents_apart_from_their_letters_cost_nothing_more() -> None:
    assert transliterated("Sa\u0303o") == "Sao"


def test_accents_go_only_where_they_cost() -> None:
    assert transliterated("Promoção “só hoje” – é já…") == 'Promocao "so hoje" - é ja...'
    assert measure(transliterated("Não há ção")).encoding == "gsm7"
    assert transliterated("😀 日本") == "😀 日本"


@given(st.text(max_size=50))
def test_transliterating_again_changes_nothing(text: str) -> None:
    once = transliterated(text)
    assert transliterated(once) == once
    assert measure(once).places <= 3 * max(1, measure(text).places)


def test_a_long_text_is_refused_and_a_campaign_goes_out(bench: Workbench, provider_server: ProviderServer) -> None:
    """One message per request; the text as it was previewed."""
    assert ZenviaProvider("x", "loja").refusal(message(body="a" * 1_521)) == "text_too_long"
    bench.define("a", "provider: zenvia\ntemplate: {body: 'Olá, {{ nome }}!'}\n")
    bench.drop("a", "nome;telefone\nJoão;11987654321\nBia;11 98765-4322\nCaio;11 3333-4444\n")
    settings = {"zenvia_url": provider_server.base_url, "zenvia_token": "x", "zenvia_from": "loja"}
    tally = bench.run("a", **settings, sms_without_accents=True).tally
    assert tally.outcomes["accepted"] == 2
    sent = {request.content["to"]: request.content["contents"][0]["text"] for request in provider_server.requests}
    assert sent == {"5511987654321": "Ola, Joao!", "5511987654322": "Ola, Bia!"}
