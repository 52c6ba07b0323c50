"""What holds across the whole project: directions, texts, settings and documents."""

import ast
import re
import shlex
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from mensageria_pipeline import texts
from mensageria_pipeline.cli import app
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.generated_docs import documents
from mensageria_pipeline.settings import VARIABLES, load_settings
from mensageria_pipeline_tests.fakes.dagster_server import ROOT

PACKAGE = ROOT / "mensageria_pipeline"
STAGES = ("intake", "recipients", "messages", "sending", "analytics", "reports")
"""`people`, `receipts` and the front ends know them; they know none of those."""
FRONT_ENDS = ("defs", "cli", "dashboard", "people", "receipts")
READMES = ("README.md", "README.pt-BR.md")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> Iterator[tuple[Path, list[str]]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), list(imports(path))


def test_stages_meet_only_in_contracts() -> None:
    """A stage that knows another cannot be changed alone."""
    for path, names in modules():
        if path.parts[0] not in (*STAGES, "contracts"):
            continue
        forbidden = [other for other in (*STAGES, *FRONT_ENDS) if other != path.parts[0]]
        found = [name for name in names for stage in forbidden if name.startswith(f"mensageria_pipeline.{stage}")]
        assert not found, f"{path} imports {found}"


def test_only_the_shell_knows_dagster() -> None:
    """The engine is plain Python; so is everything that a test or another front end needs."""
    allowed = {"defs", "definitions.py"}
    for path, names in modules():
        if path.parts[0] in allowed or path == Path("cli/launch.py"):
            continue
        assert not [name for name in names if name == "dagster" or name.startswith("dagster.")], path


def test_only_the_dashboard_knows_streamlit() -> None:
    """It is an extra: without it everything else works."""
    for path, names in modules():
        if path.parts[0] != "dashboard":
            assert not [name for name in names if name.split(".")[0] == "streamlit"], path


def test_the_environment_is_read_in_one_file() -> None:
    """One place to look for what a variable does."""
    for path in PACKAGE.rglob("*.py"):
        if path.name != "settings.py":
            assert "os.environ" not in path.read_text(encoding="utf-8"), path


def test_the_example_explains_every_variable() -> None:
    """.env.example and the settings are the same list, and its values are the defaults."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assigned = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert set(assigned) == set(VARIABLES)
    assert load_settings(ROOT / "nowhere", assigned) == load_settings(ROOT / "nowhere", {})


def test_env_beats_the_shell(tmp_path: Path) -> None:
    """One precedence everywhere, as inside `dagster dev`; an empty value in .env means: not set here."""
    (tmp_path / ".env").write_text("TIMEOUT_SECONDS=7\nLOG_LEVEL=\n", encoding="utf-8")
    settings = load_settings(tmp_path, {"TIMEOUT_SECONDS": "9", "LOG_LEVEL": "DEBUG"})
    assert (settings.timeout_s, settings.log_level) == (7.0, "DEBUG")


def test_every_sentence_exists_in_both_languages_with_the_same_values() -> None:
    """A translation that misses a value would fail in front of an operator."""
    for key, sentences in texts.CATALOGUE.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(sentence) if name} for sentence in sentences]
        assert all(sentences), key
        assert fields[0] == fields[1], key


def test_every_key_that_the_code_uses_is_in_the_catalogue() -> None:
    """An unknown key would be a KeyError where a sentence was due."""
    errors = {cls.__name__ for cls in _subclasses(MensageriaError)} | {"MensageriaError", "say"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors and node.args:
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    assert key.value in texts.CATALOGUE, f"{path}: {key.value}"


def _subclasses(cls: type[MensageriaError]) -> Iterator[type[MensageriaError]]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


@pytest.mark.parametrize("name", documents())
def test_generated_documents_are_current(name: str) -> None:
    """`make docs` writes them."""
    assert (ROOT / name).read_text(encoding="utf-8") == documents()[name]()


def _commands(name: str) -> list[list[str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(("mensageria ", "make "))]


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_commands_exist(name: str) -> None:
    """Every `mensageria …` and `make …` of the README is a command, with options that it has."""
    group = typer.main.get_command(app)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = _commands(name)
    assert len(commands) >= 10
    for program, target, *arguments in commands:
        if program == "make":
            assert target in targets, target
            continue
        command = group.commands[target]  # type: ignore[attr-defined]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("-")} <= options, (target, arguments)


@pytest.mark.parametrize("name", READMES)
def test_the_readme_names_every_command(name: str) -> None:
    """A command that no README mentions has no user."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for command in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        assert f"mensageria {command}" in text, command


def test_the_readmes_are_twins() -> None:
    """The same chapters and the same commands in both languages."""
    chapters = [re.findall(r"^#{1,3} ", (ROOT / name).read_text("utf-8"), re.MULTILINE) for name in READMES]
    assert chapters[0] == chapters[1]
    assert _commands(READMES[0]) == _commands(READMES[1])


def test_the_operations_manuals_are_twins() -> None:
    """The same chapters, and as many rows in every table: no error is explained in one language only."""
    manuals = [(ROOT / "docs" / name).read_text("utf-8") for name in ("operations.md", "operations.pt-BR.md")]
    for pattern in (r"^#{1,3} ", r"^\| ", r"^- "):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in manuals]
        assert counts[0] == counts[1], pattern


def test_links_between_documents_lead_somewhere() -> None:
    """No document points to a file that is not there."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
