"""The one place where HTTP requests leave, and where a failed request is judged: sent, or not?

pyreqwest's exception classes do not say whether a request went out (0.15, tried against real sockets, 2026-11):
a refused connection and a reset after the server had read everything are both ConnectError. Only the causes
tell. `client error (Connect)` means that nothing was sent; everything else means that the provider may have
it. The tests hold one case per cause against a real socket, so that an upgrade that changes them fails.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PoolTimeoutError, PyreqwestError, RequestTimeoutError

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.sending.providers.contract import HttpProvider, Result, Verdict, all_alike

_NOTHING_SENT = "client error (Connect)"


class HttpTransport:
    """Sends an HttpProvider's requests over one connection pool. An async context manager."""

    def __init__(self, provider: HttpProvider, timeout_s: float, max_connections: int) -> None:
        self._provider = provider
        builder = ClientBuilder().timeout(timedelta(seconds=timeout_s)).max_connections(max_connections)
        # A redirect would repeat the request elsewhere, with the key in its headers.
        self._client: Client = builder.follow_redirects(False).user_agent("mensageria-pipeline").build()

    async def __aenter__(self) -> "HttpTransport":
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        """One result per message; no exception of the transport leaves, because they quote URLs."""
        request = self._provider.build_request(messages)
        try:
            outgoing = self._client.post(request.url).headers(dict(request.headers)).body_bytes(request.body).build()
        except (PyreqwestError, ValueError):
            return all_alike(messages, Verdict.RETRY, "not_sendable")
        try:
            response = await outgoing.send()
            body = bytes(await response.bytes())
        except PyreqwestError as error:
            return _judge_failure(messages, error)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return self._provider.read_response(messages, response.status, headers, body)


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
