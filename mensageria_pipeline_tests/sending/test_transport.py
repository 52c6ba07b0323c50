"""What is on the wire: one request for each intent, and no more of an answer than can be one."""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.providers.fcm import FcmProvider
from mensageria_pipeline.providers.http import GenericHttpProvider
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.h2_server import ACCEPT, ENDLESS, LEAVE, REFUSE, H2Server
from mensageria_pipeline_tests.fakes.packages import installed
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer, Raw, Reset
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

MIB = 1 << 20
LIVE = SIMPLE_DEFINITION + "provider: http\n"
Live = Callable[..., SendSummary]


def message(number: int = 1) -> Message:
    return Message(f"{number:032x}", "push", f"tok-{number}", f"k{number}", "", "Oi", {})


def send(url: str, *messages: Message, timeout_s: float = 5.0, apart: bool = False) -> list[Result]:
    """Through the provider `http`, one after the other over the same connections where `apart`."""
    provider = GenericHttpProvider(url, "segredo", 200)

    async def run() -> list[Result]:
        async with HttpTransport(provider, timeout_s, 4) as transport:
            groups: Sequence[Sequence[Message]] = [[each] for each in messages] if apart else [messages]
            return [result for group in groups for result in await transport.send(group)]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("trouble", "verdict", "code"),
    [(REFUSE, Verdict.RETRY, "refused_stream"), (LEAVE, Verdict.UNKNOWN, "broken_connection")],
)
def test_a_stream_that_is_refused_is_one_request(trouble: str, verdict: Verdict, code: str) -> None:
    """The client must not repeat by itself what the ledger knows one intent of. A refused stream was not looked at, as
    the protocol promises; a goodbye may hide a send."""

    async def run(url: str) -> Result:
        provider = FcmProvider("p", url=url, token="segredo")
        async with HttpTransport(provider, 2.0, 4) as transport:
            (result,) = await transport.send([message()])
            return result

    with H2Server(lambda _: trouble) as server:
        result = asyncio.run(run(server.url))
    assert len(server.requests) == 1
    assert (result.verdict, result.code) == (verdict, code)


PLAIN = """
from mensageria_pipeline.providers.http import GenericHttpProvider

class Plain(GenericHttpProvider):
    name = "plain"
    settings = ()

    @classmethod
    def create(cls, config):
        return cls(config.settings.others["PLAIN_URL"], "x", 1)
"""
"""The provider `http` over HTTP/2 without TLS, which its own variable does not allow."""


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with installed(tmp_path / "site", monkeypatch, "plain_http", PLAIN, {"plain": "plain_http:Plain"}):
        yield


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("trouble", [REFUSE, LEAVE])
def test_every_request_on_the_wire_has_its_intent(bench: Workbench, trouble: str) -> None:
    """The server is the witness: no more requests than the ledger has attempts, whatever is refused."""
    bench.define("a", SIMPLE_DEFINITION + "provider: plain\n")
    bench.drop("a")
    with H2Server(lambda number: trouble if number <= 3 else ACCEPT, body=b"") as server:
        report = bench.run("a", plain_url=f"{server.url}/send")
    assert report.tally.outcomes["accepted"] == 3
    assert 6 <= len(server.requests) <= report.tally.attempts, "one may be lost with its connection, none is repeated"


def test_requests_over_http2_say_their_length() -> None:
    """A body that is sent as a stream is still whole: servers want to know its length."""
    with H2Server(body=b'{"results": []}') as server:
        send(f"{server.url}/send", message())
    assert int(server.requests[0]["content-length"]) > 100
    assert server.requests[0]["content-type"] == "application/json"


def test_a_kept_connection_that_breaks_after_a_request_repeats_nothing(provider_server: ProviderServer) -> None:
    """Over HTTP/1.1 too: what was written once is in doubt, also on a connection that served before."""
    provider_server.script = lambda request: Reset(accepts=True) if request.number == 2 else Answer()
    first, second = send(provider_server.url, message(1), message(2), apart=True)
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.UNKNOWN)
    assert len(provider_server.requests) == 2


def test_an_error_is_an_answer_and_a_broken_connection_is_none(provider_server: ProviderServer) -> None:
    """What a person is told when it goes on for a minute depends on it."""
    provider_server.script = lambda request: Answer(503) if request.number == 1 else Reset(accepts=False)
    first, second = send(provider_server.url, message(1), message(2), apart=True)
    assert (first.is_silence, second.is_silence) == (False, True)


# The end and the size of answers.

SHORT: Mapping[str, bytes] = {
    "empty, before its length": b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n",
    "cut, before its length": b'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"results": []}',
    "no length": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
    "no length, closing": b"HTTP/1.1 202 Accepted\r\nconnection: close\r\n\r\n",
    "chunks without an end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    "an unpacked nothing": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
}


@pytest.mark.parametrize("content", SHORT.values(), ids=SHORT)
def test_an_answer_that_ended_early_is_no_empty_answer(
    bench: Workbench, live: Live, provider_server: ProviderServer, content: bytes
) -> None:
    """An empty 2xx means that all were accepted: only where it is known to be whole."""
    provider_server.script = lambda _: Raw(content)
    bench.define("a", LIVE + "on_unknown: hold\n")
    bench.drop("a")
    assert live("a").tally.unknown == 3


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["length 0", "204", "chunks"],
)
def test_an_empty_answer_that_is_whole_accepts(
    bench: Workbench, live: Live, provider_server: ProviderServer, content: bytes
) -> None:
    """Plain webhooks answer so."""
    provider_server.script = lambda _: Raw(content)
    bench.define("a", LIVE + "on_unknown: hold\n")
    bench.drop("a")
    assert live("a").tally.outcomes["accepted"] == 3


def _answer(request: Incoming, padding: int) -> bytes:
    entries = [{"id": each["id"], "status": "accepted"} for each in request.messages]
    return json.dumps({"results": entries, "padding": "x" * padding}).encode()


def _packed(body: bytes) -> Raw:
    packed = gzip.compress(body)
    return Raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed)


ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
PIECE = b"10000\r\n" + b" " * 65_536 + b"\r\n"


def test_an_answer_that_does_not_end_is_not_read_to_its_end(provider_server: ProviderServer) -> None:
    """1 GiB is offered; a little more than the limit is taken, and the connection is closed."""
    provider_server.script = lambda _: Raw(ENDLESS_HEAD, repeat=16_384, piece=PIECE)
    (result,) = send(provider_server.url, message())
    assert (result.verdict, result.code) == (Verdict.UNKNOWN, "answer_too_large")
    assert provider_server.written_bytes < 32 * MIB


def test_the_limit_counts_what_is_unpacked(provider_server: ProviderServer) -> None:
    """50 kB of gzip hold 50 MB."""
    provider_server.script = lambda request: _packed(_answer(request, 50 * MIB))
    (result,) = send(provider_server.url, message())
    assert (result.verdict, result.code) == (Verdict.UNKNOWN, "answer_too_large")


@pytest.mark.parametrize("status", [200, 400, 401, 429, 503])
def test_an_oversized_answer_means_nothing_whatever_its_status(provider_server: ProviderServer, status: int) -> None:
    """Nobody knows what its end would have said."""
    provider_server.script = lambda _: Answer(status, body=b" " * (MIB + 1))
    (result,) = send(provider_server.url, message())
    assert (result.verdict, result.code) == (Verdict.UNKNOWN, "answer_too_large")


def test_an_answer_within_the_limit_is_read_whole(provider_server: ProviderServer) -> None:
    """Also a packed one, and one of nearly a megabyte."""
    for script in (
        lambda request: Answer(body=_answer(request, MIB - 500)),
        lambda request: _packed(_answer(request, MIB - 500)),
    ):
        provider_server.script = script
        (result,) = send(provider_server.url, message())
        assert result.verdict is Verdict.ACCEPTED


def test_over_http2_the_stream_of_an_oversized_answer_is_closed_and_the_others_go_on() -> None:
    """A connection carries many messages: only the one stream ends."""
    with H2Server(lambda number: ENDLESS if number == 1 else ACCEPT, body=b'{"results": []}') as server:
        first, second = send(f"{server.url}/send", message(1), message(2), apart=True)
    assert (first.verdict, first.code) == (Verdict.UNKNOWN, "answer_too_large")
    assert second.code == "not_in_answer"
    assert (server.connections, server.resets) == (1, 1)


def test_an_oversized_answer_leaves_its_messages_in_doubt(bench: Workbench, provider_server: ProviderServer) -> None:
    """Held, and told."""
    provider_server.script = lambda _: Answer(body=b" " * (MIB + 1))
    bench.define("a", SIMPLE_DEFINITION + "provider: http\non_unknown: hold\n")
    bench.drop("a")
    report = bench.run("a", api_provider_url=provider_server.url, api_key="x")
    assert report.tally.unknown == 3
    assert {row["code"] for row in _results(bench)} == {"answer_too_large"}


def _results(bench: Workbench) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    folder = bench.layout.partition_dir(Asset.SEND_RESULTS, "a")
    return [row for path in folder.glob("*.parquet") for row in pq.ParquetFile(path).read().to_pylist()]
