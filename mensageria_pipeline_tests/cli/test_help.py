"""`--help` speaks the language of the installation, or the one asked for."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from mensageria_pipeline.settings import configured_language
from mensageria_pipeline.texts import Language
from mensageria_pipeline_tests.fakes.dagster_server import clean_environment
from mensageria_pipeline_tests.texts.languages import ENGLISH_WORDS, PORTUGUESE_WORDS, words_of

COMMANDS: tuple[tuple[str, ...], ...] = ((), ("run",), ("person",), ("person", "forget"), ("preview",), ("restore",))


_SAY_ALL = """
import json, sys
from mensageria_pipeline.cli import main
for arguments in json.loads(sys.stdin.read()):
    sys.argv = ["mensageria", *arguments, "--help"]
    try:
        main()
    except SystemExit as end:
        assert not end.code, arguments
    print("\\f", flush=True)
"""


def _helps(root: Path, *before: str, **environment: str) -> list[str]:
    """What each of `COMMANDS` says of itself, in one process: it has one language."""
    done = subprocess.run(
        [sys.executable, "-c", _SAY_ALL],
        input=json.dumps([[*before, *command] for command in COMMANDS]),
        cwd=root,
        env=clean_environment() | {"COLUMNS": "160"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\f")[:-1]


@pytest.mark.parametrize(
    ("before", "environment", "foreign"),
    [
        ((), {}, ENGLISH_WORDS),
        (("--english",), {}, PORTUGUESE_WORDS),
        ((), {"MENSAGERIA_LANGUAGE": "en"}, PORTUGUESE_WORDS),
    ],
    ids=["portuguese", "option", "setting"],
)
def test_help_is_in_one_language(
    before: Sequence[str], environment: Mapping[str, str], foreign: frozenset[str], tmp_path: Path
) -> None:
    """Its own sentences and Typer's words around them; Portuguese unless the setting or the option says English."""
    helps = _helps(tmp_path, *before, **environment)
    assert len(helps) == len(COMMANDS)
    for command, said in zip(COMMANDS, helps, strict=True):
        words = words_of(said)
        assert len(words) > len(command) + 5, command
        assert words & foreign == set(), command


@pytest.mark.parametrize(
    ("file", "shell", "language"),
    [
        ("", {}, Language.PT_BR),
        ("", {"MENSAGERIA_LANGUAGE": "en"}, Language.EN),
        ("MENSAGERIA_LANGUAGE=en\n", {"MENSAGERIA_LANGUAGE": "pt-BR"}, Language.EN),
        ("MENSAGERIA_LANGUAGE=xx\nTIMEOUT_SECONDS=never\n", {}, Language.PT_BR),
    ],
)
def test_help_needs_no_settings_that_work(
    file: str, shell: Mapping[str, str], language: Language, tmp_path: Path
) -> None:
    """Who has to mend the settings asks for help first."""
    (tmp_path / ".env").write_text(file, encoding="utf-8")
    assert configured_language(tmp_path, shell) is language
