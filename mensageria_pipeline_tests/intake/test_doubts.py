"""What is doubtful about a list is shown with its rows, and a campaign decides whether it may come in."""

from pathlib import Path

import pytest

from mensageria_pipeline.contracts.doubts import DOUBTS
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.intake.inspection import inspect_file
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline_tests.workbench import Workbench

SHIFTED = "id;nome;token\n1;Ana;a\n2;Silva; Bia;b\n3;Caio;c\n"
TITLED = "Clientes\n\n" + SHIFTED


def test_a_doubt_shows_the_first_rows_that_it_is_about(tmp_path: Path) -> None:
    """A person sees at once what is meant, without opening the file."""
    path = tmp_path / "a.csv"
    path.write_text(TITLED, encoding="utf-8")
    doubts = {doubt.name: doubt for doubt in inspect_file(path, CampaignDefinition(), Limits()).reading.doubts}
    assert {name: [row.number for row in doubt.rows] for name, doubt in doubts.items()} == {
        "preamble": [1],
        "surplus": [5],
    }
    (row,) = doubts["surplus"].rows
    assert row.cells == ("2", "Silva", " Bia", "b")
    assert doubts["surplus"].masked().rows[0].cells == ("2…", "S…", " …", "b…")
    assert "Silva" not in repr(doubts)


def test_a_strict_campaign_refuses_a_list_that_leaves_a_doubt(bench: Workbench) -> None:
    """Who says so would rather have no message sent than one that may be wrong."""
    bench.define("a", "strict: true\ntemplate: {body: oi}\n")
    bench.drop("a", TITLED)
    with pytest.raises(InputError, match=r"accept: \[preamble, surplus\]"):
        bench.ingest("a")


def test_a_doubt_that_is_accepted_by_name_is_none(bench: Workbench) -> None:
    """The same report comes every week with its title; only what is new about it counts."""
    bench.define("a", "strict: true\naccept: [preamble]\ntemplate: {body: oi}\n")
    bench.drop("a", TITLED)
    with pytest.raises(InputError, match=r"accept: \[surplus\]"):
        bench.ingest("a")
    bench.define("a", "strict: true\naccept: [preamble, surplus]\ntemplate: {body: oi}\n")
    assert [intake.row_count for intake in bench.ingest("a").intakes] == [3]
    assert bench.validate("a").codes == {"extra_cells": 1}


def test_without_a_doubt_a_strict_campaign_takes_lists_as_any_other(bench: Workbench) -> None:
    """Being strict costs nothing where nothing is doubtful."""
    bench.define("a", "strict: true\ntemplate: {body: oi}\n")
    bench.drop("a")
    assert [intake.row_count for intake in bench.ingest("a").intakes] == [3]


def test_an_unknown_doubt_is_refused_with_those_that_there_are(bench: Workbench) -> None:
    """A typing error would accept nothing, and nobody would know why."""
    with pytest.raises(DefinitionError) as refusal:
        bench.define("a", "accept: [preambule]\n")
    assert ", ".join(DOUBTS) in refusal.value.text()
