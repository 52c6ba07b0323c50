"""What holds across the whole project: directions, texts, settings and documents."""

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mensageria_pipeline.cli.commands import COMMANDS, load
from mensageria_pipeline.providers.registry import PROVIDERS, declared_variables, variables_declared_by
from mensageria_pipeline.providers.settings_table import receiver_token_names
from mensageria_pipeline.services.campaign_state import CampaignState
from mensageria_pipeline.settings import load_settings
from mensageria_pipeline.settings.environment import OWN_NAMES
from mensageria_pipeline.settings.variables import Variable
from mensageria_pipeline.texts import say
from mensageria_pipeline_tests.fakes.dagster_server import ROOT
from tools.generated_docs import generated

PACKAGE = ROOT / "mensageria_pipeline"
LAYERS: Sequence[Sequence[str]] = (
    ("texts",),
    ("errors", "logs"),
    ("storage",),
    ("contracts",),
    ("settings", "charts"),
    ("definition",),
    ("ledger",),
    ("intake",),
    ("recipients", "messages"),
    ("suppressions", "providers"),
    ("sending",),
    ("analytics",),
    ("reports",),
    ("services",),
    ("receipts",),
    ("recovery", "privacy"),
    ("web", "samples", "testing"),
    ("dashboard", "defs"),
    ("definitions",),
    ("cli",),
)
"""From the bottom up: a room knows those on the floors below it, and none beside or above it."""
FLOORS = {room: floor for floor, rooms in enumerate(LAYERS) for room in rooms}
READMES = ("README.md", "README.pt-BR.md")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "mensageria_pipeline":
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> Iterator[tuple[Path, list[str]]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), list(imports(path))


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_no_room_knows_one_above_it() -> None:
    """A stage that knows another cannot be changed alone, and rooms that know each other are one room."""
    for path, names in modules():
        here = path.parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        for there in {_room(name) for name in names if name.startswith("mensageria_pipeline.")} - {here}:
            assert FLOORS[there] < FLOORS[here], f"{path} imports {there}"


def test_only_the_shell_knows_dagster() -> None:
    """The engine is plain Python; so is everything that a test or another front end needs."""
    allowed = {"defs", "definitions.py"}
    starts_it = {Path("cli/launch.py"), Path("web/interface.py"), Path("web/processes.py")}
    for path, names in modules():
        if path.parts[0] in allowed or path in starts_it:
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
        if path != PACKAGE / "settings/environment.py":
            assert "os.environ" not in path.read_text(encoding="utf-8"), path


def test_the_example_explains_every_variable() -> None:
    """.env.example and the settings are the same list, and its values are the defaults."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assigned = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    declared = declared_variables()
    assert set(assigned) == OWN_NAMES | {each.name for each in declared} | set(receiver_token_names())
    nowhere = ROOT / "nowhere"
    example, empty = (load_settings(nowhere, values, declared) for values in (assigned, {}))
    assert replace(example, others={}) == replace(empty, others={})
    for each in declared:
        assert each.read(example.others, nowhere) == each.read(empty.others, nowhere), each.name


def test_every_variable_of_a_provider_is_explained_and_means_one_thing() -> None:
    """Two providers may share a group of settings, but no two declare a variable of one name in two ways."""
    found: dict[str, Variable] = {}
    for adapter in PROVIDERS.values():
        for each in variables_declared_by(adapter):
            assert each.about, each.name
            assert found.setdefault(each.name, each) is each
    assert not OWN_NAMES & set(found)


def test_env_beats_the_shell(tmp_path: Path) -> None:
    """One precedence everywhere, as inside `dagster dev`; an empty value in .env means: not set here."""
    (tmp_path / ".env").write_text("TIMEOUT_SECONDS=7\nLOG_LEVEL=\n", encoding="utf-8")
    settings = load_settings(tmp_path, {"TIMEOUT_SECONDS": "9", "LOG_LEVEL": "DEBUG"})
    assert (settings.timeout_s, settings.log_level) == (7.0, "DEBUG")


def test_no_test_imports_from_a_conftest() -> None:
    """Fixtures come by name; what several tests call is a module, which can be read and moved."""
    for path in (ROOT / "mensageria_pipeline_tests").rglob("*.py"):
        assert not [name for name in imports(path) if name.split(".")[-1] == "conftest"], path


@pytest.mark.parametrize("name", sorted(generated().keys() - {"docs/intake.md"}))
def test_what_is_generated_is_current(name: str) -> None:
    """`make docs` writes it: documents, and the catalogues that are read at run time.

    docs/intake.md takes in all that the specimens' own tests do; `make check` compares it.
    """
    assert (ROOT / name).read_bytes() == generated()[name]()


def _commands(name: str) -> list[list[str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(("mensageria ", "make "))]


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_commands_exist(name: str) -> None:
    """Every `mensageria …` and `make …` of the README is a command, with options that it has."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = _commands(name)
    assert len(commands) >= 10
    for program, target, *arguments in commands:
        if program == "make":
            assert target in targets, target
            continue
        options = {option for parameter in load(target).params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("-")} <= options, (target, arguments)


@pytest.mark.parametrize("name", READMES)
def test_the_readme_names_every_command(name: str) -> None:
    """A command that no README mentions has no user."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for command in COMMANDS:
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


@pytest.mark.parametrize("name", ["dashboard.md", "dashboard.pt-BR.md"])
def test_every_state_of_a_campaign_is_explained(name: str) -> None:
    """What the page says of it, when, and what a person can do."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (ROOT / "docs" / name).read_text("utf-8"), re.MULTILINE)
    assert [state for state, _ in rows] == [state.value for state in CampaignState]
    for state, words in rows:
        assert words.strip().startswith(say(f"state_{state}")), state


def test_links_between_documents_lead_somewhere() -> None:
    """No document points to a file that is not there."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
