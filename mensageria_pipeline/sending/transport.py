"""The one place where HTTP requests leave, and where a failed request is judged: sent, or not?

pyreqwest's exception classes do not say whether a request went out (0.15, tried against real sockets, 2026-11):
a refused connection and a reset after the server had read everything are both ConnectError. Only the causes
tell. `client error (Connect)` means that nothing was sent; everything else means that the provider may have
it. The tests hold one case per cause against a real socket, so that an upgrade that changes them fails.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PoolTimeoutError, PyreqwestError, RequestTimeoutError
from pyreqwest.http import Url

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.sending.providers.contract import HttpProvider, NeedsLogin, Result, Verdict, all_alike

_NOTHING_SENT = "client error (Connect)"


_H2C = "h2c://"
_MAX_ROUTES = 100


class HttpTransport:
    """Sends an HttpProvider's requests over one connection pool. An async context manager."""

    def __init__(self, provider: HttpProvider, timeout_s: float, max_connections: int) -> None:
        self._provider = provider
        self._login = provider if isinstance(provider, NeedsLogin) else None
        self._logging_in = asyncio.Lock()
        builder = ClientBuilder().timeout(timedelta(seconds=timeout_s)).max_connections(max_connections)
        # A redirect would repeat the request elsewhere, with the key in its headers.
        builder = builder.follow_redirects(False).user_agent("mensageria-pipeline").runtime_multithreaded(True)
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
            builder = self._builder.http2_prior_knowledge() if is_h2c else self._builder
            self._clients[is_h2c] = builder.build()
        route = (self._clients[is_h2c], Url(f"http://{text.removeprefix(_H2C)}" if is_h2c else text))
        if len(self._routes) < _MAX_ROUTES:
            self._routes[text] = route
        return route

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        """One result per message; no exception of the transport leaves, because they quote URLs."""
        if self._login and self._login.login_is_due() and (refused := await self._log_in(self._login)):
            return all_alike(messages, refused, "login_failed")
        request = self._provider.build_request(messages)
        try:
            client, url = self._routes.get(request.url) or self._route(request.url)
            outgoing = client.post(url).headers(request.headers).body_bytes(request.body).build()
        except (PyreqwestError, ValueError):
            return all_alike(messages, Verdict.RETRY, "not_sendable")
        try:
            response = await outgoing.send()
            body = bytes(await response.bytes())
        except PyreqwestError as error:
            return _judge_failure(messages, error)
        return self._provider.read_response(messages, response.status, response.headers, body)

    async def _log_in(self, provider: NeedsLogin) -> Verdict | None:
        """Once for all requests that wait for it; beside the loop, because it blocks."""
        async with self._logging_in:
            return await asyncio.to_thread(provider.log_in) if provider.login_is_due() else None


def _judge_failure(messages: Sequence[Message], error: PyreqwestError) -> list[Result]:
    for applies, verdict, code in _FAILURES:
        if applies(error):
            return all_alike(messages, verdict, code)
    return all_alike(messages, Verdict.UNKNOWN, "broken_connection")


def _causes(error: PyreqwestError) -> list[str]:
    details = error.details if isinstance(error, DetailedPyreqwestError) else None
    return [cause["message"] for cause in (details["causes"] if details else None) or []]


_FAILURES: tuple[tuple[Callable[[PyreqwestError], bool], Verdict, str], ...] = (
    (lambda error: isinstance(error, PoolTimeoutError), Verdict.RETRY, "no_free_connection"),
    (lambda error: any(_NOTHING_SENT in cause for cause in _causes(error)), Verdict.RETRY, "not_connected"),
    (lambda error: isinstance(error, RequestTimeoutError), Verdict.UNKNOWN, "timeout"),
)
