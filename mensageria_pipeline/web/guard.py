"""Who may speak to a web application on this machine: its own pages and programs, and no other page of the browser.

A browser sends a foreign page's requests to 127.0.0.1 as gladly as any other. What gives them away is written by the
browser, not by the page: Host (the name that was opened: DNS rebinding), Origin and Sec-Fetch-Site (who asks).
"""

import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mensageria_pipeline.texts import say

_logger = logging.getLogger(__name__)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - names, nothing is bound here
_NOBODY = ("", 0)
_READS = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_CLOSED = (
    ("content-security-policy", "frame-ancestors 'none'"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
)
"""On every answer: shown in no frame, loaded as no picture or script of another page."""
_OPENING = ("access-control-allow-origin", "access-control-allow-credentials")
Judge = Callable[[Request], str | None]
"""What an application refuses by itself: the key of a sentence, or None."""


@dataclass(frozen=True, slots=True)
class Door:
    """By which names an application is opened, and which of its paths are data rather than pages."""

    address: str = "127.0.0.1"
    """Where it listens."""
    names: frozenset[str] = frozenset()
    """More names, with a port where it is not the usual one: those that a proxy answers to."""
    data_paths: frozenset[str] = frozenset()
    """First segments of paths that no link of another page may open."""

    def is_known(self, host: str) -> bool:
        """Whether a Host header names this application. An address cannot be rebound, a name can."""
        name = _split(host)[0]
        own = {self.address.strip("[]").lower(), *LOOPBACK, *(_split(each)[0] for each in self.names)} - _WILDCARDS
        return name in own or (self.address in _WILDCARDS and _is_address(name))

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an Origin is this application's: the host that was asked, or one that a proxy answers to."""
        scheme, separator, netloc = origin.partition("://")
        default = _DEFAULT_PORTS.get(scheme.lower())
        if not separator or default is None:
            return False
        asked = {_split(each, default) for each in (host, *self.names)}
        return _split(netloc, default) in asked - {_NOBODY}


class WebGuard:
    """ASGI middleware that refuses what other pages make a browser send."""

    def __init__(self, app: ASGIApp, door: Door, judge: Judge = lambda _request: None) -> None:
        self.app, self._door, self._judge = app, door, judge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self.app(scope, receive, _closing(send))
            return
        _logger.warning("request refused", extra={"key": refusal, "kind": scope["type"]})
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
            return
        await PlainTextResponse(say(refusal), status_code=403)(scope, receive, _closing(send))

    def _refusal(self, scope: Scope) -> str | None:
        """The key of the sentence that says why, or None."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._door.is_known(hosts[0]):
            return "door_host"
        if any(not self._door.is_own(origin, hosts[0]) for origin in origins):
            return "door_origin"
        if scope["type"] == "websocket":
            return None if origins else "door_origin"
        if not self._is_asked_by_own_page(scope, headers):
            return "door_origin"
        return self._judge(Request(scope))

    def _is_asked_by_own_page(self, scope: Scope, headers: Headers) -> bool:
        """By the browser's word; programs give none. A link of another page may open a page, and nothing else."""
        if headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
            return True
        is_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        is_data = scope["path"].strip("/").split("/")[0] in self._door.data_paths
        return scope["method"] in _READS and is_link and not is_data


def _closing(send: Send) -> Send:
    """Send with headers that keep an answer out of other pages."""

    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in _OPENING:
                del headers[name]
            for name, value in _CLOSED:
                _add(headers, name, value)
        await send(message)

    return closed


def _add(headers: MutableHeaders, name: str, value: str) -> None:
    """A second policy narrows the first; other headers have one value."""
    if name == "content-security-policy":
        headers.append(name, value)
    else:
        headers[name] = value


def _split(netloc: str, default_port: int = 0) -> tuple[str, int]:
    """Name and port of `name:port`; an unreadable one is nobody's."""
    try:
        parts = urlsplit(f"//{netloc}")
        name, port = parts.hostname or "", parts.port or default_port
    except ValueError:
        return _NOBODY
    is_plain = parts.netloc == netloc and "@" not in netloc
    return (name, port) if name and is_plain else _NOBODY


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
