"""preview, status, doctor, demo, backup and restore."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST

NewTerminal = Callable[..., Terminal]


def _drop(shell: Terminal, campaign: str, content: str = SIMPLE_LIST) -> None:
    path = shell.root / "data" / "input" / campaign / "lista.csv"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")


def test_preview_shows_messages_and_stores_nothing(terminal: NewTerminal) -> None:
    """The rendered text of real rows, addresses masked, nothing sent and nothing written."""
    shell = terminal()
    shell.define("a")
    _drop(shell, "a")
    done = shell.run("preview", "a", "-n", "2", "--json")
    assert done.code == 0, done.err
    assert [message["body"] for message in done.last_json["messages"]] == ["Olá, Ana!", "Olá, Bia!"]
    assert done.last_json["messages"][0]["address"] == "t…"
    assert not (shell.root / "data" / "processed").exists()
    assert "Olá, Ana!" in shell.run("preview", "a").out


def test_status_knows_all_campaigns(terminal: NewTerminal) -> None:
    """An empty project says what to try; English is a flag away."""
    shell = terminal()
    assert "mensageria demo" in shell.run("status").out
    assert "No campaign yet" in shell.run("--english", "status").out
    shell.run("run", "a", shell.list_file())
    assert [each["campaign"] for each in shell.run("status", "--json").last_json["campaigns"]] == ["a"]


def test_the_demo_runs_explains_and_removes_itself(terminal: NewTerminal) -> None:
    """Every number it prints comes from the data it made; --clean leaves nothing of it."""
    shell = terminal()
    done = shell.run("demo")
    assert done.code == 0, done.err
    for words in ("Linhas por destino", "e-mail inválido", "Mensagens por resultado", "por minuto", "demo --clean"):
        assert words in done.out
    warehouse = shell.root / "data" / "warehouse.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("SELECT messages FROM campaign_metrics").fetchall()
    again = shell.run("--english", "demo")
    assert again.code == 0
    assert "Rows by fate" in again.out
    assert shell.run("demo", "--clean").code == 0
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM campaign_metrics").fetchall() == [(0,)]
    left = [path for path in (shell.root / "data").rglob("*demo*") if "/state/dagster/" not in str(path)]
    assert [path for path in left if path.suffix != ".lock"] == []


def test_doctor_says_what_is_wrong_and_what_to_do(terminal: NewTerminal) -> None:
    """A healthy project is exit 0; a broken definition and an unreachable provider are exit 1."""
    shell = terminal()
    healthy = shell.run("doctor")
    assert healthy.code == 0, healthy.out
    shell = terminal(API_PROVIDER_URL="http://127.0.0.1:1/segredo", API_KEY="x")
    shell.define("a", "chanel: push\n")
    broken = shell.run("doctor")
    assert broken.code == 1
    assert "chanel" in broken.out
    assert "API_PROVIDER_URL" in broken.out
    assert "segredo" not in broken.out


def test_settings_that_make_no_sense_are_a_sentence(terminal: NewTerminal) -> None:
    """The variable, what it holds and what is expected."""
    done = terminal(TIMEOUT_SECONDS="dez").run("status")
    assert done.code == 1
    assert "TIMEOUT_SECONDS vale 'dez'" in done.err


def test_a_backup_brings_the_ledger_back(terminal: NewTerminal, tmp_path: Path) -> None:
    """After losing a journal, the restored ledger still knows what was sent; the former state is kept aside."""
    shell = terminal()
    shell.define("a", SIMPLE_DEFINITION)
    assert shell.run("run", "a", shell.list_file()).code == 0
    before = shell.run("status", "a", "--json").last_json
    file = str(tmp_path / "estado.tar.gz")
    assert shell.run("backup", file).code == 0
    shutil.rmtree(shell.root / "data" / "state" / "ledger" / "a")
    lost = shell.run("run", "a")
    assert (lost.code, "Falta parte do diário" in lost.err) == (1, True)
    done = shell.run("restore", file)
    assert done.code == 0, done.err
    assert shell.run("status", "a", "--json").last_json == before
    assert list((shell.root / "data").glob("state.before-restore-*"))
    assert shell.run("run", "a", "--json").last_json["attempts"] == before["attempts"]


def test_a_ledger_kept_elsewhere_is_in_the_backup_and_goes_back_there(terminal: NewTerminal, tmp_path: Path) -> None:
    """LEDGER_URL names another folder; the archive is the same."""
    shell = terminal(LEDGER_URL="sqlite:///registro")
    assert shell.run("run", "a", shell.list_file()).code == 0
    assert (shell.root / "registro" / "a" / "shard-000.db").exists()
    before = shell.run("status", "a", "--json").last_json
    file = str(tmp_path / "estado.tar.gz")
    assert shell.run("backup", file).code == 0
    shutil.rmtree(shell.root / "registro" / "a")
    assert shell.run("restore", file).code == 0
    assert shell.run("status", "a", "--json").last_json == before
    assert list((shell.root / "data").glob("state.before-restore-*/ledger/control.db"))


@pytest.mark.parametrize("name", ["../fora.txt", "/fora.txt", "state/../../fora.txt", "link"])
def test_an_archive_that_reaches_outside_is_refused(terminal: NewTerminal, name: str) -> None:
    """With the newest Python as with the oldest."""
    shell = terminal()
    shell.run("run", "a", shell.list_file())
    with tarfile.open(shell.root / "mau.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member, io.BytesIO(b""))
    done = shell.run("restore", "mau.tar.gz")
    assert done.code == 1
    assert "não é um backup" in done.err
    assert not list(shell.root.rglob("fora.txt"))


def test_what_is_no_backup_is_refused_and_nothing_changes(terminal: NewTerminal) -> None:
    """A wrong file must not cost the state."""
    shell = terminal()
    shell.run("run", "a", shell.list_file())
    before = json.dumps(shell.run("status", "a", "--json").last_json)
    done = shell.run("restore", shell.list_file(b"no archive", "x.tar.gz"))
    assert done.code == 1
    assert "não é um backup" in done.err
    assert json.dumps(shell.run("status", "a", "--json").last_json) == before
