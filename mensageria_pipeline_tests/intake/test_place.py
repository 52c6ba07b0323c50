"""Lists that people hand over at the same moment: each has its place, none takes another's."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from mensageria_pipeline.definition.definition_file import define
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.intake.place import place_file
from mensageria_pipeline.storage import placing
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.progress import ProgressReporter, read_progress

_ROUNDS, _PEOPLE = 60, 4
_ROWS = 3_000
"""Enough that a copy takes longer than a look at a name."""
_HAND_OVER = """
import sys
from pathlib import Path
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.intake.place import place_file
layout, source = Layout(Path(sys.argv[1])), Path(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    print(place_file(layout, {}, line.strip(), source), flush=True)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


def _lists(folder: Path, count: int = _PEOPLE) -> list[Path]:
    """Lists of one name and of different contents, each in a folder of its own."""
    paths = [folder / str(number) / "clientes.csv" for number in range(count)]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        path.write_text("id;token\n" + f"{number};t{number}\n" * _ROWS, encoding="utf-8")
    return paths


def _at_once(*actions: Callable[[], object]) -> list[object]:
    """What each gives; all begin at the same moment."""
    barrier = Barrier(len(actions))

    def begin(action: Callable[[], object]) -> object:
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(begin, actions))


def _found(layout: Layout, campaign: str) -> list[str]:
    return sorted(file.path.read_text(encoding="utf-8") for file in discover(layout.input_dir, {}).of(campaign))


def test_lists_of_one_name_that_are_handed_over_at_once_all_arrive(layout: Layout, tmp_path: Path) -> None:
    """A list that replaces another's loses everybody on it, and nobody hears of it."""
    lists = _lists(tmp_path / "lists")
    for number in range(_ROUNDS):
        campaign = f"c{number}"
        placed = _at_once(*(partial(place_file, layout, {}, campaign, path) for path in lists))
        assert len(set(placed)) == _PEOPLE
        assert _found(layout, campaign) == sorted(path.read_text(encoding="utf-8") for path in lists)
        assert len(list((layout.input_dir / campaign).iterdir())) == _PEOPLE, "nothing is left beside them"


def test_processes_that_hand_over_lists_of_one_name_do_not_lose_any(layout: Layout, tmp_path: Path) -> None:
    """As two operators at two terminals do."""
    lists = _lists(tmp_path / "lists", 2)
    command = [sys.executable, "-c", _HAND_OVER, str(layout.data_dir)]
    people = [
        subprocess.Popen([*command, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for path in lists
    ]
    try:
        for person in people:
            assert person.stdout
            assert person.stdout.readline() == "ready\n"
        for number in range(_ROUNDS):
            for person in people:
                assert person.stdin
                person.stdin.write(f"c{number}\n")
                person.stdin.flush()
            placed = {person.stdout.readline() for person in people if person.stdout}
            assert len(placed) == 2, placed
            assert _found(layout, f"c{number}") == sorted(path.read_text(encoding="utf-8") for path in lists)
    finally:
        for person in people:
            person.communicate()
    assert [person.returncode for person in people] == [0, 0]


def test_one_content_that_is_handed_over_by_many_has_one_place(layout: Layout, tmp_path: Path) -> None:
    """A double click is one list."""
    (path,) = _lists(tmp_path / "lists", 1)
    for number in range(10):
        placed = _at_once(*[partial(place_file, layout, {}, f"c{number}", path)] * _PEOPLE)
        assert len(set(placed)) == 1


def test_without_hard_links_nobody_is_replaced_either(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT and some network folders have none."""

    def no_links(_source: Path, target: Path) -> None:
        if target.exists():
            raise FileExistsError
        raise PermissionError

    monkeypatch.setattr(placing.os, "link", no_links)
    lists = _lists(tmp_path / "lists")
    for number in range(_ROUNDS):
        campaign = f"c{number}"
        _at_once(*(partial(place_file, layout, {}, campaign, path) for path in lists))
        assert _found(layout, campaign) == sorted(path.read_text(encoding="utf-8") for path in lists)


def test_a_name_that_something_else_has_is_passed_over(layout: Layout, tmp_path: Path) -> None:
    """A folder, or a pipe that would be read for ever."""
    (path,) = _lists(tmp_path / "lists", 1)
    folder = layout.input_dir / "a"
    (folder / "clientes.csv").mkdir(parents=True)
    os.mkfifo(folder / "clientes-2.csv")
    assert place_file(layout, {}, "a", path).name == "clientes-3.csv"


def test_a_list_that_is_gone_is_said_and_leaves_nothing(layout: Layout, tmp_path: Path) -> None:
    """It may be on a stick that was pulled."""
    with pytest.raises(InputError, match="sumiu"):
        place_file(layout, {}, "a", tmp_path / "clientes.csv")
    assert list((layout.input_dir / "a").iterdir()) == []


def test_threads_that_replace_one_file_do_not_share_what_is_half_done(tmp_path: Path) -> None:
    """Pages of the dashboard are threads of one process: its number alone makes no name."""
    path = tmp_path / "report.csv"

    def write(letter: str) -> None:
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            for _ in range(200):
                file.write(letter * 100)
                file.flush()

    for _ in range(20):
        _at_once(*(partial(write, letter) for letter in "abcd"))
        text = path.read_text(encoding="utf-8")
        assert len(text) == 20_000
        assert len(set(text)) == 1
        assert list(tmp_path.iterdir()) == [path]


def test_two_runs_may_say_how_far_they_are_at_once(layout: Layout) -> None:
    """Progress is nothing that a run may fail for."""
    for _ in range(30):
        _at_once(*(partial(ProgressReporter(layout, "a", "raw_base"), number, _PEOPLE) for number in range(_PEOPLE)))
        step = read_progress(layout, "a")
        assert step
        assert step.total == _PEOPLE


def test_of_two_definitions_that_are_written_at_once_one_holds(layout: Layout) -> None:
    """The list of whoever came second would go out with the words of the first."""
    texts = [f"template: {{body: Oi {number}}}\n" for number in range(_PEOPLE)]

    def try_to_define(campaign: str, text: str) -> bool:
        try:
            define(layout, campaign, text)
        except DefinitionError:
            return False
        return True

    for number in range(20):
        campaign = f"c{number}"
        took = _at_once(*(partial(try_to_define, campaign, text) for text in texts))
        assert took.count(True) == 1
        assert layout.definition(campaign).read_text(encoding="utf-8") == texts[took.index(True)]
        define(layout, campaign, texts[took.index(True)])
        with pytest.raises(DefinitionError, match="ganhou outra definição"):
            define(layout, campaign, texts[took.index(False)])
