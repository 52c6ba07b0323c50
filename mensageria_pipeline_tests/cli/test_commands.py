"""The list of commands: quick, complete, and in the commands' own words."""

import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from mensageria_pipeline.cli import build
from mensageria_pipeline.cli.commands import COMMANDS, load

HEAVY = {"altair", "dagster", "duckdb", "numpy", "pandas", "pandera", "pyarrow", "pydantic", "sqlalchemy", "starlette"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(name: str) -> None:
    """The list is read without the command's module."""
    listed = get_command(build()).commands[name]  # type: ignore[attr-defined]
    assert (load(name).name, load(name).help) == (name, listed.help)


def test_every_command_is_listed() -> None:
    """And a mistyped one is answered with a proposal."""
    group = get_command(build())
    assert list(group.commands) == list(COMMANDS)  # type: ignore[attr-defined]
    shown = CliRunner().invoke(build(), ["--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(f" {name} " in shown.output for name in COMMANDS)
    wrong = CliRunner().invoke(build(), ["stats"])
    assert wrong.exit_code == 2
    assert "'status'" in wrong.output


def test_the_list_imports_nothing_heavy() -> None:
    """Whoever asks what there is waits for none of the libraries that send, count and draw."""
    code = (
        "import sys; sys.argv = ['mensageria', '--help']\nfrom mensageria_pipeline.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mensageria" in done.stdout
    assert not HEAVY & set(done.stderr.split())
