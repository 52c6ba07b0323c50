"""An operator finds people by the codes of their own list."""

from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.services.own_ids import own_ids
from mensageria_pipeline_tests.workbench import Workbench

LIST = "Código Cliente;nome;email\nA-7;Ana;ana@exemplo.com\n;Bia;bia@exemplo.com\n12345678901;Caio;caio@exemplo.com\n"


def test_codes_are_read_from_the_list_and_what_reaches_a_person_is_masked(bench: Workbench) -> None:
    """A CPF in the column of codes stays masked."""
    bench.define("a")
    bench.drop("a", LIST)
    bench.prepare("a")
    (intake,) = list_intakes(bench.layout, "a")
    rows = {(intake.content_hash, number) for number in (2, 3, 4)} | {("outra", 2)}
    assert own_ids(bench.project, "a", rows) == {
        (intake.content_hash, 2): "A-7",
        (intake.content_hash, 4): "123…01",
    }


def test_the_definition_says_which_column(bench: Workbench) -> None:
    bench.define("a", 'template: {body: Oi}\ncolumns: {id: "Nº"}\n')
    bench.drop("a", "Nº;nome;email\n5;Ana;ana@exemplo.com\n")
    bench.prepare("a")
    (intake,) = list_intakes(bench.layout, "a")
    assert own_ids(bench.project, "a", {(intake.content_hash, 2)}) == {(intake.content_hash, 2): "5"}


def test_a_list_without_codes_has_none(bench: Workbench) -> None:
    bench.define("a")
    bench.drop("a", "nome;email\nAna;ana@exemplo.com\n")
    bench.prepare("a")
    (intake,) = list_intakes(bench.layout, "a")
    assert own_ids(bench.project, "a", {(intake.content_hash, 2)}) == {}
    assert own_ids(bench.project, "a", set()) == {}
