"""A sending that stalls says why, while it stalls."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mensageria_pipeline.ledger.journal import Journal, Line
from mensageria_pipeline.services.trouble import trouble_of
from mensageria_pipeline.texts.formats import BRASILIA

NOW = datetime(2026, 11, 26, 15, 0, 30, tzinfo=UTC)
Write = Callable[..., Journal]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A journal of requests and their answers: event, code and how many seconds ago."""

    def written(*lines: tuple[str, str | None, float], requests: bool = True) -> Journal:
        journal = Journal(tmp_path / "a")
        shard = journal.shard(0, 1)
        for number, (event, code, ago) in enumerate(lines):
            at_us = int((NOW - timedelta(seconds=ago)).timestamp() * 1_000_000)
            intents = [Line(f"m{number}", "live", 1, "attempting", at_us - 1_000)] if requests else []
            shard.append([*intents, Line(f"m{number}", "live", 1, event, at_us, code)])
        shard.close()
        return journal

    return written


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("throttled", "pede para ir mais devagar"),
        ("retry", "não está aceitando"),
        ("unknown", "Não se sabe se as mensagens chegaram"),
        ("rejected", "está recusando a maioria"),
    ],
)
def test_what_most_answers_are_is_said_with_their_code_and_time(write: Write, event: str, words: str) -> None:
    journal = write(("accepted", None, 3), *[(event, "503", 2 - n / 10) for n in range(12)])
    found = trouble_of(journal, NOW)
    assert found
    said = found.words(BRASILIA, NOW)
    assert words in said
    assert "503, em 12 das últimas 13 respostas; a mais recente às 12:00:29" in said


def test_a_few_failures_among_many_are_no_trouble(write: Write) -> None:
    assert trouble_of(write(*[("accepted", None, 1.0)] * 9, ("retry", "503", 1.0)), NOW) is None


def test_requests_that_nobody_answers_are_said_after_five_seconds(write: Write) -> None:
    journal = write(("accepted", None, 30), *[("attempting", None, 12.0)] * 3, requests=False)
    found = trouble_of(journal, NOW)
    assert found
    assert found.words(BRASILIA, NOW).startswith(
        "O provedor não responde: 3 pedidos esperam resposta, o mais antigo há 12 s"
    )
    assert trouble_of(write(("attempting", None, 1.0), requests=False), NOW - timedelta(seconds=10)) is None


def test_a_sending_that_waits_for_its_next_try_says_what_it_met(write: Write) -> None:
    """Nothing is under way then, and nothing was heard for a while."""
    found = trouble_of(write(*[("retry", "connection_refused", 20.0)] * 3), NOW)
    assert found
    assert "connection_refused, em 3 das últimas 3 respostas" in found.words(BRASILIA, NOW)


def test_what_was_long_ago_is_no_trouble_of_today(write: Write) -> None:
    assert trouble_of(write(*[("retry", "503", 61.0)] * 5), NOW) is None


def test_a_campaign_without_a_journal_has_no_trouble(tmp_path: Path) -> None:
    assert trouble_of(Journal(tmp_path / "nothing"), NOW) is None
