"""Expo: batches as documented, a ticket for each message, answers by its own codes."""

import asyncio
import json
from typing import Any

import pytest

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.providers.expo import BATCH_SIZE, MAX_PAYLOAD_BYTES, ExpoProvider
from mensageria_pipeline.providers.refusal import refuser_for
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Reset, Silence
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench


def message(number: int = 1, **changes: Any) -> Message:
    token = f"ExponentPushToken[{number:022}]"
    return Message(f"{number:032x}", "push", token, f"k{number}", "Oi", "Olá", {})._replace(**changes)


def send(server: ProviderServer, count: int = 1, timeout_s: float = PATIENCE_S) -> list[Result]:
    async def run() -> list[Result]:
        async with HttpTransport(ExpoProvider(url=server.base_url, token="segredo"), timeout_s, 4) as transport:
            return await transport.send([message(number) for number in range(count)])

    return asyncio.run(run())


def ticket(error: str | None) -> Answer:
    details = {"details": {"error": error}} if error else {}
    return Answer(body=json.dumps({"data": [{"status": "error", "message": "…", **details}]}).encode())


def refused(status: int, code: str) -> Answer:
    return Answer(status, body=json.dumps({"errors": [{"code": code, "message": "…"}]}).encode())


def test_the_request_is_the_documented_one() -> None:
    """One JSON array; a token only where the project has one; nothing of it in a repr."""
    provider = ExpoProvider(token="segredo")
    request = provider.build_request([message(1, data={"pedido": 7}), message(2, title="")])
    assert request.url == "https://exp.host/--/api/v2/push/send"
    assert request.headers == {
        "content-type": "application/json",
        "accept": "application/json",
        "authorization": "Bearer segredo",
    }
    assert json.loads(request.body) == [
        {"to": message(1).address, "title": "Oi", "body": "Olá", "data": {"pedido": 7}},
        {"to": message(2).address, "body": "Olá"},
    ]
    assert "authorization" not in ExpoProvider().build_request([message()]).headers
    assert "segredo" not in repr(request)


def test_each_ticket_is_its_messages(provider_server: ProviderServer) -> None:
    """In the order of the request."""
    provider_server.statuses = lambda m: {"status": "invalid_address" if m["to"] == message(1).address else "accepted"}
    results = send(provider_server, 3)
    assert [result.verdict for result in results] == [Verdict.ACCEPTED, Verdict.INVALID_ADDRESS, Verdict.ACCEPTED]
    assert results[0].provider_message_id == "ticket-0001-000"
    assert results[1].code == "DeviceNotRegistered"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ticket("DeviceNotRegistered"), (Verdict.INVALID_ADDRESS, "DeviceNotRegistered")),
        (ticket("MessageTooBig"), (Verdict.REJECTED, "MessageTooBig")),
        (ticket("MessageRateExceeded"), (Verdict.THROTTLED, "MessageRateExceeded")),
        (ticket("InvalidCredentials"), (Verdict.CREDENTIALS, "InvalidCredentials")),
        (ticket("MismatchSenderId"), (Verdict.CREDENTIALS, "MismatchSenderId")),
        (ticket("Novidade"), (Verdict.REJECTED, "Novidade")),
        (ticket(None), (Verdict.REJECTED, "no_code")),
        (Answer(body=b'{"data": []}'), (Verdict.UNKNOWN, "unreadable_answer")),
        (Answer(body=b'{"data": [7]}'), (Verdict.UNKNOWN, "unreadable_answer")),
        (Answer(body=b"<html>"), (Verdict.UNKNOWN, "unreadable_answer")),
        (refused(429, "TOO_MANY_REQUESTS"), (Verdict.THROTTLED, "TOO_MANY_REQUESTS")),
        (refused(400, "PUSH_TOO_MANY_EXPERIENCE_IDS"), (Verdict.MALFORMED, "PUSH_TOO_MANY_EXPERIENCE_IDS")),
        (refused(401, "UNAUTHORIZED"), (Verdict.CREDENTIALS, "UNAUTHORIZED")),
        (Answer(403), (Verdict.CREDENTIALS, "http_403")),
        (Answer(500), (Verdict.UNKNOWN, "http_500")),
        (Answer(503), (Verdict.RETRY, "http_503")),
        (Reset(accepts=True), (Verdict.UNKNOWN, "broken_connection")),
    ],
)
def test_answers_are_known_by_their_code(
    provider_server: ProviderServer, answer: Answer | Reset, expected: tuple[Verdict, str | None]
) -> None:
    """A dead address only by DeviceNotRegistered; an unlisted code is kept."""
    provider_server.script = lambda _: answer
    (result,) = send(provider_server)
    assert (result.verdict, result.code) == expected


def test_silence_is_in_doubt_and_is_held(provider_server: ProviderServer) -> None:
    """Expo has no key by which it would know a second copy."""
    provider_server.script = lambda _: Silence()
    assert send(provider_server, timeout_s=0.3)[0].verdict is Verdict.UNKNOWN
    assert ExpoProvider().capabilities.on_unknown is OnUnknown.HOLD


def test_what_is_too_large_is_refused_before_it_is_sent() -> None:
    assert refuser_for(ExpoProvider())(message()) is None
    assert refuser_for(ExpoProvider())(message(body="á" * (MAX_PAYLOAD_BYTES // 2))) == "payload_too_large"


def test_a_campaign_goes_out_in_batches(bench: Workbench, provider_server: ProviderServer) -> None:
    """Of a hundred; tokens of another service are refused with a sentence."""
    bench.define("a", "provider: expo\nchannel: push\ntemplate: {body: 'Olá, {{ nome }}!'}\n")
    tokens = [f"ExponentPushToken[{number:022}]" for number in range(250)]
    bench.drop("a", "nome;token\n" + "".join(f"Ana;{token}\n" for token in tokens) + f"Bia;{'f' * 64}\n")
    tally = bench.run("a", expo_url=provider_server.base_url).tally
    assert tally.outcomes["accepted"] == 250
    assert sorted(len(request.messages) for request in provider_server.requests)[-1] <= BATCH_SIZE
    assert bench.validate("a").codes == {"token_of_other_provider": 1}
