"""SMTP: e-mail through a mail server, over a few connections that are kept.

Reference: RFC 5321; what replies mean is in smtp_replies.py. There is no idempotency key: in-doubt messages are held
unless the campaign says otherwise. Bounces come back through SES (ses_reports.py), where that is the server.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import aiosmtplib

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers import ses_reports
from mensageria_pipeline.providers.contract import (
    Capabilities,
    Pace,
    ProviderConfig,
    RequestPreview,
    RetryPolicy,
)
from mensageria_pipeline.providers.email_message import EmailWriter
from mensageria_pipeline.providers.smtp_replies import ENHANCED, REPLIES, Step, is_deferral, judged, queue_id
from mensageria_pipeline.providers.sns import SnsProof, SnsSettings
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.providers.webhooks import Proof
from mensageria_pipeline.settings import Settings, kinds
from mensageria_pipeline.settings.variables import Need, variable

RETRY = RetryPolicy(first_s=30, floor_s=1, ceiling_s=300, throttled_s=60, give_up_s=3_600)
"""Of what met silence. What a server defers waits as it asks: `deferred_s`."""
DEFAULT_CONNECTIONS = 10
_PER_CONNECTION = 4
"""Messages on their way for each connection: while one is said, the others' records go to disk."""
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
"""ASCII without spaces and angle brackets: what cannot end the command it stands in."""
_CLOSES = 421
_SLOW_BYTES_PER_S = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The `smtp` provider: the mail server (SES, Mailgun, your own Postfix …)."""

    host: str = variable("SMTP_HOST", kinds.HOST, need=Need.REQUIRED, about="The server's name.")
    port: int = variable("SMTP_PORT", kinds.whole(1, 65_535), default="587", about="Its port.")
    security: str = variable(
        "SMTP_SECURITY",
        kinds.one_of("starttls", "tls", "none"),
        default="starttls",
        about="How the connection is protected: starttls, tls or none.",
    )
    username: str | None = variable("SMTP_USERNAME", kinds.TEXT, about="Who logs in; empty: nobody.")
    password: str | None = variable("SMTP_PASSWORD", kinds.TEXT, is_secret=True, about="With which password.")
    sender: str | None = variable(
        "SMTP_FROM",
        kinds.MAILBOX,
        need=Need.USUAL,
        about="Who e-mails come from, e.g. Loja <ola@loja.com.br>; a campaign may name another.",
    )
    ca_file: Path | None = variable(
        "SMTP_CA_FILE",
        kinds.PATH,
        about="Certificates (PEM) to trust instead of the system's, for a server with a company's own.",
    )
    connections: int = variable(
        "SMTP_CONNECTIONS",
        kinds.whole(1, 200),
        default=str(DEFAULT_CONNECTIONS),
        about="Connections to the server at once, of each sender process (1 to 200).",
    )
    rate_per_s: float | None = variable(
        "SMTP_RATE_PER_SECOND", kinds.RATE, about="Messages per second. Empty: no limit."
    )


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
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            timeout=self.timeout_s,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            cert_bundle=str(self.ca_file) if self.ca_file else None,
        )


class SmtpProvider:
    name = "smtp"
    answers: ClassVar = (ENHANCED, REPLIES)
    id_shape: ClassVar = r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._@-]{3,119}"
    settings: ClassVar = (SmtpSettings, SnsSettings)
    capabilities = Capabilities(
        Mode.LIVE,
        1,
        (Channel.EMAIL,),
        retry=RETRY,
        max_in_flight=_PER_CONNECTION * DEFAULT_CONNECTIONS,
        connections=DEFAULT_CONNECTIONS,
    )
    read_receipts = staticmethod(ses_reports.read_receipts)
    confirmation_url = staticmethod(ses_reports.confirmation_url)
    brings_token: ClassVar = True

    @staticmethod
    def proof(settings: Settings) -> Proof:
        return SnsProof(settings.read(SnsSettings, SmtpProvider.name).topics).problem

    @staticmethod
    def proof_warning(settings: Settings) -> str | None:
        return None if settings.read(SnsSettings, SmtpProvider.name).topics else "receiver_any_topic"

    def __init__(
        self,
        server: SmtpServer,
        writer: EmailWriter,
        *,
        connections: int = DEFAULT_CONNECTIONS,
        rate_per_s: float | None = None,
    ) -> None:
        self._server, self._writer = server, writer
        self._room = asyncio.Semaphore(connections)
        self._idle: list[aiosmtplib.SMTP] = []
        self.credential = f"{server.host}:{server.port}\n{server.username or ''}"
        self.capabilities = replace(
            type(self).capabilities,
            pace=Pace(rate_per_s),
            max_in_flight=_PER_CONNECTION * connections,
            connections=connections,
        )

    @classmethod
    def create(cls, config: ProviderConfig) -> "SmtpProvider":
        settings = config.read(SmtpSettings, cls.name)
        if settings.ca_file and not settings.ca_file.is_file():
            raise SettingsError("setting_invalid", name="SMTP_CA_FILE", found=settings.ca_file.name, expected="ca.pem")
        if settings.username:
            config.check(cls.name, ["SMTP_PASSWORD"])
        server = SmtpServer(
            settings.host,
            settings.port,
            settings.security,
            settings.username,
            settings.password,
            config.settings.timeout_s,
            settings.ca_file,
        )
        writer = EmailWriter.of(config, settings.sender)
        return cls(server, writer, connections=settings.connections, rate_per_s=settings.rate_per_s)

    def refusal(self, message: Message) -> str | None:
        if not _ADDRESS.fullmatch(message.address):
            return "unusable_address"
        return "image_missing" if self._writer.misses_file(message) else None

    def preview_request(self, message: Message) -> RequestPreview:
        head, text, size = self._writer.shown(message)
        return RequestPreview(
            f"SMTP {self._server.host}:{self._server.port} ({self._server.security})\n{head}", text, size
        )

    def page(self, message: Message) -> str | None:
        return self._writer.page(message)

    async def send(self, messages: Sequence[Message]) -> list[Result]:
        (message,) = messages
        async with self._room:
            return [await self._deliver(message, self._writer.write(message))]

    async def connect(self) -> Verdict | None:
        client = self._server.client()
        try:
            await client.connect()
            await client.quit(timeout=1)
        except aiosmtplib.SMTPAuthenticationError:
            return Verdict.CREDENTIALS
        except (aiosmtplib.SMTPException, OSError):
            return Verdict.RETRY
        finally:
            client.close()
        return None

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
            return _answer(message, Step.CONNECT, error)
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
            return None if is_stale else _answer(message, step, error)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            is_stale = is_kept and step is Step.SENDER and isinstance(error, aiosmtplib.SMTPServerDisconnected)
            return None if is_stale else _answer(message, step, error)
        self._idle.append(client)
        return Result(message.message_id, Verdict.ACCEPTED, None, queue_id(reply.message))

    async def _keep(self, client: aiosmtplib.SMTP, code: int) -> None:
        """Make a connection ready for the next message after a refusal, or give it up."""
        try:
            if code in range(400, 600) and code != _CLOSES:  # what is no reply may still be going on
                await client.rset()
                self._idle.append(client)
                return
        except (aiosmtplib.SMTPException, OSError):
            pass
        client.close()


def _answer(message: Message, step: Step, error: Exception) -> Result:
    verdict, code = judged(step, error)
    return Result(message.message_id, verdict, code, is_deferred=is_deferral(verdict, error))
