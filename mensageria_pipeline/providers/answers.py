"""Reading what providers say, without trusting its form."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from mensageria_pipeline.providers.verdict import About, Meaning, Verdict

DOUBT = Meaning(Verdict.UNKNOWN, About.ATTEMPT)


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


def by_status(status: int, known: Mapping[int, Meaning], refusal: Verdict) -> Meaning:
    """What an HTTP status means: as the adapter's table says; else a 4xx refuses, and anything else may hide a send."""
    return known.get(status) or (Meaning(refusal, About.ATTEMPT) if 400 <= status < 500 else DOUBT)
