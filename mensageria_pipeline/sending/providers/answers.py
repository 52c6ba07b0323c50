"""Reading what providers say, without trusting its form."""

from datetime import UTC, datetime
from typing import Any

import orjson


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in an answer; empty where there is none."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def instant(value: object) -> datetime | None:
    """A moment as ISO 8601 writes it; None for anything else. Without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def storable(value: object, length: int) -> str | None:
    """A provider's word as text that any database takes: JSON may hold lone surrogates."""
    return str(value).encode("utf-8", "replace").decode()[:length] if value else None
