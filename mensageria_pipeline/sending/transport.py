"""The one place where HTTP requests leave, and where a failed request is judged: sent, or not?

pyreqwest's exception classes do not say whether a request went out (0.15, tried against real sockets, 2026-11):
a refused connection and a reset after the server had read everything are both ConnectError. Only the causes
tell. `client error (Connect)` means that nothing was sent; everything else means that the provider may have
it. The tests hold one case per cause against a real socket, so that an upgrade that changes them fails.

One intent is one request on the wire. reqwest repeats a request by itself where an HTTP/2 server refuses a stream or
says goodbye (0.13, twice more), unless its body cannot be read twice: so over HTTP/2 bodies go as streams. Over
HTTP/1.1 it repeats nothing that was written.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PoolTimeoutError, PyreqwestError, RequestTimeoutError
from pyreqwest.http import Url
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.providers.contract import HttpProvider, NeedsLogin, Request
from mensageria_pipeline.providers.verdict import Result, Verdict, all_alike
from mensageria_pipeline.sending.words import keeper_for

_NOTHING_SENT = "client error (Connect)"
_NOTHING_DONE = "refused stream before processing"
"""What an HTTP/2 server promises of a stream it refuses (RFC 9113, 8.7)."""
_BODILESS = 204
_H2C = "h2c://"
_MAX_ROUTES = 100


class HttpTransport:
    """Sends an HttpProvider's requests over one connection pool. An async context manager."""

    def __init__(self, provider: HttpProvider, timeout_s: float, max_connections: int) -> None:
        self._provider = provider
        self._login = provider if isinstance(provider, NeedsLogin) else None
        self._logging_in = asyncio.Lock()
        self._keep = keeper_for(provider)
        builder = ClientBuilder().timeout(timedelta(seconds=timeout_s)).max_connections(max_connections)
        # A redirect would repeat the request elsewhere, with the key in its headers.
        builder = builder.follow_redirects(False).user_agent("mensageria-pipeline").runtime_multithreaded(True)
        self._most_bytes = provider.capabilities.max_answer_bytes
        self._builder, self._clients = builder, dict[bool, Client]()
        self._routes = dict[str, tuple[Client, Url]]()

    async def __aenter__(self) -> "HttpTransport":
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            await client.close()

    def _route(self, text: str) -> tuple[Client, Url]:
        """The client for a URL, and the URL parsed. Adapters have one, or few."""
        is_h2c = text.startswith(_H2C)
        if is_h2c not in self._clients:
            builder = self._builder.http2_prior_knowledge() if is_h2c else self._builder.http1_only()
            self._clients[is_h2c] = builder.build()
        route = (self._clients[is_h2c], Url(f"http://{text.removeprefix(_H2C)}" if is_h2c else text))
        if len(self._routes) < _MAX_ROUTES:
            self._routes[text] = route
        return route

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        """One result per message, without text of the answer. No exception of the transport leaves: they quote URLs."""
        if self._login and self._login.login_is_due() and (refused := await self._log_in(self._login)):
            return all_alike(messages, refused, "login_failed")
        request = self._provider.build_request(messages)
        try:
            outgoing = self._outgoing(request)
        except (PyreqwestError, ValueError):
            return all_alike(messages, Verdict.RETRY, "not_sendable")
        try:
            async with outgoing as response:  # leaving it closes what was not read to its end
                body = await response.body_reader.read(self._most_bytes + 1) or b""
        except PyreqwestError as error:
            return _judge_failure(messages, error)
        return self._read(messages, response, bytes(body))

    def _read(self, messages: Sequence[Message], response: Response, body: bytes) -> list[Result]:
        if len(body) > self._most_bytes:
            return all_alike(messages, Verdict.UNKNOWN, "answer_too_large")
        if not (body or _is_whole(response)):
            return all_alike(messages, Verdict.UNKNOWN, "answer_without_end")
        read = self._provider.read_response(messages, response.status, response.headers, body)
        results = self._keep(messages, read)
        if len(results) == 1 and results[0].verdict is Verdict.ACCEPTED:  # as most are
            return results
        return [each if each.verdict is Verdict.ACCEPTED else each._replace(is_silence=False) for each in results]

    def _outgoing(self, request: Request) -> StreamRequest:
        client, url = self._routes.get(request.url) or self._route(request.url)
        if request.url.startswith(_H2C):
            headers = {**request.headers, "content-length": str(len(request.body))}
            return client.post(url).headers(headers).body_stream([request.body]).build_streamed()
        return client.post(url).headers(request.headers).body_bytes(request.body).build_streamed()

    async def _log_in(self, provider: NeedsLogin) -> Verdict | None:
        """Once for all requests that wait for it; beside the loop, because it blocks."""
        async with self._logging_in:
            return await asyncio.to_thread(provider.log_in) if provider.login_is_due() else None


def _judge_failure(messages: Sequence[Message], error: PyreqwestError) -> list[Result]:
    for applies, verdict, code in _FAILURES:
        if applies(error):
            return all_alike(messages, verdict, code)
    return all_alike(messages, Verdict.UNKNOWN, "broken_connection")


def _is_whole(response: Response) -> bool:
    """Whether an empty answer is known to end where it does: one that ends with its connection may be cut."""
    headers = response.headers
    is_framed = "content-length" in headers or "transfer-encoding" in headers
    return is_framed or response.status == _BODILESS or response.version >= "HTTP/2"


def _causes(error: PyreqwestError) -> list[str]:
    details = error.details if isinstance(error, DetailedPyreqwestError) else None
    return [cause["message"] for cause in (details["causes"] if details else None) or []]


_FAILURES: tuple[tuple[Callable[[PyreqwestError], bool], Verdict, str], ...] = (
    (lambda error: isinstance(error, PoolTimeoutError), Verdict.RETRY, "no_free_connection"),
    (lambda error: any(_NOTHING_SENT in cause for cause in _causes(error)), Verdict.RETRY, "not_connected"),
    (lambda error: any(_NOTHING_DONE in cause for cause in _causes(error)), Verdict.RETRY, "refused_stream"),
    (lambda error: isinstance(error, RequestTimeoutError), Verdict.UNKNOWN, "timeout"),
)
