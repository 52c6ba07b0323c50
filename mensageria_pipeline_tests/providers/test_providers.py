"""The provider contract over real sockets: every answer becomes exactly one verdict per message."""

import asyncio
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.message import Simulation
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.contract import Capabilities, HttpProvider, ProviderConfig, SendingProvider
from mensageria_pipeline.providers.registry import PROVIDERS, create_provider
from mensageria_pipeline.providers.retry_after import retry_after_s
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.sending.retry import asked_s
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Reset, Silence
from mensageria_pipeline_tests.workbench import with_variables


def message(number: int) -> Message:
    return Message(
        f"{number:032x}", "push", f"tok-{number}", f"key-{number}", "Título", "Olá, Ana!", {"link": "https://x"}
    )


TWO = (message(1), message(2))


def http_provider(url: str) -> HttpProvider:
    settings = with_variables(Settings(Path(), Path()), api_provider_url=url, api_key="segredo", default_batch_size=200)
    provider = create_provider("http", ProviderConfig(settings))
    assert isinstance(provider, HttpProvider)
    return provider


def send(url: str, messages: Sequence[Message] = TWO, timeout_s: float = 5.0) -> list[tuple[Verdict, str | None]]:
    async def run() -> list[tuple[Verdict, str | None]]:
        async with HttpTransport(http_provider(url), timeout_s, 4) as transport:
            return [(result.verdict, result.code) for result in await transport.send(messages)]

    return asyncio.run(run())


def test_the_whole_request_is_as_documented(provider_server: ProviderServer) -> None:
    """The body and headers of PROVIDERS' own contract, to the letter."""
    assert send(provider_server.url, TWO[:1]) == [(Verdict.ACCEPTED, None)]
    (request,) = provider_server.requests
    assert request.headers["authorization"] == "Bearer segredo"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == TWO[0].message_id
    assert list(request.messages) == [
        {
            "id": TWO[0].message_id,
            "channel": "push",
            "to": "tok-1",
            "title": "Título",
            "body": "Olá, Ana!",
            "data": {"link": "https://x"},
        }
    ]


def test_each_message_gets_its_own_result_in_any_order(provider_server: ProviderServer) -> None:
    """accepted, rejected, invalid_address and throttled; an unlisted status is a doubt that keeps its code."""
    statuses = ["accepted", "rejected", "invalid_address", "throttled", "novidade"]
    five = [message(number) for number in range(5)]
    results = [{"id": m.message_id, "status": s, "code": f"c-{s}"} for m, s in zip(five, statuses, strict=True)]
    provider_server.script = lambda _: Answer(body=json.dumps({"results": results[::-1]}).encode())
    assert send(provider_server.url, five) == [
        (Verdict.ACCEPTED, "c-accepted"),
        (Verdict.REJECTED, "c-rejected"),
        (Verdict.INVALID_ADDRESS, "c-invalid_address"),
        (Verdict.THROTTLED, "c-throttled"),
        (Verdict.UNKNOWN, "c-novidade"),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(body=b""), (Verdict.ACCEPTED, None)),
        (Answer(204, body=b""), (Verdict.ACCEPTED, None)),
        (Answer(body=b"<html>"), (Verdict.UNKNOWN, "unreadable_answer")),
        (Answer(body=b'{"results": []}'), (Verdict.UNKNOWN, "not_in_answer")),
        (Answer(body=b'{"results": [null]}'), (Verdict.UNKNOWN, "unreadable_answer")),
        (Answer(429), (Verdict.THROTTLED, "http_429")),
        (Answer(401), (Verdict.CREDENTIALS, "http_401")),
        (Answer(403), (Verdict.CREDENTIALS, "http_403")),
        (Answer(400), (Verdict.MALFORMED, "http_400")),
        (Answer(404), (Verdict.MALFORMED, "http_404")),
        (Answer(408), (Verdict.UNKNOWN, "http_408")),
        (Answer(500), (Verdict.UNKNOWN, "http_500")),
        (Answer(502), (Verdict.UNKNOWN, "http_502")),
        (Answer(503), (Verdict.RETRY, "http_503")),
        (Answer(504), (Verdict.UNKNOWN, "http_504")),
        (Answer(302, {"location": "http://127.0.0.1:1/"}), (Verdict.UNKNOWN, "http_302")),
        (Reset(accepts=False), (Verdict.UNKNOWN, "broken_connection")),
        (Reset(accepts=True), (Verdict.UNKNOWN, "broken_connection")),
    ],
)
def test_answers_become_verdicts(
    provider_server: ProviderServer, answer: Answer | Reset, expected: tuple[Verdict, str | None]
) -> None:
    """Surely sent, surely not sent, or in doubt: never guessed."""
    provider_server.script = lambda _: answer
    assert send(provider_server.url) == [expected, expected]


def test_a_refused_connection_sent_nothing() -> None:
    """The only transport failure without doubt; an upgrade of the client that changes it fails here."""
    assert send("http://127.0.0.1:1/") == [(Verdict.RETRY, "not_connected")] * 2


def test_a_name_that_does_not_resolve_sent_nothing() -> None:
    """No address, no request."""
    assert send("http://nao-existe.invalid/") == [(Verdict.RETRY, "not_connected")] * 2


def test_silence_after_the_request_is_in_doubt(provider_server: ProviderServer) -> None:
    """The provider may have it: it did."""
    provider_server.script = lambda _: Silence()
    assert send(provider_server.url, timeout_s=0.3) == [(Verdict.UNKNOWN, "timeout")] * 2
    assert len(provider_server.accepted()) == 2


def test_results_carry_the_providers_wait_and_id(provider_server: ProviderServer) -> None:
    """What the provider says is kept."""
    provider = http_provider(provider_server.url)
    (throttled,) = provider.read_response(TWO[:1], 429, {"retry-after": "7"}, b"")
    assert throttled.retry_after_s == 7
    body = json.dumps({"results": [{"id": TWO[0].message_id, "status": "accepted", "provider_message_id": "x"}]})
    (ok,) = provider.read_response(TWO[:1], 200, {}, body.encode())
    assert ok.provider_message_id == "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("soon", None),
        ("999999999", 86_400.0),
    ],
)
def test_retry_after_in_seconds_and_as_a_date(value: str | None, expected: float | None) -> None:
    """Both forms of RFC 9110, bounded to a day."""
    assert retry_after_s(value, datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) == expected


@pytest.mark.parametrize(
    "value", ["²", "٣", "1e308", "nan", "-1", "Fri, 31 Dec 999999 23:59:59 GMT", "Fri, 31 Dec 2026 23:59:59 -99999999"]
)
def test_a_retry_after_that_nobody_can_read_is_none(value: str) -> None:
    """A header is whatever a server sends: it never stops the sender."""
    assert retry_after_s(value) is None


@pytest.mark.parametrize("value", ["9" * 400, "9" * 20, "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_nobody_is_made_to_wait_longer_than_a_day(value: str) -> None:
    """Whatever a server asks for."""
    assert retry_after_s(value) == 86_400


@pytest.mark.parametrize(("asked", "expected"), [(math.inf, 86_400), (1e308, 86_400), (math.nan, 0), (-5.0, 0), (7, 7)])
def test_what_an_adapter_passes_on_is_bounded_too(asked: float, expected: float) -> None:
    """Adapters of other packages may hand over what they were told."""
    assert asked_s([Result("m", Verdict.THROTTLED, None, None, asked)]) == expected


@pytest.mark.parametrize("missing", ["api_provider_url", "api_key"])
def test_a_missing_variable_is_named_before_the_first_message(missing: str) -> None:
    """The operator learns which variable to set, and where."""
    values = {"api_provider_url": "http://127.0.0.1/", "api_key": "x"} | {missing: None}
    settings = with_variables(Settings(Path(), Path()), **values)
    with pytest.raises(SettingsError, match=missing.upper()):
        create_provider("http", ProviderConfig(settings))


def test_secrets_and_contents_stay_out_of_repr() -> None:
    """A traceback or log line that shows an object shows no key, address or text."""
    settings = with_variables(Settings(Path(), Path()), api_provider_url="http://x/segredo", api_key="segredo")
    request = http_provider("http://x/segredo").build_request(TWO)
    for shown in (repr(settings), repr(request), repr(TWO[0])):
        assert "segredo" not in shown
        assert "tok-1" not in shown
        assert "Ana" not in shown


def test_the_simulation_is_repeatable_and_follows_its_rates() -> None:
    """The same seed gives the same outcomes; rates are met over many messages."""
    simulation = Simulation(seed=3, latency_ms=0, rejected=0.1, dead_address=0.1, throttled=0.1, timeout=0.1)
    settings = Settings(Path(), Path())
    many = [message(number) for number in range(4_000)]

    def verdicts() -> list[Verdict]:
        provider = create_provider("simulated", ProviderConfig(settings, CampaignDefinition(simulation=simulation)))
        assert isinstance(provider, SendingProvider)
        return [result.verdict for result in asyncio.run(provider.send(many))]

    first = verdicts()
    assert first == verdicts()
    for verdict in (Verdict.REJECTED, Verdict.INVALID_ADDRESS, Verdict.THROTTLED, Verdict.UNKNOWN):
        assert 0.06 < first.count(verdict) / len(many) < 0.14


def test_every_provider_declares_what_it_can_do() -> None:
    """The registry's names are the adapters' own; what each can do, its class says, and the contract suite holds it."""
    for name, adapter in PROVIDERS.items():
        assert adapter.name == name
        assert isinstance(adapter.capabilities, Capabilities)
