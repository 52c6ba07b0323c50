"""SMTP: e-mail through a mail server, over a few connections that are kept.

Reference: RFC 5321; what replies mean is in smtp_replies.py. There is no idempotency key: in-doubt messages are held
unless the campaign says otherwise. Bounces come back through SES (ses_reports.py), where that is the server.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiosmtplib

from mensageria_pipeline.contracts.campaign import OnUnknown
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.sending.pacing import Pace
from mensageria_pipeline.sending.providers import ses_reports
from mensageria_pipeline.sending.providers.contract import (
    Capabilities,
    Draft,
    ProviderConfig,
    Result,
    RetryPolicy,
    Verdict,
)
from mensageria_pipeline.sending.providers.email_message import EmailWriter
from mensageria_pipeline.sending.providers.smtp_replies import Step, judged, queue_id

RETRY = RetryPolicy(first_s=30, floor_s=1, ceiling_s=300, throttled_s=60, give_up_s=3_600)
"""Servers that greylist want to be asked again after some minutes."""
_PER_CONNECTION = 4
"""Messages on their way for each connection: while one is said, the others' records go to disk."""
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
"""ASCII without spaces and angle brackets: what cannot end the command it stands in."""
_CLOSES = 421
_SLOW_BYTES_PER_S = 50_000


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where e-mails are handed over."""

    host: str
    port: int
    security: str = "starttls"
    """starttls, tls or none."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    reply_timeout_s: float = 300.0
    """From the first byte of a text to the server's word on it, beside the time that sending it takes: servers look
    at what they take (RFC 5321, 4.5.3.2, asks for 10 minutes)."""

    def client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host, port=self.port, username=self.username, password=self.password, timeout=self.timeout_s,
            use_tls=self.security == "tls", start_tls=self.security == "starttls",
            cert_bundle=str(self.ca_file) if self.ca_file else None,
        )  # fmt: skip


class SmtpProvider:
    name = "smtp"
    required_settings = ("SMTP_HOST", "SMTP_FROM")
    read_reports = staticmethod(ses_reports.read_reports)
    confirmation_url = staticmethod(ses_reports.confirmation_url)

    def __init__(
        self, server: SmtpServer, writer: EmailWriter, *, connections: int = 10, rate_per_s: float | None = None
    ) -> None:
        self._server, self._writer = server, writer
        self._room = asyncio.Semaphore(connections)
        self._idle: list[aiosmtplib.SMTP] = []
        self.credential = f"{server.host}:{server.port}\n{server.username or ''}"
        self.capabilities = Capabilities(
            Mode.LIVE, 1, OnUnknown.HOLD, RETRY, Pace(rate_per_s), channels=(Channel.EMAIL,),
            max_in_flight=_PER_CONNECTION * connections,
        )  # fmt: skip

    @classmethod
    def create(cls, config: ProviderConfig) -> "SmtpProvider":
        settings = config.settings
        config.check(cls.name, [name for name in cls.required_settings if name != "SMTP_FROM"])
        if settings.smtp_ca_file and not settings.smtp_ca_file.is_file():
            raise SettingsError(
                "setting_invalid", name="SMTP_CA_FILE", found=settings.smtp_ca_file.name, expected="ca.pem"
            )
        if settings.smtp_username:
            config.check(cls.name, ["SMTP_PASSWORD"])
        server = SmtpServer(
            settings.smtp_host or "", settings.smtp_port, settings.smtp_security, settings.smtp_username,
            settings.smtp_password, settings.timeout_s, settings.smtp_ca_file,
        )  # fmt: skip
        return cls(
            server, EmailWriter.of(config), connections=settings.smtp_connections, rate_per_s=settings.smtp_rate_per_s
        )

    def refusal(self, message: Message) -> str | None:
        if not _ADDRESS.fullmatch(message.address):
            return "unusable_address"
        return "image_missing" if self._writer.misses_file(message) else None

    def draft(self, message: Message) -> Draft:
        head, text, size = self._writer.shown(message)
        return Draft(f"SMTP {self._server.host}:{self._server.port} ({self._server.security})\n{head}", text, size)

    def page(self, message: Message) -> str | None:
        return self._writer.page(message)

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        (message,) = messages
        content = self._writer.write(message)
        async with self._room:
            return [await self._deliver(message, content)]

    async def aclose(self) -> None:
        for client in self._idle:
            try:
                await client.quit(timeout=1)
            except (aiosmtplib.SMTPException, OSError):
                client.close()
        self._idle.clear()

    async def _deliver(self, message: Message, content: bytes) -> Result:
        """One message over a kept connection, or over a new one where those were closed meanwhile."""
        while self._idle:
            if result := await self._converse(self._idle.pop(), message, content, is_kept=True):
                return result
        client = self._server.client()
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return Result(message.message_id, *judged(Step.CONNECT, error))
        result = await self._converse(client, message, content, is_kept=False)
        return result or Result(message.message_id, Verdict.RETRY, "connection_closed")

    async def _converse(
        self, client: aiosmtplib.SMTP, message: Message, content: bytes, *, is_kept: bool
    ) -> Result | None:
        """Hand one message over; None where a kept connection was closed before anything was said."""
        step = Step.SENDER
        try:
            await client.mail(self._writer.sender_address)
            step = Step.RECIPIENT
            await client.rcpt(message.address)
            step = Step.CONTENT
            reply = await client.data(content, timeout=self._server.reply_timeout_s + len(content) / _SLOW_BYTES_PER_S)
        except aiosmtplib.SMTPResponseException as error:
            await self._keep(client, error.code)
            is_stale = is_kept and step is Step.SENDER and error.code == _CLOSES
            return None if is_stale else Result(message.message_id, *judged(step, error))
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            is_stale = is_kept and step is Step.SENDER and isinstance(error, aiosmtplib.SMTPServerDisconnected)
            return None if is_stale else Result(message.message_id, *judged(step, error))
        self._idle.append(client)
        return Result(message.message_id, Verdict.ACCEPTED, None, queue_id(reply.message))

    async def _keep(self, client: aiosmtplib.SMTP, code: int) -> None:
        """Make a connection ready for the next message after a refusal, or give it up."""
        try:
            if code != _CLOSES:
                await client.rset()
                self._idle.append(client)
                return
        except (aiosmtplib.SMTPException, OSError):
            pass
        client.close()
