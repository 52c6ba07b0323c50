"""The command line, as a person uses it in a project folder."""

import contextvars
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mensageria_pipeline.cli import main
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment
from mensageria_pipeline_tests.fakes.process_state import process_kept
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST

_WIDTH = {"COLUMNS": "160"}


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
        """A command, in this process, with nothing to read from stdin; one at a time."""
        out, err = _captured(), _captured()
        with process_kept(), redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", io.StringIO()):
            os.chdir(self.root)
            _replace_environment(clean_environment() | _WIDTH)
            sys.argv = ["mensageria", *arguments]
            code = contextvars.Context().run(_exit_code)
        return Done(code, _text(out), _text(err))

    def run_alone(self, *arguments: str, before: str = "") -> Done:
        """A command in a process of its own; `before` is Python that the process runs first."""
        with self.started(*arguments, before=before) as process:
            out, err = process.communicate("", timeout=PATIENCE_S)
        return Done(process.returncode, out, err)

    @contextmanager
    def started(self, *arguments: str, before: str = "") -> Iterator["subprocess.Popen[str]"]:
        """A command in a process of its own, with pipes; if it still runs at the end, it is killed."""
        process = subprocess.Popen(
            [sys.executable, "-c", f"{before}from mensageria_pipeline.cli import main; main()", *arguments],
            cwd=self.root,
            env=clean_environment() | _WIDTH,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def define(self, campaign: str, text: str = SIMPLE_DEFINITION) -> None:
        path = self.root / "data" / "campaigns" / f"{campaign}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def list_file(self, content: str | bytes = SIMPLE_LIST, name: str = "lista.csv") -> str:
        path = self.root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _replace_environment(values: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)
