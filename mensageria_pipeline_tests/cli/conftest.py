"""The command line, as a person runs it: a process in a project folder."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mensageria_pipeline_tests.conftest import SIMPLE_DEFINITION, SIMPLE_LIST
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment, prepare_root

_TIMEOUT_S = 120


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def last_json(self) -> dict[str, Any]:
        return dict(json.loads(self.out.splitlines()[-1]))


@dataclass(frozen=True)
class Terminal:
    """A project folder and a shell in it."""

    root: Path

    def run(self, *arguments: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-c", "from mensageria_pipeline.cli import main; main()", *arguments],
            cwd=self.root, env=clean_environment() | {"COLUMNS": "160"}, capture_output=True, text=True,
            timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def define(self, campaign: str, text: str = SIMPLE_DEFINITION) -> None:
        path = self.root / "data" / "campaigns" / f"{campaign}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def list_file(self, content: str | bytes = SIMPLE_LIST, name: str = "lista.csv") -> str:
        path = self.root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[..., Terminal]:
    def make(**environment: str) -> Terminal:
        prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0", **environment)
        return Terminal(tmp_path)

    return make
