"""A campaign's own rules: compiled to pandera checks, one sentence per broken row, wrong rules refused at once."""

import unicodedata

import pytest

from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

LIST = (
    "id;nome;token;cidade;valor;vencimento;cep\n"
    "1;Ana;t1;Recife;1.234,50;23/11/2026;50010-000\n"
    "2;;t2;Recife;10;2026-11-24;50010-000\n"
    "3;Caio;t3;Quito;10;23/11/2026;50010-000\n"
    "4;Davi;t4;Recife;0,99;23/11/2026;50010-000\n"
    "5;Eva;t5;Recife;10.000,00;23/11/2026;50010-000\n"
    "6;Fábio;t6;Recife;dez;23/11/2026;50010-000\n"
    "7;Gil;t7;Recife;10;31/02/2026;50010-000\n"
    "8;Hugo;t8;Recife;10;01/01/2027;50010-000\n"
    "9;Ivo;t9;RECIFE;;;5001\n"
)
RULES = """
template: {body: oi}
rules:
  required: [nome]
  allowed: {cidade: [Recife, Olinda]}
  min: {valor: 1}
  max: {valor: 5000}
  dates: {vencimento: {min: 2026-01-01, max: 2026-12-31}}
  matches: {cep: '\\d{5}-?\\d{3}'}
"""


def test_each_rule_says_what_it_found_and_what_it_expects(bench: Workbench) -> None:
    """Empty cells pass all but `required`; amounts and dates are read as Brazil writes them."""
    bench.define("a", RULES)
    bench.drop("a", LIST)
    bench.prepare("a")
    refused = {row["row_number"]: row for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a")}
    assert {number: (row["code"], row["column"]) for number, row in refused.items()} == {
        3: ("missing_field", "nome"),
        4: ("not_allowed", "cidade"),
        5: ("out_of_range", "valor"),
        6: ("out_of_range", "valor"),
        7: ("out_of_range", "valor"),
        8: ("not_a_date", "vencimento"),
        9: ("not_a_date", "vencimento"),
        10: ("no_match", "cep"),
    }
    assert "Recife, Olinda" in refused[4]["reason"]
    assert "≥ 1, ≤ 5000" in refused[5]["reason"]
    assert "01/01/2026" in refused[9]["suggestion"]
    assert "Quito" not in refused[4]["value_masked"]


def test_a_derived_column_can_be_ruled(bench: Workbench) -> None:
    """Only people of São Paulo state, by their area code."""
    bench.define("a", "template: {body: oi}\nrules: {allowed: {uf: [SP]}}\n")
    bench.drop("a", "telefone\n11987654321\n81987654321\n")
    bench.prepare("a")
    assert [row["code"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a")] == ["not_allowed"]


def test_a_pattern_is_held_to_the_whole_value(bench: Workbench) -> None:
    """Also one with anchors of its own around an alternative."""
    bench.define("a", "template: {body: oi}\nrules: {matches: {uf_loja: '^SP|RJ$'}}\n")
    bench.drop("a", "token;uf_loja\nt1;SP\nt2;SPX\nt3;RJ\n")
    bench.prepare("a")
    assert [row["row_number"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a")] == [3]


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("required: [sobrenome]", "sobrenome"),
        ("matches: {cep: '('}", "cep"),
        ("matches: {cep: '(?=x)'}", "cep"),
        ("min: {valor: muito}", "valor"),
        ("dates: {vencimento: {depois: 1}}", "depois"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_name(bench: Workbench, rules: str, sentence: str) -> None:
    """Before any row is judged."""
    bench.drop("a", LIST)
    with pytest.raises(DefinitionError) as caught:
        define_and_prepare(bench, f"template: {{body: oi}}\nrules:\n  {rules}\n")
    assert sentence in caught.value.text()


def define_and_prepare(bench: Workbench, definition: str) -> None:
    bench.define("a", definition)
    bench.prepare("a")


def test_accents_of_a_definition_are_those_of_the_list(bench: Workbench) -> None:
    """A definition that was written on a Mac may hold its accents apart from the letters; both see one São Paulo."""
    apart = unicodedata.normalize(
        "NFD",
        "template: {body: 'Olá, {{ nome }}'}\nrules: {allowed: {cidade: [São Paulo]}, matches: {nome: 'José.*'}}\n",
    )
    bench.define("a", apart)
    bench.drop(
        "a", unicodedata.normalize("NFD", "nome;token;cidade\nJosé;t1;SÃO PAULO\n") + "José Sá;t2;São Paulo\u200b\n"
    )
    bench.prepare("a")
    assert [row["body"] for row in bench.rows(Asset.MESSAGES, "a")] == ["Olá, José", "Olá, José Sá"]


def test_a_message_that_was_sent_under_an_unclean_name_is_not_sent_again(bench: Workbench) -> None:
    """The list of before is judged by the rules of now: the person's name changes, their address is known."""
    bench.define("a", "template: {body: oi}\n")
    bench.drop("a", "id;token\n123;tok-a\n")
    bench.run("a")
    bench.drop("a", "id;token\n123\u200b;tok-a\n\u2060123;tok-a\u200b\n", "de-novo.csv")
    bench.prepare("a")
    assert len(bench.rows(Asset.MESSAGES, "a")) == 1
    assert [row["fate"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a")] == ["repeated", "repeated"]
