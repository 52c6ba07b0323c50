"""A definition that is written for a person: never over somebody else's, and with a way back."""

import pytest

from mensageria_pipeline.definition.definition_file import define, previous_definition, redefine, restore_previous
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline_tests.workbench import Workbench


def test_a_new_one_is_never_written_over_another(bench: Workbench) -> None:
    define(bench.layout, "a", "name: A\n")
    define(bench.layout, "a", "name: A\n")  # said twice
    with pytest.raises(DefinitionError):
        define(bench.layout, "a", "name: B\n")
    assert load_definition(bench.layout, "a").name == "A"


def test_a_change_keeps_the_one_before_and_can_be_taken_back(bench: Workbench) -> None:
    """The one that is kept is no definition of a campaign."""
    bench.define("a", "\ufeffname: A\n")  # as some editors save it
    assert not previous_definition(bench.layout, "a").exists()
    redefine(bench.layout, "a", "name: B\n", seen="name: A\n")
    assert load_definition(bench.layout, "a").name == "B"
    assert [path.name for path in bench.layout.campaigns_dir.glob("*.yaml")] == ["a.yaml"]
    restore_previous(bench.layout, "a")
    assert load_definition(bench.layout, "a").name == "A"
    restore_previous(bench.layout, "a")
    assert load_definition(bench.layout, "a").name == "B"


@pytest.mark.parametrize("meanwhile", ["name: C\n", None])
def test_what_somebody_wrote_meanwhile_stays(bench: Workbench, meanwhile: str | None) -> None:
    bench.define("a", "name: A\n")
    path = bench.layout.definition("a")
    if meanwhile is None:
        path.unlink()
    else:
        path.write_text(meanwhile, encoding="utf-8")
    with pytest.raises(DefinitionError):
        redefine(bench.layout, "a", "name: B\n", seen="name: A\n")
    assert not path.exists() or path.read_text(encoding="utf-8") == meanwhile
