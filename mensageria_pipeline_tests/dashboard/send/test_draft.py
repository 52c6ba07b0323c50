"""A campaign's definition while somebody writes it."""

import pytest
import yaml

from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline_tests.workbench import Workbench


def test_a_new_one_simulates(bench: Workbench) -> None:
    """Under the name that was given, with words to begin from; its YAML is a definition that holds."""
    draft = Draft.open(bench.layout, "natal-2026", "Natal 2026")
    assert draft.is_changed
    bench.define("natal-2026", draft.yaml())
    found = load_definition(bench.layout, "natal-2026")
    assert (found.name, found.is_live) == ("Natal 2026", False)


def test_an_existing_one_is_as_it_is_until_something_is_changed(bench: Workbench) -> None:
    text = "# nota\nname: A\nprovider: {sms: zenvia, email: smtp}\nrate_per_s: {zenvia: 5}\n"
    bench.define("a", text)
    draft = Draft.open(bench.layout, "a")
    assert not draft.is_changed
    assert draft.yaml() == text
    draft.put("channel", "sms")
    assert draft.is_changed
    assert draft.yaml() == text + "channel: sms\n"
    draft.put("channel", "")
    assert not draft.is_changed


def test_a_part_is_a_copy(bench: Workbench) -> None:
    bench.define("a", "template: {title: x, body: y}\n")
    draft = Draft.open(bench.layout, "a")
    draft.part("template")["title"] = "z"
    assert yaml.safe_load(draft.yaml())["template"]["title"] == "x"
    assert draft.part("columns") == {}


def test_one_that_cannot_be_read_is_said(bench: Workbench) -> None:
    path = bench.layout.definition("a")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a: [\n", encoding="utf-8")
    with pytest.raises(DefinitionError):
        Draft.open(bench.layout, "a")
