"""The receiver: a small web application that providers and people answer to.

    POST /recibos/<provider>                   what a provider reports, proven by RECEIVER_TOKEN
    POST /sair/<partition>/<message>/<mark>    a recipient wants no more (RFC 8058): the link in an e-mail
    GET  /sair/…                               the page with the button: mail scanners open links, and press nothing
    GET  /saude                                whether it works

It answers 200 only once what came is on disk, and keeps it once, however often it comes. What it means is found out
later (fold.py): so it is quick, and depends on nothing but the ledger.
"""

import base64
import binascii
import contextlib
import hmac
import html
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.links import is_ours
from mensageria_pipeline.contracts.receipts import Report, Wish
from mensageria_pipeline.errors import LedgerError, MensageriaError
from mensageria_pipeline.receipts.answers import address_key_of
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.receipts import StoredReport, microseconds
from mensageria_pipeline.sending.providers.contract import AsksForConfirmation
from mensageria_pipeline.sending.providers.registry import reporting_by_webhook
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.texts import say

MAX_BODY_BYTES = 1 << 20
LEAVE_LINK = "link"
"""The provider that a wish by link is kept under: nobody's."""
_SAME_WISH_S = 60
"""Presses of one link within so many seconds are one wish; a later one is another, should somebody have lifted it."""
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Receiver:
    """The handlers, over one ledger."""

    ledger: Ledger
    token: str

    def application(self) -> Starlette:
        routes = [
            Route("/recibos/{provider}", self.take_reports, methods=["POST"]),
            Route("/sair/{partition}/{message}/{mark}", self.show_leave, methods=["GET"]),
            Route("/sair/{partition}/{message}/{mark}", self.leave, methods=["POST"]),
            Route("/saude", self.health, methods=["GET"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with Recorder[StoredReport](self.ledger.receipts.append) as recorder:
            app.state.recorder, app.state.is_failing = recorder, False
            yield

    async def take_reports(self, request: Request) -> Response:
        if not self._is_proven(request.headers.get("authorization", "")):
            return _refusal(401, "receiver_unproven")
        provider = request.path_params["provider"]
        try:
            adapter = reporting_by_webhook(provider)
        except MensageriaError:
            adapter = None
        if adapter is None:
            return _refusal(404, "receiver_unknown_provider", provider=provider[:40])
        body = await _body(request)
        if body is None:
            return _refusal(413, "receiver_too_large", most=MAX_BODY_BYTES)
        try:
            reports = adapter.read_reports(body)
        except Exception:  # noqa: BLE001 - a post of anything, read by an adapter of anybody
            return _refusal(400, "receiver_unreadable", provider=provider)
        if isinstance(adapter, AsksForConfirmation) and (url := adapter.confirmation_url(body)):
            _logger.warning(say("receiver_confirm", provider=provider, url=url))
        return await self._keep(request, await run_in_threadpool(self._stored, provider, reports))

    async def show_leave(self, request: Request) -> Response:
        if not self._is_link(request):
            return _page(404, say("leave_unknown"))
        button = f'<form method="post"><button>{html.escape(say("leave_button"))}</button></form>'
        return _page(200, say("leave_ask"), button)

    async def leave(self, request: Request) -> Response:
        if not self._is_link(request):
            return _page(404, say("leave_unknown"))
        partition, message = request.path_params["partition"], request.path_params["message"]
        report = StoredReport(
            LEAVE_LINK, f"{partition}/{message}/{int(time.time()) // _SAME_WISH_S}", code="one_click",
            wish=Wish.LEAVE, message_id=message, campaign=partition, channel=Channel.EMAIL,
        )  # fmt: skip
        answer = await self._keep(request, [report])
        return answer if answer.status_code != 200 else _page(200, say("leave_done"))

    async def health(self, request: Request) -> Response:
        """Whether the last report could be written."""
        is_failing = request.app.state.is_failing
        return _refusal(503, "receiver_not_writing") if is_failing else JSONResponse({"ok": True})

    async def _keep(self, request: Request, reports: list[StoredReport]) -> Response:
        """Answer once everything is on disk. Whoever gets no 200 posts again."""
        recorder: Recorder[StoredReport] = request.app.state.recorder
        try:
            if reports:
                await recorder.record(reports)
                request.app.state.is_failing = False
        except LedgerError:
            request.app.state.is_failing = True  # until a post can be written: each tries anew
            return _refusal(503, "receiver_not_writing")
        return JSONResponse({"received": len(reports)})

    def _stored(self, provider: str, reports: list[Report]) -> list[StoredReport]:
        return [
            StoredReport(
                provider, report.event_id, report.delivery, report.code, report.wish, report.message_id or "",
                report.provider_message_id or "", "", report.channel or "",
                address_key_of(self.ledger.key, report.channel, report.address), microseconds(report.at),
            )
            for report in reports
        ]  # fmt: skip

    def _is_proven(self, authorization: str) -> bool:
        """`Bearer <token>`, or the token as the password of a Basic login, as SNS sends it from a URL."""
        kind, _, value = authorization.partition(" ")
        if kind.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False
        elif kind.lower() != "bearer":
            return False
        return hmac.compare_digest(value.strip().encode(), self.token.encode())

    def _is_link(self, request: Request) -> bool:
        path = request.path_params
        return is_ours(self.ledger.key, path["partition"], path["message"], path["mark"])


async def _body(request: Request) -> bytes | None:
    """The body; None where it is larger than a report can be."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _refusal(status: int, key: str, **values: object) -> Response:
    response = JSONResponse({"error": say(key, **values)}, status)
    if status == 401:  # SNS sends its password only where a realm asks for it
        response.headers.append("www-authenticate", 'Basic realm="recibos"')
        response.headers.append("www-authenticate", 'Bearer realm="recibos"')
    return response


def _page(status: int, text: str, more: str = "") -> Response:
    return HTMLResponse(
        "<!doctype html><html lang='pt-BR'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'><meta name='robots' content='noindex'>"
        "<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#222}"
        "button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#1f4e79;color:#fff;"
        f"cursor:pointer}}</style><title>Mensageria</title><p>{html.escape(text)}</p>{more}</html>",
        status,
    )
