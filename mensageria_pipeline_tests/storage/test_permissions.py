"""Nobody else on a shared machine reads lists, keys and secrets."""

import itertools
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.recovery.backup import back_up
from mensageria_pipeline.services.doctor import Finding, Level, diagnose
from mensageria_pipeline.storage.permissions import keep_private, open_below, tighten
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment, prepare_root
from mensageria_pipeline_tests.workbench import Workbench


@pytest.fixture(autouse=True)
def _wide_mask() -> Iterator[None]:
    """As most systems come."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def readers(bench: Workbench) -> list[Finding]:
    """Without the checks that follow: the last of them starts Dagster."""
    found = itertools.takewhile(lambda each: each.check != "Espaço livre", diagnose(bench.project))
    return [each for each in found if each.check == "Quem pode ler"]


def test_all_that_is_made_is_for_one_user(bench: Workbench) -> None:
    """Lists, Parquet, the ledger with its key, reports, the warehouse, a backup."""
    keep_private()
    bench.define("a")
    bench.drop("a")
    bench.run("a")
    publish(bench.layout)
    back_up(bench.layout, bench.project.settings.root / "estado.tar.gz")
    assert list(open_below(bench.project.settings.root)) == []
    with duckdb.connect(str(bench.layout.warehouse), read_only=True) as analyst:
        assert analyst.execute("SELECT count(*) FROM send_results").fetchall() == [(3,)]


@pytest.mark.parametrize(
    "code",
    [
        "from mensageria_pipeline.cli import main; sys.argv = ['mensageria', '--help']; main()",
        "import mensageria_pipeline.definitions as d; d._check_instance = lambda _: None; d.defs()",
        "from mensageria_pipeline.sending import sender_process as p; p.main()",
    ],
)
def test_every_entry_point_keeps_what_it_makes(tmp_path: Path, code: str) -> None:
    """The command line, Dagster's code location, a sender process: whoever starts them, and with what mask."""
    prepare_root(tmp_path)
    script = f"import atexit, os, sys; atexit.register(lambda: print('mask', oct(os.umask(0))))\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=clean_environment(),
        input=b"",
        capture_output=True,
        check=False,
        umask=0o022,
    )
    assert b"mask 0o77" in done.stdout, done.stderr


def test_what_older_versions_left_open_is_closed(bench: Workbench, tmp_path: Path) -> None:
    """Links are not followed, and a file that lies elsewhere too keeps its mode."""
    bench.define("a")
    bench.drop("a")
    bench.run("a")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.csv").write_text("x")
    (bench.layout.input_dir / "shared").symlink_to(outside)
    os.link(outside / "b.csv", bench.layout.input_dir / "a" / "b.csv")
    assert mode(bench.layout.ledger_dir / "control.db") == 0o644
    tighten(bench.layout)
    assert {each.name for each in open_below(bench.layout.data_dir)} == {"b.csv"}
    assert (mode(bench.layout.data_dir), mode(bench.layout.ledger_dir)) == (0o700, 0o700)
    assert (mode(outside), mode(outside / "b.csv")) == (0o755, 0o644)
    late = bench.layout.state_dir / "late.db"
    late.write_text("x")
    tighten(bench.layout)
    assert mode(late) == 0o644, "behind a closed folder nobody looks"


def test_doctor_names_each_fault_and_its_command(bench: Workbench) -> None:
    """On a world-readable installation; once the commands were run, nothing is left to say."""
    root = bench.project.settings.root
    bench.define("a")
    bench.drop("a")
    bench.run("a")
    (root / ".env").write_text("API_KEY=segredo\n")
    (root / "minhas backups").mkdir()
    for file in (root / "estado.tar.gz", root / "minhas backups" / "ontem.tar.gz"):
        back_up(bench.layout, file)
        file.chmod(0o644)
    found = readers(bench)
    named = {each.found.partition(" (")[0].removeprefix(f"{root}/") for each in found}
    assert named == {"data", "data/state", ".env", "estado.tar.gz", "minhas backups/ontem.tar.gz"}
    assert {each.level for each in found} == {Level.WARNING}
    for each in found:
        subprocess.run(each.todo.partition(": ")[2], shell=True, check=True)
    (clean,) = readers(bench)
    assert clean.level is Level.OK
