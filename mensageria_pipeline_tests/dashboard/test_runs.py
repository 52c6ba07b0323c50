"""Which run of Dagster the page follows."""

from typing import Any

import pytest
import requests

from mensageria_pipeline.dashboard import runs

HANDED_OVER_AT = 1_764_180_000.0


class _Answer:
    def __init__(self, found: list[dict[str, str]]) -> None:
        self._found = found

    def json(self) -> dict[str, Any]:
        return {"data": {"runsOrError": {"results": self._found}}}


def test_a_run_of_before_the_hand_over_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second hand-over the first one's run looked like its own, done and green."""
    asked: list[Any] = []

    def post(_url: str, json: Any, **_: Any) -> _Answer:
        asked.append(json["variables"]["filter"])
        return _Answer([])

    monkeypatch.setattr(requests, "post", post)
    assert runs.latest_run("http://127.0.0.1:1", "a", HANDED_OVER_AT) is None
    assert asked == [{"tags": [{"key": "dagster/partition", "value": "a"}], "createdAfter": HANDED_OVER_AT}]
