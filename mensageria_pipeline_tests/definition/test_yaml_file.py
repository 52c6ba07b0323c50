"""Definitions that would cost memory, time or secrets are refused in a sentence, at once."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (BOMB, "definition_alias"),
        ("name: &x Oi\nchannel: *x\n", "definition_alias"),
        ("template: &t {body: Oi}\nx:\n  <<: *t\n", "definition_alias"),
        ("a: &a [*a]\n", "definition_alias"),
        ("name: " + "x" * 300_000, "definition_unusable"),
        ("name: " + "[" * 5_000 + "]" * 5_000, "definition_unreadable"),
        ("edition: " + "9" * 5_000, "definition_unreadable"),
        ("edition: 1" + ":59" * 50_000, "definition_unreadable"),
        ("edition: 0x" + "f" * 200_000, "definition_unreadable"),
        ("\n".join(f"chave{number}: {number}" for number in range(10_000)), "definition_invalid"),
        ("channel: [" + "x, " * 60_000 + "]", "definition_invalid"),
        ("name: " + "x" * 200_000 + "\nchannel: " + "y" * 50_000, "definition_invalid"),
        ("? " + "k" * 1_000 + "\n: 1\n", "definition_invalid"),
        ("!!python/object/apply:os.system ['true']", "definition_unreadable"),
    ],
)
def test_what_would_cost_too_much_is_refused(bench: Workbench, text: str, key: str) -> None:
    """By a sentence that stays short, whatever the file holds; the sensor reads it each second."""
    with pytest.raises(DefinitionError) as caught:
        bench.define("a", text)
    assert caught.value.key == key
    assert len(caught.value.text()) < 8_000


def test_a_bomb_needs_neither_memory_nor_time(tmp_path: Path) -> None:
    """In a process of 500 MB."""
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "a.yaml").write_text(BOMB)
    code = (
        "import sys; from pathlib import Path; from mensageria_pipeline.definition.load import load_definition\n"
        "from mensageria_pipeline.storage.layout import Layout; load_definition(Layout(Path(sys.argv[1])), 'a')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
    )
    assert b"definition_alias" in done.stderr or b"alias" in done.stderr
    assert b"MemoryError" not in done.stderr


def test_regular_definitions_are_read_as_before(bench: Workbench) -> None:
    """Dates, numbers, several lines, quotes; an anchor that nobody refers to costs nothing."""
    definition = bench.define(
        "a",
        "name: &nome 'Promoção: 1:30'\nedition: 2\nsend_window: {not_before: 2026-11-25 10:00:00}\n"
        "template:\n  title: Oi\n  body: |\n    Olá,\n    {{ nome }}\n",
    )
    assert (definition.name, definition.edition) == ("Promoção: 1:30", 2)
    assert definition.send_window.not_before is not None


def test_the_size_that_is_taken_is_read_in_time(bench: Workbench) -> None:
    """A definition just below the limit does not hold up a sensor for minutes."""
    started = time.process_time()
    with pytest.raises(DefinitionError):
        bench.define("a", "x: [" + "a, " * 80_000 + "]")
    assert time.process_time() - started < 60
    assert load_definition(bench.layout, "b").name is None
