"""Empty, endless and odd files: every command that takes one ends at once, in a sentence."""

import gzip
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mensageria_pipeline.cli import build
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.errors import InputError, MensageriaError
from mensageria_pipeline.services.dry_run import dry_run
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.limits import MEBIBYTE, Limits
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project, and an end for whatever waits for one."""
    prepare_root(tmp_path, INPUT_MAX_MEGABYTES="1")
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o077)
    signal.alarm(int(PATIENCE_S))
    yield tmp_path
    signal.alarm(0)
    os.umask(before)


def odd(root: Path, kind: str) -> Path:
    path = root / f"{kind}.csv"
    if kind == "device":
        return Path("/dev/zero")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.touch()
    return path


@pytest.mark.parametrize("kind", ["empty", "pipe", "device", "huge", "folder"])
@pytest.mark.parametrize("command", [["inspect"], ["run", "a"], ["restore"]])
def test_no_command_waits_for_what_has_no_end(root: Path, command: list[str], kind: str) -> None:
    """Neither a traceback nor a killed machine; nothing is begun."""
    done = CliRunner().invoke(build(), [*command, str(odd(root, kind))])
    assert done.exit_code in {1, 2}
    assert isinstance(done.exception, MensageriaError | SystemExit)
    assert not (root / "data" / "input" / "a").exists()


@pytest.mark.parametrize(
    "command", [["export", "campaign_metrics", "-o"], ["person", "data", "52998224725", "-o"], ["backup"]]
)
def test_no_command_writes_to_a_pipe(root: Path, command: list[str]) -> None:
    """It would be replaced by a file."""
    path = odd(root, "pipe")
    done = CliRunner().invoke(build(), [*command, str(path)])
    assert isinstance(done.exception, InputError)
    assert path.is_fifo()


def test_a_bomb_that_is_uploaded_is_refused_within_limits(bench: Workbench, tmp_path: Path) -> None:
    """The dashboard looks at an upload as a campaign would take it in: what it unpacks to is limited too."""
    bench.define("a")
    bomb = tmp_path / "lista.csv.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(b"nome;token\n")
        for _ in range(32):
            file.write(b"Ana;tok\n" * (MEBIBYTE // 8))
    settings = Settings(root=tmp_path, data_dir=bench.layout.data_dir, input_settle_s=0, limits=Limits(size_mib=4))
    with pytest.raises(InputError) as caught, dry_run(Project(settings), Partition("a"), added=bomb):
        pass
    assert "4" in caught.value.text()
    assert not [path for path in bench.layout.dry_runs_dir.rglob("*") if path.is_file()]
