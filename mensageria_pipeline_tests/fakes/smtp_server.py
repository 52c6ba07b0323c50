"""A mail server on loopback: aiosmtpd, told what to do with the next message, and what it took."""

import asyncio
import email
import email.policy
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from mensageria_pipeline_tests.fakes.ports import free_port

OK = "250 2.0.0 Ok: queued as 4F3D9A1B{:02X}"
BREAK, SILENT = "break", "silent"
"""Instead of a reply: break the connection, or say nothing."""


@dataclass
class Taken:
    """One message that was taken."""

    sender: str
    recipients: list[str]
    message: EmailMessage


@dataclass
class SmtpServer:
    """`replies` says what is answered at each step: mail, rcpt, data. Use as a context manager."""

    replies: dict[str, str] = field(default_factory=dict)
    decide: Callable[[str], str | None] = lambda _address: None
    """Reply to a recipient, by address; None: as `replies` say."""
    login: tuple[str, str] | None = None
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    once: bool = False
    """Forget the replies once one was given."""

    def __enter__(self) -> "SmtpServer":
        options: dict[str, Any] = {"ident": "loopback"}
        if self.login:
            options |= {"authenticator": self._authenticate, "auth_require_tls": False}
        self._controller = Controller(_Handler(self), hostname="127.0.0.1", port=free_port(), **options)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        is_right = (data.login.decode(), data.password.decode()) == self.login
        return AuthResult(success=is_right, handled=is_right)


class _Handler:
    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _smtp: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self._server.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (reply := await self._scripted(smtp, "mail")) is not None:
            return reply
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self._server.decide(address) or await self._scripted(smtp, "rcpt")
        if reply is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if (reply := await self._scripted(smtp, "data")) is not None:
            return reply
        content = envelope.content
        assert isinstance(content, bytes)
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self._server.taken.append(Taken(str(envelope.mail_from), list(envelope.rcpt_tos), parsed))
        return OK.format(len(self._server.taken))

    async def _scripted(self, smtp: SMTP, step: str) -> str | None:
        reply = self._server.replies.get(step)
        if reply and self._server.once:
            self._server.replies = {}
        if reply == SILENT:
            await asyncio.sleep(30)
        if reply == BREAK:
            transport = smtp.transport
            assert transport is not None
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
            await asyncio.sleep(0.05)
        return reply
