"""A request of the web server's as adapters read it, and whether it carries the receiver's token."""

import base64
import binascii
import hmac

from starlette.requests import Request

from mensageria_pipeline.providers.webhooks import WebhookRequest

MAX_BODY_BYTES = 1 << 20


async def read_request(request: Request, public_url: str) -> WebhookRequest | None:
    """None where its body is larger than a report can be. `public_url`: where providers reach the receiver through a
    proxy; empty: as the request itself says."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    return WebhookRequest(b"".join(chunks), dict(request.headers), _url_of(request, public_url), request.method)


def _url_of(request: Request, public_url: str) -> str:
    """As the provider knows it: behind a proxy scheme, name and the path's beginning are the proxy's."""
    if not public_url:
        return str(request.url)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{public_url.rstrip('/')}{request.url.path}{query}"


def carries_token(authorization: str, token: str) -> bool:
    """`Bearer <token>`, or the token as the password of a Basic login, as SNS sends it from a URL. No token: never."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif kind.lower() != "bearer":
        return False
    return hmac.compare_digest(value.strip().encode(), token.encode()) and bool(token)
