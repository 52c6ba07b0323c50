"""FCM: its requests as documented, its answers by its own codes, and its credentials."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google.auth.exceptions
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.contract import ProviderConfig
from mensageria_pipeline.providers.fcm import DEFAULT_RATE_PER_S, MAX_PAYLOAD_BYTES, RAMP_UP_S, FcmProvider
from mensageria_pipeline.providers.refusal import refuser_for
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, by_address
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench, with_variables

FID = "cAbCdEfGhIjKlMnOpQrStU"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


def message(address: str = "tok:APA91b", **changes: Any) -> Message:
    return Message("m" * 32, "push", address, "k", "Oi", "Olá", {}, **changes)


def error(status: int, code: str | None, name: str = "X") -> Answer:
    details = [{"@type": FCM_ERROR, "errorCode": code}] if code else []
    body = {"error": {"code": status, "message": "…", "status": name, "details": details}}
    return Answer(status, body=json.dumps(body).encode())


def test_the_request_is_the_documented_one() -> None:
    """A second copy replaces the first one on the device: tag, collapse id and topic are the message's id."""
    provider = FcmProvider("projeto", token="segredo")
    request = provider.build_request([message()._replace(data={"pedido": "7", "itens": [1, 2]})])
    assert request.url == "https://fcm.googleapis.com/v1/projects/projeto/messages:send"
    assert request.headers == {"authorization": "Bearer segredo", "content-type": "application/json"}
    assert json.loads(request.body) == {
        "message": {
            "token": "tok:APA91b",
            "notification": {"title": "Oi", "body": "Olá"},
            "android": {"notification": {"tag": "m" * 32}},
            "apns": {"headers": {"apns-collapse-id": "m" * 32}},
            "webpush": {"headers": {"Topic": "m" * 32}},
            "data": {"pedido": "7", "itens": "[1,2]"},
        }
    }
    assert "segredo" not in repr(request)
    assert "Olá" not in repr(request)


def test_installation_ids_and_tokens_are_told_apart() -> None:
    """`fid` is FCM's address of today, `token` the older one."""
    provider = FcmProvider("p", token="x")
    kinds = [
        {"fid", "token"} & set(json.loads(provider.build_request([message(address)]).body)["message"])
        for address in (FID, f"{FID}:APA91bH", FID[:-1], "x" * 163)
    ]
    assert kinds == [{"fid"}, {"token"}, {"token"}, {"token"}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(body=b'{"name": "projects/p/messages/7"}'), (Verdict.ACCEPTED, None)),
        (Answer(body=b"<html>"), (Verdict.UNKNOWN, "unreadable_answer")),
        (Answer(body=b"[]"), (Verdict.UNKNOWN, "unreadable_answer")),
        (error(404, "UNREGISTERED"), (Verdict.INVALID_ADDRESS, "UNREGISTERED")),
        (error(404, None, "NOT_FOUND"), (Verdict.MALFORMED, "NOT_FOUND")),
        (error(403, "SENDER_ID_MISMATCH"), (Verdict.MALFORMED, "SENDER_ID_MISMATCH")),
        (error(403, None, "PERMISSION_DENIED"), (Verdict.CREDENTIALS, "PERMISSION_DENIED")),
        (error(401, "THIRD_PARTY_AUTH_ERROR"), (Verdict.CREDENTIALS, "THIRD_PARTY_AUTH_ERROR")),
        (error(401, None, "UNAUTHENTICATED"), (Verdict.CREDENTIALS, "UNAUTHENTICATED")),
        (error(400, None, "INVALID_ARGUMENT"), (Verdict.MALFORMED, "INVALID_ARGUMENT")),
        (error(400, "NEW_CODE"), (Verdict.REJECTED, "NEW_CODE")),
        (error(429, "QUOTA_EXCEEDED"), (Verdict.THROTTLED, "QUOTA_EXCEEDED")),
        (Answer(429), (Verdict.THROTTLED, "http_429")),
        (error(500, None, "INTERNAL"), (Verdict.UNKNOWN, "INTERNAL")),
        (Answer(502), (Verdict.UNKNOWN, "http_502")),
        (error(503, None, "UNAVAILABLE"), (Verdict.RETRY, "UNAVAILABLE")),
    ],
)
def test_answers_are_known_by_their_code(
    provider_server: ProviderServer, answer: Answer, expected: tuple[Verdict, str | None]
) -> None:
    """A dead address only by UNREGISTERED; an unlisted code is kept."""
    provider_server.script = lambda _: answer

    async def send() -> Result:
        async with HttpTransport(FcmProvider("p", url=provider_server.base_url, token="x"), 2.0, 10) as transport:
            return (await transport.send([message()]))[0]

    result = asyncio.run(send())
    assert (result.verdict, result.code) == expected


def test_a_throttled_message_waits_as_long_as_google_asks() -> None:
    """Retry-After, else a minute; and never less than ten seconds before the first retry."""
    provider = FcmProvider("p", token="x")
    result = provider.read_response([message()], 429, {"retry-after": "17"}, b"")[0]
    assert result.retry_after_s == 17
    policy = provider.capabilities.retry
    assert (policy.floor_s, policy.throttled_s, policy.give_up_s) == (10, 60, 3_600)


def test_what_cannot_be_sent_is_refused_before_it_is() -> None:
    """More than 4,096 bytes, or data under Google's own names."""
    refusal = refuser_for(FcmProvider("p", token="x"))
    assert refusal(message()) is None
    assert refusal(message()._replace(body="á" * (MAX_PAYLOAD_BYTES // 2))) == "payload_too_large"
    assert refusal(message()._replace(body="á" * 1_900)) is None
    assert refusal(message()._replace(data={"x": "y" * MAX_PAYLOAD_BYTES})) == "payload_too_large"
    assert refusal(message()._replace(data={"google.x": "1"})) == "reserved_data_key"


def config(**settings: Any) -> ProviderConfig:
    return ProviderConfig(with_variables(Settings(Path(), Path()), **settings))


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ({"fcm_access_token": "x"}, "FCM_PROJECT_ID"),
        ({"google_application_credentials": "nothing.json"}, "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_a_missing_setting_is_named(settings: dict[str, Any], missing: str) -> None:
    """Before the first message."""
    with pytest.raises(SettingsError, match=missing):
        FcmProvider.create(config(**settings))


def test_google_is_ramped_up_to_and_an_emulator_is_not() -> None:
    """Google asks for a minute from zero to the full rate; the default quota is 600,000 a minute."""
    emulated = config(fcm_access_token="x", fcm_project_id="p", fcm_url="http://127.0.0.1:1")
    assert FcmProvider.create(emulated).capabilities.pace == Pace()
    google = config(fcm_access_token="x", fcm_project_id="p")
    assert FcmProvider.create(google).capabilities.pace == Pace(DEFAULT_RATE_PER_S, RAMP_UP_S)


class Account:
    """A service account whose token runs out."""

    def __init__(self, *failures: Exception) -> None:
        self.valid, self.token, self.fetched = False, "", 0
        self._failures = list(failures)

    def refresh(self, _request: object) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.fetched += 1
        self.valid, self.token = True, f"t{self.fetched}"


def test_a_token_is_fetched_once_for_all_and_again_when_it_runs_out(provider_server: ProviderServer) -> None:
    """Many requests wait for one login."""
    account = Account()
    provider = FcmProvider("p", url=provider_server.base_url, credentials=account)  # type: ignore[arg-type]

    async def send() -> None:
        async with HttpTransport(provider, 2.0, 10) as transport:
            await asyncio.gather(*(transport.send([message()]) for _ in range(5)))
            account.valid = False
            await transport.send([message()])

    asyncio.run(send())
    assert account.fetched == 2
    tokens = [request.headers["authorization"] for request in provider_server.requests]
    assert tokens == ["Bearer t1"] * 5 + ["Bearer t2"]


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (google.auth.exceptions.RefreshError("segredo"), Verdict.CREDENTIALS),
        (google.auth.exceptions.TransportError("segredo"), Verdict.RETRY),
        (google.auth.exceptions.RefreshError("segredo", retryable=True), Verdict.RETRY),
    ],
)
def test_a_failed_login_sends_nothing(provider_server: ProviderServer, failure: Exception, verdict: Verdict) -> None:
    """Refused credentials stop the sending; an unreachable login server is tried again."""
    provider = FcmProvider("p", url=provider_server.base_url, credentials=Account(failure))  # type: ignore[arg-type]

    async def send() -> Result:
        async with HttpTransport(provider, 2.0, 10) as transport:
            return (await transport.send([message()]))[0]

    assert asyncio.run(send()).verdict is verdict
    assert not provider_server.requests


def test_a_campaign_through_fcm(
    bench: Workbench, live: Callable[..., SendSummary], provider_server: ProviderServer
) -> None:
    """Accepted, dead and refused; the dead address is suppressed for everybody."""
    provider_server.script = by_address({"tok-bia": error(404, "UNREGISTERED"), "tok-caio": error(400, "NEW_CODE")})
    bench.define("a", SIMPLE_DEFINITION + "provider: fcm\n")
    bench.drop("a")
    fcm = {"fcm_url": provider_server.base_url, "fcm_access_token": "x", "fcm_project_id": "p"}
    outcomes = live("a", **fcm).tally.outcomes
    assert (outcomes["accepted"], outcomes["invalid_address"], outcomes["rejected"]) == (1, 1, 1)
    bench.define("b", SIMPLE_DEFINITION + "provider: fcm\n")
    bench.drop("b")
    assert live("b", **fcm).tally.messages == 2


def test_a_wrong_project_stops_the_campaign_early(
    bench: Workbench, live: Callable[..., SendSummary], provider_server: ProviderServer
) -> None:
    """Every token is another project's: a few messages refused, no address suppressed, the rest pending."""
    provider_server.script = lambda _: error(403, "SENDER_ID_MISMATCH")
    bench.define("a", SIMPLE_DEFINITION + "provider: fcm\n")
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(500)))
    receipt = live("a", fcm_url=provider_server.base_url, fcm_access_token="x", fcm_project_id="p")
    assert receipt.problem is not None
    assert "SENDER_ID_MISMATCH" in receipt.problem.text()
    assert receipt.tally.outcomes["rejected"] < 30
    assert receipt.tally.pending > 470


@given(st.text(max_size=260), st.text(max_size=260))
def test_a_short_text_is_never_taken_for_shorter_than_it_is(title: str, body: str) -> None:
    """The quick bound stands in for the size that is sent."""
    message = Message("m" * 32, "push", "t" * 140, "k", title, body, {})
    provider = FcmProvider.__new__(FcmProvider)
    whole = len(orjson.dumps({"notification": {"title": title, "body": body}, "data": {}}))
    assert provider.payload_bytes(message) >= whole
