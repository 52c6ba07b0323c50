"""Which columns, sheets and words of an opt-out list bind: whoever may be on it is not messaged."""

import pytest

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.workbooks import workbook
from mensageria_pipeline_tests.workbench import Workbench

LIST = (
    "id;nome;telefone;email\n1;Ana;11987654321;ana@x.com\n2;Bia;11987654322;bia@x.com\n3;Caio;11987654323;caio@x.com\n"
)
EMAIL, SMS = "channel: email\ntemplate: {body: Oi}\n", "channel: sms\ntemplate: {body: Oi}\n"


def reached(bench: Workbench, definition: str) -> list[int]:
    """The ids that would be messaged."""
    bench.define("a", definition)
    bench.drop("a", LIST)
    bench.prepare("a")
    return [int(row["person"]) for row in bench.rows(Asset.VALIDATED_RECIPIENTS, "a")]


@pytest.mark.parametrize(
    ("content", "definition"),
    [
        ("email;nome;email\neva@x.com;E;ana@x.com\n", EMAIL),
        ("email;nome;Email\neva@x.com;E;ana@x.com\n", EMAIL),
        ("id;e-mail do cliente\n77;ana@x.com\n", EMAIL),
        ("id;telefone 2\n77;(11) 98765-4321\n", SMS),
        ("email;celular_residencial\neva@x.com;11 98765-4321\n", SMS),
        ("id;contato\n77;ana@x.com\n", EMAIL),
        ("email;canal\nana@x.com;todos\n", EMAIL),
        ("email;canal\nana@x.com;ambos\n", EMAIL),
        ("email;canal\nana@x.com;SMS e e-mail\n", EMAIL),
        ("email;canal\nana@x.com;qualquer coisa\n", EMAIL),
        ("email;campanha\nana@x.com;???\n", EMAIL),
        ("email;campanha\nana@x.com;geral\n", EMAIL),
        ('email;nome\n"ana@x.com, eva@x.com";x\n', EMAIL),
        ("email\nana@x.com.\n", EMAIL),
        ("email\n'ana@x.com'\n", EMAIL),
        ("email\n(ana@x.com)\n", EMAIL),
        ("nome;ddd;telefone\nAna;11;987654321\n", SMS),
        ("nome;DDD;celular\nAna;(11);98765-4321\n", SMS),
        ("telefone\n11987654321 / 11911112222\n", SMS),
        ("telefone\n11987654321 (Ana)\n", SMS),
        ("telefone\n11911112222 11987654321\n", SMS),
        ("telefone\n11911112222 - 11987654321\n", SMS),
        ('telefone;x\n"11911112222\n11987654321";y\n11933334444;z\n', SMS),
        ("nome;ddd;telefone\nAna;11.0;987654321.0\n", SMS),
        ("ddd1;tel1;ddd2;tel2\n21;911112222;11;987654321\n", SMS),
        ("telefone\nwhatsapp 11 98765-4321\n", SMS),
        ("nome;email;número\nAna;eva@x.com;11987654321\n", SMS),
        ("email;tel 1\neva@x.com;11987654321\n", SMS),
        ("telefone;mensagem;resposta\n11987654321;Oferta de natal!;SAIR\n11911112222;Oferta;ok\n", SMS),
        ("telefone;resposta;texto\n11987654321;sair;Oferta\n", SMS),
    ],
)
def test_whoever_is_on_the_list_is_left_in_peace(bench: Workbench, content: str, definition: str) -> None:
    """A column that is named otherwise, a second one, and a word that is not understood narrow nothing."""
    bench.suppress(content)
    assert reached(bench, definition) == [2, 3]


def test_an_apostrophe_in_an_address_stays_there(bench: Workbench) -> None:
    """Of `o'neil@x.com, bia@x.com` nobody called neil."""
    bench.suppress('email\n"o\'neil@x.com, bia@x.com"\n')
    bench.define("a", EMAIL)
    bench.drop("a", "id;email\n1;neil@x.com\n2;o'neil@x.com\n3;bia@x.com\n")
    bench.prepare("a")
    assert [row["person"] for row in bench.rows(Asset.VALIDATED_RECIPIENTS, "a")] == ["1"]


@pytest.mark.parametrize("content", ["email;canal\nana@x.com;sms\n", "email;canal\nana@x.com;sms, push\n"])
def test_other_channels_stay_open(bench: Workbench, content: str) -> None:
    bench.suppress(content)
    assert reached(bench, EMAIL) == [1, 2, 3]


def put(bench: Workbench, content: bytes) -> None:
    path = bench.layout.suppressions_dir / "lista.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_every_sheet_of_a_workbook_counts(bench: Workbench) -> None:
    put(bench, workbook([["email"], ["ana@x.com"]], sheets={"Telefones": [["id"], ["3"]]}))
    assert reached(bench, EMAIL) == [2]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Notas", [["Observações sobre a lista"], ["feito por Maria em 2026-11-01"], ["ok"]]),
        ("Resumo", [["Motivo", "Total"], ["pediu", 1], ["Total", 1]]),
        ("Modelo", [["email"]]),
    ],
)
def test_a_sheet_that_names_nobody_is_passed_over(bench: Workbench, name: str, rows: list[list[object]]) -> None:
    put(bench, workbook([["email"], ["ana@x.com"]], sheets={name: rows}))
    assert reached(bench, EMAIL) == [2, 3]


def test_the_list_may_stand_on_the_second_sheet(bench: Workbench) -> None:
    put(bench, workbook([["Motivo", "Total"], ["pediu", 1]], sheets={"Lista": [["email"], ["ana@x.com"]]}))
    assert reached(bench, EMAIL) == [2, 3]


@pytest.mark.parametrize("rows", [[["contatos"], ["ana@x.com"]], [["ana@x.com"]], [["quem"], ["11987654321"]]])
def test_a_sheet_that_names_somebody_in_no_known_column_stops_the_list(bench: Workbench, rows: list[list[str]]) -> None:
    """The sentence says which sheet."""
    put(bench, workbook([["email"], ["bia@x.com"]], sheets={"Fev": rows}))
    with pytest.raises(InputError) as caught:
        take_in_lists(bench.project)
    assert caught.value.key.startswith("suppression_list_")
    assert "Fev" in caught.value.text()
    assert "ana@x.com" not in caught.value.text()


def test_hidden_sheets_count_too(bench: Workbench) -> None:
    put(bench, workbook([["email"], ["bia@x.com"]], hidden_first=True))
    assert reached(bench, EMAIL) == [1, 3]


@pytest.mark.parametrize(
    "content", ["telefone;mensagem\n11987654321;Oferta de natal!\n", "email\nsem email\n", "telefone\n987654321\n"]
)
def test_a_list_that_suppresses_nobody_stops_everything(bench: Workbench, content: str) -> None:
    """It was put there for somebody."""
    bench.suppress(content)
    with pytest.raises(InputError) as caught:
        take_in_lists(bench.project)
    assert caught.value.key == "suppression_list_nobody"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (
            'email;telefone;codigo;nome\nana@x.com;"11988887777;1;A\nbia@x.com;11977776666";2;B\n',
            "suppression_list_rows",
        ),
        ("email;nome\nana@x.com;A;1\nbia@x.com;B\ncaio@x.com;C\n", "suppression_list_rows"),
        ("nome;email\nA;ana@x.com\nnome;email;cpf\nB;bia@x.com;\n", "suppression_list_unreadable"),
    ],
)
def test_rows_out_of_place_stop_the_list(bench: Workbench, content: str, key: str) -> None:
    """Nobody can tell who is on them."""
    bench.suppress(content)
    with pytest.raises(InputError) as caught:
        take_in_lists(bench.project)
    assert caught.value.key == key
    assert "lista.csv" in caught.value.text()


def test_a_sheet_of_answers_makes_no_other_sheet_sure(bench: Workbench) -> None:
    """On the first the texts may be what was sent; that the second has answers says nothing of them."""
    sent = [["telefone", "mensagem"], ["11987654321", "Oferta de natal!"], ["11987654322", "Oferta de natal!"]]
    answers = [["telefone", "resposta"], ["11987654323", "ok"], ["11987654324", "quero"]]
    put(bench, workbook(sent, sheets={"Respostas": answers}))
    with pytest.raises(InputError) as caught:
        take_in_lists(bench.project)
    assert caught.value.key == "suppression_list_nobody"
