"""pause, resume, cancel, unknown and retry, as a person uses them while a run is sending."""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.ledger.ledger import Wait
from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Silence, by_address
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION

NewTerminal = Callable[..., Terminal]
MESSAGES = 400
SLOWLY = "provider: http\nrate_per_s: 10\n"


@pytest.fixture
def shell(terminal: NewTerminal, provider_server: ProviderServer) -> Terminal:
    return terminal(API_PROVIDER_URL=provider_server.url, API_KEY="x", DEFAULT_BATCH_SIZE="1", TIMEOUT_SECONDS="4")


def many(shell: Terminal, count: int = MESSAGES) -> str:
    return shell.list_file("id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(count)))


@contextmanager
def sending(shell: Terminal, server: ProviderServer, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """A run of its own that has begun to send; at SLOWLY it goes on for longer than any command takes."""
    seen = len(server.began)
    with shell.started("run", *arguments) as process:
        wait_until(lambda: len(server.began) >= seen + 5)
        yield process


def counts(shell: Terminal, campaign: str = "a") -> dict[str, Any]:
    return shell.run("status", campaign, "--json").last_json


def test_a_pause_from_outside_stops_a_run_and_resume_lets_it_go_on(
    shell: Terminal, provider_server: ProviderServer
) -> None:
    """The run ends green with the rest pending; nothing is sent while paused; afterwards everybody, once."""
    shell.define("a", SIMPLE_DEFINITION + SLOWLY)
    with sending(shell, provider_server, "a", many(shell)) as process:
        assert shell.run("pause", "a").code == 0
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, err
    assert "está em pausa" in out
    sent = len(provider_server.accepted())
    assert 0 < sent < MESSAGES
    assert shell.run("run", "a").code == 3
    assert len(provider_server.accepted()) == sent
    assert "`mensageria resume a`" in shell.run("retry", "a", "--yes").err
    assert shell.run("resume", "a").code == 0
    (wait,) = Project.load(shell.root).ledger.waits()
    assert wait.reason == "wait_resumed"
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    assert shell.run("run", "a").code == 0
    assert Counter(provider_server.accepted_ids()).most_common(1)[0][1] == 1
    assert len(provider_server.accepted()) == MESSAGES


def test_a_cancelled_campaign_ends_and_can_be_taken_up_again(shell: Terminal, provider_server: ProviderServer) -> None:
    """What was not sent is `cancelled`, in the results too; resume and retry undo it."""
    shell.define("a", SIMPLE_DEFINITION + SLOWLY)
    with sending(shell, provider_server, "a", many(shell)) as process:
        done = shell.run("cancel", "a", "--yes")
        assert done.code == 0, done.err
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    found = counts(shell)
    sent = len(provider_server.accepted())
    assert found["outcomes"]["cancelled"] == MESSAGES - sent > 0
    assert (found["pending"], found["unknown"]) == (0, 0)
    with open_warehouse(Project.load(shell.root).layout) as warehouse:
        letters = warehouse.execute(
            "SELECT count(*), bool_and(is_retriable), any_value(reason) FROM dead_letters WHERE campaign = 'a'"
        ).fetchall()
    assert letters == [(MESSAGES - sent, True, "by_operator")]
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    assert shell.run("resume", "a").code == 0
    assert shell.run("retry", "a", "--outcome", "cancelled", "--yes").code == 0
    assert len(set(provider_server.accepted_ids())) == len(provider_server.accepted()) == MESSAGES


def test_in_doubt_messages_are_listed_and_settled_by_a_person(shell: Terminal, provider_server: ProviderServer) -> None:
    """Held messages wait for somebody who asks the provider; the answer becomes their outcome."""
    provider_server.script = lambda _: Silence(3)
    shell.define("a", SIMPLE_DEFINITION + "provider: http\non_unknown: hold\n")
    assert shell.run("run", "a", shell.list_file()).code == 3
    listed = shell.run("unknown", "a", "--json")
    assert listed.code == 3
    assert {(each["row_number"], each["attempt"]) for each in listed.last_json["unknown"]} == {(2, 1), (3, 1), (4, 1)}
    assert "3 mensagens em dúvida" in shell.run("unknown", "a").out
    assert "tok-ana" not in shell.run("unknown", "a").out
    assert shell.run("unknown", "a", "--mark", "accepted", "--resend").code == 2
    assert shell.run("unknown", "a", "--mark", "accepted", "--yes").code == 0
    assert (counts(shell)["outcomes"]["accepted"], counts(shell)["unknown"]) == (3, 0)
    assert shell.run("unknown", "a").code == 0
    provider_server.script = lambda _: Answer()
    assert shell.run("run", "a").code == 0
    assert len(provider_server.requests) == 3, "settled messages are not sent again"


def test_in_doubt_messages_go_again_only_when_a_person_says_so(
    shell: Terminal, provider_server: ProviderServer
) -> None:
    """Under `hold`: once, with the same id."""
    provider_server.script = lambda _: Silence(3)
    shell.define("a", SIMPLE_DEFINITION + "provider: http\non_unknown: hold\n")
    shell.run("run", "a", shell.list_file())
    provider_server.script = lambda _: Answer()
    assert shell.run("unknown", "a", "--resend", "--yes").code == 0
    assert shell.run("run", "a").code == 0
    assert counts(shell)["outcomes"]["accepted"] == 3
    assert set(Counter(provider_server.accepted_ids()).values()) == {2}


def test_failures_are_tried_again_and_dead_addresses_are_not(shell: Terminal, provider_server: ProviderServer) -> None:
    """A new attempt over final failures; its outcome replaces the old one, and the history keeps both."""
    provider_server.statuses = lambda m: {
        "status": {"tok-ana": "rejected", "tok-bia": "invalid_address"}.get(str(m["to"]), "accepted"),
        "code": "Q",
    }
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    assert shell.run("run", "a", shell.list_file()).code == 0
    with open_warehouse(Project.load(shell.root).layout) as warehouse:
        letters = warehouse.execute(
            "SELECT outcome, reason, last_answer, is_retriable FROM dead_letters ORDER BY outcome"
        ).fetchall()
    assert letters == [("invalid_address", "Q", "invalid_address", False), ("rejected", "Q", "rejected", True)]
    provider_server.statuses = lambda _: {"status": "accepted"}
    done = shell.run("retry", "a", "--yes", "--json")
    assert done.last_json["retried"] == {"rejected": 1}
    found = counts(shell)["outcomes"]
    assert (found["accepted"], found["invalid_address"], found["rejected"]) == (2, 1, 0)
    assert counts(shell)["attempts"] == 4
    assert "nenhuma mensagem" in shell.run("retry", "a", "--yes").out


def test_a_retry_releases_nothing_that_came_in_meanwhile(
    terminal: NewTerminal, provider_server: ProviderServer
) -> None:
    """One message failed, fifty wait for a person's release: another attempt sends one."""
    shell = terminal(API_PROVIDER_URL=provider_server.url, API_KEY="x", DEFAULT_BATCH_SIZE="1", TIMEOUT_SECONDS="4")
    provider_server.statuses = lambda m: {"status": "rejected" if m["to"] == "tok-ana" else "accepted", "code": "Q"}
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    assert shell.run("run", "a", shell.list_file()).code == 0
    provider_server.statuses = lambda _: {"status": "accepted"}
    more = shell.root / "data" / "input" / "a" / "mais.csv"
    more.write_text("id;nome;token\n" + "".join(f"{n};Novo;novo-{n}\n" for n in range(100, 150)), encoding="utf-8")
    sent = len(provider_server.accepted())
    assert shell.run("retry", "a", "--yes").code == 0
    assert len(provider_server.accepted()) - sent == 1


def test_a_retry_that_slept_at_its_question_sends_nobody_a_second_message(
    shell: Terminal, provider_server: ProviderServer
) -> None:
    """Ctrl+Z at the question, the same retry elsewhere, then the first one gets its yes."""
    provider_server.statuses = lambda _: {"status": "rejected", "code": "Q"}
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    assert shell.run("run", "a", many(shell, 30)).code == 0
    provider_server.statuses = lambda _: {"status": "accepted"}
    with shell.started("retry", "a") as sleeper:
        assert sleeper.stderr
        asked = ""
        while "Tentar de novo" not in asked:
            piece = sleeper.stderr.read(1)
            assert piece, asked
            asked += piece
        sleeper.send_signal(signal.SIGSTOP)
        assert shell.run("retry", "a", "--yes").code == 0
        sleeper.send_signal(signal.SIGCONT)
        out, err = sleeper.communicate("s\n", timeout=PATIENCE_S)
    assert "mudou depois" in err
    assert "nenhuma mensagem" in out
    assert set(Counter(provider_server.accepted_ids()).values()) == {1}
    assert len(provider_server.accepted()) == 30


def test_a_retry_does_not_reach_who_was_reached_at_another_address(
    shell: Terminal, provider_server: ProviderServer
) -> None:
    """The first address was refused, a later list brought another one: there is nothing to try again."""
    provider_server.statuses = lambda m: {"status": "rejected" if m["to"] == "velho" else "accepted", "code": "Q"}
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    shell.run("run", "a", shell.list_file("id;nome;token\n1;Ana;velho\n2;Bia;t2\n"))
    shell.run("run", "a", shell.list_file("id;nome;token\n1;Ana;novo\n2;Bia;t2\n", "nova.csv"))
    assert len(provider_server.accepted()) == 2
    provider_server.statuses = lambda _: {"status": "accepted"}
    assert "nenhuma mensagem" in shell.run("retry", "a", "--yes").out
    assert len(provider_server.accepted()) == 2


def test_deciding_over_doubts_leaves_the_campaigns_wait_alone(shell: Terminal, provider_server: ProviderServer) -> None:
    """What waits for its window is still resumed when due."""
    provider_server.script = lambda _: Silence(3)
    shell.define("a", SIMPLE_DEFINITION + "provider: http\non_unknown: hold\n")
    shell.run("run", "a", shell.list_file())
    wait = Wait("a", datetime.now(UTC) + timedelta(hours=1), "wait_window")
    Project.load(shell.root).ledger.set_wait("a", wait)
    assert shell.run("unknown", "a", "--mark", "rejected", "--yes").code == 0
    assert Project.load(shell.root).ledger.waits() == [wait]


def test_orders_for_a_campaign_that_is_not_there_are_errors(terminal: NewTerminal) -> None:
    """A typing error must not look like success."""
    shell = terminal()
    for command in (("pause", "x"), ("resume", "x"), ("cancel", "x", "--yes"), ("unknown", "x"), ("retry", "x")):
        done = shell.run(*command)
        assert (done.code, "x" in done.err) == (1, True), command


def test_refused_messages_among_good_ones_stop_nothing(shell: Terminal, provider_server: ProviderServer) -> None:
    """One in ten is refused: rejected, and everybody else gets theirs."""
    bad = {f"t{n}": Answer(400) for n in range(0, 200, 10)}
    provider_server.script = by_address(bad)
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    assert shell.run("run", "a", many(shell, 200)).code == 0
    found = counts(shell)["outcomes"]
    assert (found["accepted"], found["rejected"]) == (180, 20)
