"""A command that runs in this process leaves it as it was."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mensageria_pipeline import logs, texts
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.fakes.process_state import process_kept
from mensageria_pipeline_tests.fakes.terminal import Terminal


def state() -> dict[str, object]:
    mask = os.umask(0o022)
    os.umask(mask)
    return {
        "umask": mask,
        "folder": Path.cwd(),
        "environment": dict(os.environ),
        "main": sys.modules["__main__"],
        "arguments": sys.argv,
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "handlers": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "logging": list(logging.getLogger(logs.NAME).handlers),
        "language": texts.current(),
    }


@contextmanager
def unchanged() -> Iterator[None]:
    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize("command", [["run", "a"], ["--english", "status"], ["status", "b"], ["run"]])
def test_a_command_leaves_nothing_behind(tmp_path: Path, command: list[str]) -> None:
    """Neither a run through Dagster, nor another language, an error or wrong usage."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    terminal = Terminal(tmp_path)
    terminal.define("a")
    with unchanged():
        terminal.run(*command)


def test_in_process_and_alone_say_the_same(tmp_path: Path) -> None:
    """What tests see of a command is what a person sees."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    terminal = Terminal(tmp_path)
    for command in (["status"], ["status", "--json"], ["--english", "status"], ["status", "b"]):
        assert terminal.run(*command) == terminal.run_alone(*command)


def _change_everything_and_fail(folder: Path) -> None:
    os.umask(0o077)
    os.chdir(folder)
    os.environ["DAGSTER_HOME"] = "x"
    sys.modules["__main__"] = os
    sys.argv = ["x"]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logs.begin(folder, "INFO", "test", terminal=True)
    texts.use(texts.Language.EN)
    raise ZeroDivisionError


def test_whatever_a_test_changes_is_put_back(tmp_path: Path) -> None:
    """Also where it fails."""
    with unchanged(), pytest.raises(ZeroDivisionError), process_kept():
        _change_everything_and_fail(tmp_path)
