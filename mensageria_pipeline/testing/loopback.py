"""A provider on loopback: it answers each request with what it was told to, and keeps what it was asked."""

import contextlib
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """An HTTP answer that ends with its connection, some bytes before its length."""

    answer: Answer


@dataclass(frozen=True)
class Silence:
    """Read everything, and say nothing until the server stops."""


@dataclass(frozen=True)
class Reset:
    """Read everything, and break the connection."""


@dataclass(frozen=True)
class Asked:
    """One request, whole."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


Action = Answer | Cut | Silence | Reset


class LoopbackServer:
    """Serves from a thread of its own. Use as a context manager; set `answer` before each request."""

    def __init__(self) -> None:
        self.answer: Action = Answer()
        self.asked: list[Asked] = []
        self._stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append(Asked(self.path, headers, body))
                outer._act(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        return Handler

    def _act(self, handler: BaseHTTPRequestHandler) -> None:
        answer = self.answer
        if isinstance(answer, Silence):
            self._stopped.wait(30)
            handler.close_connection = True
        elif isinstance(answer, Reset):
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
        elif isinstance(answer, Cut):
            _write(handler, answer.answer, missing=10)
            handler.close_connection = True
        else:
            _write(handler, answer)


def _write(handler: BaseHTTPRequestHandler, answer: Answer, missing: int = 0) -> None:
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(answer.body) + missing))
    handler.end_headers()
    with contextlib.suppress(ConnectionError):  # who asked has read enough
        handler.wfile.write(answer.body)
