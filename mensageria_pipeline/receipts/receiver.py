"""The receiver: a small web application that providers and people answer to.

    POST /recibos/<provider>                   what a provider reports, proven by RECEIVER_TOKEN or its signature
    GET  /recibos/<provider>                   a provider asks whether this is the receiver that was meant
    POST /sair/<partition>/<message>/<mark>    a recipient wants no more (RFC 8058): the link in an e-mail
    GET  /sair/…                               the page with the button: mail scanners open links, and press nothing
    GET  /saude                                whether it works

It answers 200 only once what came is on disk, and keeps it once, however often it comes. What it means is found out
later (process.py): so it is quick, and depends on nothing but the ledger.
"""

import contextlib
import html
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.receipts import OptOutRequest
from mensageria_pipeline.errors import LedgerError, MensageriaError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.providers.registry import webhook_receipts
from mensageria_pipeline.providers.webhooks import (
    AsksForConfirmation,
    Handshake,
    Proof,
    SignsPosts,
    WebhookReceipts,
    WebhookRequest,
)
from mensageria_pipeline.receipts.incoming import MAX_BODY_BYTES, carries_token, read_request
from mensageria_pipeline.receipts.stored import stored_reports
from mensageria_pipeline.receipts.strangers import WITHIN_S, Strangers
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.suppressions.unsubscribe_links import is_ours
from mensageria_pipeline.texts import say

LEAVE_LINK = "link"
"""The provider that a wish by link is kept under: nobody's."""
_SAME_WISH_S = 60
"""Presses of one link within so many seconds are one wish; a later one is another, should somebody have lifted it."""
_logger = logging.getLogger(__name__)


def _adapter(provider: str) -> WebhookReceipts | None:
    """The adapter that reads what a provider posts; None where it posts nothing, or cannot be loaded."""
    try:
        return webhook_receipts(provider)
    except MensageriaError:
        return None


@dataclass(slots=True)
class Receiver:
    """The handlers, over one ledger."""

    ledger: Ledger
    token: str = field(repr=False)
    """Of the providers that have none of their own; empty: they cannot report."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Provider → its own token."""
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    """Provider → whether a post of it is signed as it signs."""
    handshakes: Mapping[str, Handshake] = field(default_factory=dict)
    """Provider → what it is answered when it asks by GET."""
    public_url: str = ""
    """Where providers reach the receiver; empty: as a request itself says."""
    adapter_of: Callable[[str], WebhookReceipts | None] = _adapter
    strangers: Strangers = field(default_factory=Strangers)

    def application(self) -> Starlette:
        routes = [
            Route("/recibos/{provider}", self.take_reports, methods=["POST"]),
            Route("/recibos/{provider}", self.shake_hands, methods=["GET"]),
            Route("/sair/{partition}/{message}/{mark}", self.show_leave, methods=["GET"]),
            Route("/sair/{partition}/{message}/{mark}", self.leave, methods=["POST"]),
            Route("/saude", self.health, methods=["GET"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with Recorder[StoredReceipt](self.ledger.receipts.append) as recorder:
            app.state.recorder, app.state.is_failing = recorder, False
            yield

    async def take_reports(self, request: Request) -> Response:
        provider = request.path_params["provider"]
        if not self._is_proven(provider, request.headers.get("authorization", "")):
            return self._refuse_stranger(request)
        adapter = self.adapter_of(provider)
        if adapter is None:
            return _refusal(404, "receiver_unknown_provider", provider=provider[:40])
        post = await read_request(request, self.public_url)
        if post is None:
            return _refusal(413, "receiver_too_large", most=MAX_BODY_BYTES)
        if provider in self.proofs and (problem := await run_in_threadpool(self.proofs[provider], post)):
            _logger.warning(say(problem, provider=provider))
            if not self._brings_token(provider) and self.strangers.failed(_host(request)):
                return _wait()
            return _refusal(403, problem, provider=provider)
        return await self._take(request, provider, adapter, post)

    async def _take(self, request: Request, provider: str, adapter: WebhookReceipts, post: WebhookRequest) -> Response:
        """Read what is proven to be the provider's, and keep it."""
        try:
            receipts = adapter.read_receipts(post)
            stored = await run_in_threadpool(stored_reports, self.ledger.key, provider, adapter, receipts)
        except LedgerError:
            return _refusal(503, "receiver_not_writing")
        except Exception:  # noqa: BLE001 - a post of anything, read by an adapter of anybody
            return _refusal(400, "receiver_unreadable", provider=provider)
        if isinstance(adapter, AsksForConfirmation) and (url := adapter.confirmation_url(post)):
            _logger.warning(say("receiver_confirm", provider=provider, url=url))
        return await self._keep(request, stored)

    async def shake_hands(self, request: Request) -> Response:
        """Answer a provider that asks by GET, as its adapter says; nothing is read or kept."""
        handshake = self.handshakes.get(request.path_params["provider"])
        if handshake is None or request.method != "GET":
            return Response(status_code=405, headers={"allow": "POST"})
        asked = await read_request(request, self.public_url)
        try:
            reply = handshake(asked) if asked else None
        except Exception:  # noqa: BLE001 - a request of anything, read by an adapter of anybody
            reply = None
        if reply is None:
            return self._refuse_stranger(request)
        return Response(reply.body, media_type=reply.content_type)

    async def show_leave(self, request: Request) -> Response:
        if not self._is_link(request):
            return _page(404, say("leave_unknown"))
        button = f'<form method="post"><button>{html.escape(say("leave_button"))}</button></form>'
        return _page(200, say("leave_ask"), button)

    async def leave(self, request: Request) -> Response:
        if not self._is_link(request):
            return _page(404, say("leave_unknown"))
        partition, message = request.path_params["partition"], request.path_params["message"]
        receipt = StoredReceipt(
            LEAVE_LINK,
            f"{partition}/{message}/{int(time.time()) // _SAME_WISH_S}",
            code="one_click",
            wish=OptOutRequest.LEAVE,
            message_id=message,
            campaign=partition,
            channel=Channel.EMAIL,
        )
        answer = await self._keep(request, [receipt])
        return answer if answer.status_code != 200 else _page(200, say("leave_done"))

    async def health(self, request: Request) -> Response:
        """Whether the last report could be written."""
        is_failing = request.app.state.is_failing
        return _refusal(503, "receiver_not_writing") if is_failing else JSONResponse({"ok": True})

    async def _keep(self, request: Request, receipts: list[StoredReceipt]) -> Response:
        """Answer once everything is on disk. Whoever gets no 200 posts again."""
        recorder: Recorder[StoredReceipt] = request.app.state.recorder
        try:
            if receipts:
                await recorder.record(receipts)
                request.app.state.is_failing = False
        except LedgerError:
            request.app.state.is_failing = True  # until a post can be written: each tries anew
            return _refusal(503, "receiver_not_writing")
        return JSONResponse({"received": len(receipts)})

    def _refuse_stranger(self, request: Request) -> Response:
        """401, which SNS answers with its password; 429 for an address that went on guessing."""
        return _wait() if self.strangers.failed(_host(request)) else _refusal(401, "receiver_unproven")

    def _is_proven(self, provider: str, authorization: str) -> bool:
        """By the token; where the provider cannot send one, its signature is looked at when the post is read."""
        return not self._brings_token(provider) or carries_token(authorization, self.tokens.get(provider, self.token))

    def _brings_token(self, provider: str) -> bool:
        """True without a proof: nothing is ever believed for nothing."""
        adapter: object = self.adapter_of(provider) if provider in self.proofs else None
        return adapter.brings_token if isinstance(adapter, SignsPosts) else True

    def _is_link(self, request: Request) -> bool:
        path = request.path_params
        return is_ours(self.ledger.key, path["partition"], path["message"], path["mark"])


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _wait() -> Response:
    response = _refusal(429, "receiver_too_many_failures")
    response.headers["retry-after"] = str(int(WITHIN_S))
    response.headers["connection"] = "close"
    return response


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
