"""`mensageria run`: one command from spreadsheet to outcomes, safe to repeat."""

from collections.abc import Callable

import pytest

from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Silence
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION

NewTerminal = Callable[..., Terminal]


def test_a_file_is_taken_in_sent_and_counted(terminal: NewTerminal, provider_server: ProviderServer) -> None:
    """Release included; the last line of stdout is the counts, and a second run sends nothing."""
    shell = terminal(API_PROVIDER_URL=provider_server.url, API_KEY="segredo")
    shell.define("boas-vindas", SIMPLE_DEFINITION + "provider: http\n")
    file = shell.list_file("id;nome;token\n1;Ana;t1\n2;Bia;\n1;Ana;t1\n")
    done = shell.run("run", "Boas Vindas", file, "--json")
    assert done.code == 0, done.err
    assert done.last_json == {
        "campaign": "boas-vindas",
        "mode": "live",
        "rows": 3,
        "fates": {"planned": 1, "rejected": 1, "duplicate": 1, "repeated": 0, "suppressed": 0, "erased": 0},
        "messages": 1,
        "outcomes": {"accepted": 1, "rejected": 0, "invalid_address": 0, "expired": 0, "cancelled": 0, "suppressed": 0},
        "unknown": 0,
        "pending": 0,
        "corrected": 0,
        "attempts": 1,
        "in_flight": 0,
        "state": "complete",
        "until": None,
    }
    again = shell.run("run", "boas-vindas", file, "--json")
    assert again.last_json == done.last_json
    assert len(provider_server.accepted()) == 1
    assert "segredo" not in done.out + done.err
    status = shell.run("status", "boas-vindas", "--json")
    assert (status.code, status.last_json) == (0, done.last_json)


@pytest.mark.parametrize(
    ("script", "on_unknown", "code", "words"),
    [
        (Answer(401), "resend", 1, "recusou as credenciais"),
        (Silence(5), "hold", 3, "em dúvida"),
    ],
)
def test_exit_codes_tell_what_is_left(
    terminal: NewTerminal,
    provider_server: ProviderServer,
    script: Answer | Silence,
    on_unknown: str,
    code: int,
    words: str,
) -> None:
    """1 for an error, 3 for something in doubt; stdout still ends with the counts."""
    provider_server.script = lambda _: script
    shell = terminal(API_PROVIDER_URL=provider_server.url, API_KEY="x", TIMEOUT_SECONDS="0.5")
    shell.define("a", SIMPLE_DEFINITION + f"provider: http\non_unknown: {on_unknown}\n")
    done = shell.run("run", "a", shell.list_file(), "--json")
    assert done.code == code, done.err
    assert words in done.err
    assert done.last_json["unknown" if code == 3 else "pending"] == 3


def test_a_folder_that_is_passed_over_is_an_error_of_the_run_and_shown_by_status(terminal: NewTerminal) -> None:
    """Promoção and promocao are one key: whoever put a list into the second believes that it was sent."""
    shell = terminal()
    for folder, token in (("Promoção", "t1"), ("promocao", "t2")):
        path = shell.root / "data" / "input" / folder / "lista.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"id;token\n1;{token}\n", encoding="utf-8")
    done = shell.run("run", "promocao", "--json")
    assert (done.code, done.last_json["messages"]) == (1, 1), done.err
    assert "gera a mesma chave que" in " ".join(done.err.split())
    for arguments in (["promocao", "--json"], []):
        status = shell.run("status", *arguments)
        assert status.code == 3, status
        assert "gera a mesma chave que" in " ".join(status.err.split())


@pytest.mark.parametrize("limit_bytes", [60, 30_000, 250_000])
def test_a_disk_that_fills_up_is_a_sentence_and_room_lets_it_go_on(terminal: NewTerminal, limit_bytes: int) -> None:
    """At the list's copy, in Dagster's records, in the ledger. Files that may not grow stand for it."""
    shell = terminal()
    shell.define("a")
    rows = "".join(f"{number};Ana;t{number}\n" for number in range(3_000))
    file = shell.list_file("id;nome;token\n" + rows)
    done = shell.run_alone("run", "a", file, before=_NO_ROOM.format(limit_bytes))
    assert done.code == 1, done
    sentence = " ".join(done.err.split())
    assert "O disco está cheio" in sentence or "não pôde ser gravado" in sentence, done.err
    for word in ("Traceback", "Erro interno", "INSERT", "Error"):
        assert word not in done.err.replace("(OperationalError)", ""), done.err
    again = shell.run("run", "a", file, "--json")
    assert (again.code, again.last_json["outcomes"]["accepted"]) == (0, 3_000), again.err


_NO_ROOM = (
    "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, resource.getrlimit(resource.RLIMIT_FSIZE)[1])); "
)


def test_waiting_for_the_window_is_exit_3(terminal: NewTerminal) -> None:
    """Nothing failed, and something is pending."""
    shell = terminal()
    shell.define("a", SIMPLE_DEFINITION + "send_window: {not_before: '2099-01-01'}\n")
    done = shell.run("run", "a", shell.list_file(), "--json")
    assert (done.code, done.last_json["pending"]) == (3, 3)


@pytest.mark.parametrize(
    ("content", "name", "definition", "words"),
    [
        (b"", "vazia.csv", None, "está vazio"),
        (b"nome;cpf\nAna;1\n", "sem.csv", None, "Ela tem: nome, cpf"),
        (b"id;token\n1;t\n", "falsa.xlsx", None, "nome de Excel, mas"),
        (b"id;token\n1;t\n", "a.csv", "a: [\n", "não é um YAML válido"),
        (b"id;token\n1;t\n", "a.csv", "template: {body: '{{ saldo }}'}\n", "usa saldo"),
    ],
)
def test_bad_input_is_a_sentence_and_exit_1(
    terminal: NewTerminal, content: bytes, name: str, definition: str | None, words: str
) -> None:
    """Never a traceback in front of an operator."""
    shell = terminal()
    if definition:
        shell.define("a", definition)
    done = shell.run("run", "a", shell.list_file(content, name))
    assert done.code == 1
    assert words in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_a_given_file_that_was_not_taken_in_is_an_error(terminal: NewTerminal) -> None:
    """Also where the campaign has good files: nobody may think that the new list went out."""
    shell = terminal()
    assert shell.run("run", "a", shell.list_file()).code == 0
    for content, name, words in ((b"", "vazia.csv", "está vazio"), (b"x", "lista.pdf", "extensão .pdf")):
        done = shell.run("run", "a", shell.list_file(content, name), "--json")
        assert done.code == 1
        assert words in done.err


def test_going_live_counts_nothing_simulated(terminal: NewTerminal) -> None:
    """Status after the provider changed: everything is pending, and how to release it is said."""
    shell = terminal()
    shell.define("a")
    shell.run("run", "a", shell.list_file())
    shell.define("a", SIMPLE_DEFINITION + "provider: http\n")
    done = shell.run("status", "a", "--json")
    assert (done.code, done.last_json["mode"], done.last_json["pending"]) == (3, "live", 3)
    assert "mensageria run a" in shell.run("status", "a").out


def test_what_is_pending_says_until_when(terminal: NewTerminal) -> None:
    """A closed window is not an empty terminal."""
    shell = terminal()
    shell.define("a", SIMPLE_DEFINITION + "send_window: {not_before: '2099-01-01'}\n")
    assert "01/01/2099" in shell.run("run", "a", shell.list_file()).out


def test_a_second_run_follows_the_first(terminal: NewTerminal, provider_server: ProviderServer) -> None:
    """Two runs of one campaign at once: one sends, the other waits, both end well, nobody is messaged twice."""
    provider_server.script = lambda _: Answer(delay_s=0.3)
    shell = terminal(API_PROVIDER_URL=provider_server.url, API_KEY="x", DEFAULT_BATCH_SIZE="1")
    shell.define("a", SIMPLE_DEFINITION + "provider: http\nrate_per_s: 20\n")
    shell.list_file("id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(60)))
    with shell.started("run", "a", "lista.csv", "--json") as first:
        wait_until(lambda: bool(provider_server.requests))
        second = shell.run("run", "a", "--json")
        out, _ = first.communicate(timeout=PATIENCE_S)
    assert (first.returncode, second.code) == (0, 0), second.err
    assert second.last_json["outcomes"]["accepted"] == 60
    assert sorted(provider_server.accepted_ids()) == sorted(set(provider_server.accepted_ids()))
    assert out


def test_wrong_usage_is_exit_2(terminal: NewTerminal) -> None:
    """Scripts can tell a typing error from a failure."""
    shell = terminal()
    assert shell.run_alone("run").code == 2
    assert shell.run("run", "a", "nao-existe.csv").code == 2
    assert shell.run("status", "nao-existe").code == 1
