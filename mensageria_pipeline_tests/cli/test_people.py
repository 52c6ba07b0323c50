"""inspect, person and purge, as an operator types them."""

import json
from collections.abc import Callable

import pyarrow.parquet as pq

from mensageria_pipeline_tests.fakes.terminal import Terminal

NewTerminal = Callable[..., Terminal]
LIST = "id;nome;email\n1;Ana;ana@exemplo.com\n2;Bia;bia@gmial.com\n3;Caio;caio@exemplo.com\n"


def test_inspect_says_how_a_file_is_understood(terminal: NewTerminal) -> None:
    """Masked on the terminal; complete for scripts; the rows kept on request; nothing is taken in."""
    shell = terminal()
    file = shell.list_file(("Clientes de maio\n\n" + LIST).encode("cp1252"))
    done = shell.run("inspect", file, "--parquet", str(shell.root / "linhas.parquet"))
    assert done.code == 0, done.err
    for words in ("cp1252", "utf-8"):
        assert (words in done.out) == (words == "utf-8"), "plain ASCII is UTF-8 too"
    assert "acima do cabeçalho" in done.out
    assert "email" in done.out
    assert "ana@exemplo.com" not in done.out
    assert pq.read_table(shell.root / "linhas.parquet").num_rows == 3
    found = shell.run("inspect", file, "--json", "--unmask").last_json
    assert (found["delimiter"], found["header_row"], found["rows"]) == (";", 3, 3)
    assert found["roles"] == {"id": "id", "nome": "nome", "email": "email"}
    assert found["first_rows"][0] == {"_row_number": 4, "id": "1", "nome": "Ana", "email": "ana@exemplo.com"}
    assert not (shell.root / "data" / "input").exists()


def test_inspect_says_what_a_campaign_could_not_use(terminal: NewTerminal) -> None:
    """The sentence that would refuse it, and exit code 1."""
    shell = terminal()
    done = shell.run("inspect", shell.list_file("id;nome\n1;Ana\n"))
    assert done.code == 1
    assert "coluna de endereço" in done.err
    assert shell.run("inspect", shell.list_file(b"id;t\x00\n1;a\n")).code == 1
    assert shell.run("inspect", "nada.csv").code == 2


def test_why_somebody_got_nothing(terminal: NewTerminal) -> None:
    """Sent, refused, suppressed by a person: each with its rule; names stay masked."""
    shell = terminal()
    shell.define("a")
    assert shell.run("person", "suppress", "caio@exemplo.com").code == 0
    shell.run("run", "a", shell.list_file(LIST))
    sent = shell.run("person", "why", "ana@exemplo.com")
    assert sent.code == 0, sent.err
    assert "Mensagem aceita por simulated" in " ".join(sent.out.split())
    refused = shell.run("person", "why", "2", "--json").last_json["rows"]
    assert [(row["fate"], row["code"], row["row"]) for row in refused] == [("rejected", "email_typo", 3)]
    asked = shell.run("person", "why", "caio@exemplo.com", "--json").last_json
    assert asked["rows"][0]["code"] == "opted_out"
    assert {each["channel"] for each in asked["suppressions"]} >= {"email"}
    assert "caio@" not in json.dumps(asked)
    assert shell.run("person", "why", "ninguem@exemplo.com").code == 1


def test_a_suppression_can_be_lifted_and_says_so(terminal: NewTerminal) -> None:
    shell = terminal()
    shell.run("person", "suppress", "ana@exemplo.com", "--channel", "email")
    assert "já não era" in shell.run("person", "suppress", "ana@exemplo.com", "--channel", "email").out
    assert "desfeita" in shell.run("person", "allow", "ana@exemplo.com", "--yes").out
    events = shell.run("person", "why", "ana@exemplo.com", "--json").last_json["suppressions"]
    assert [each["event"] for each in events] == ["suppressed", "allowed"]


def test_a_person_gets_their_data_and_is_forgotten(terminal: NewTerminal) -> None:
    """The export is whole; afterwards nothing is left, and a receipt says what was done."""
    shell = terminal()
    shell.define("a")
    shell.run("run", "a", shell.list_file(LIST))
    held = json.loads(shell.run("person", "data", "ana@exemplo.com").out)
    assert held["campaigns"]["a"]["rows"][0]["cells"]["nome"] == "Ana"
    assert held["campaigns"]["a"]["messages"][0]["body"] == "Olá, Ana!"
    done = shell.run("person", "forget", "ana@exemplo.com", "--yes")
    assert done.code == 0, done.err
    (receipt,) = (shell.root / "data" / "reports" / "privacy").glob("*.json")
    assert json.loads(receipt.read_text("utf-8"))["campaigns"][0]["rows"]["raw_base"] == 1
    assert shell.run("status", "a", "--json").last_json["fates"]["erased"] == 1
    assert json.loads(shell.run("person", "data", "ana@exemplo.com").out)["campaigns"] == {}
    assert shell.run("person", "forget", "bia@gmial.com").code == 1, "not without a yes"


def test_purge_shows_before_it_deletes(terminal: NewTerminal) -> None:
    """Nothing is old yet; without RETENTION_DAYS nothing ever is."""
    shell = terminal()
    shell.define("a")
    shell.run("run", "a", shell.list_file(LIST))
    assert "RETENTION_DAYS" in shell.run("purge").out
    assert "Nenhuma campanha" in shell.run("purge", "--older-than", "1", "--dry-run").out
