"""A person is found under every name, across campaigns, with what became of each row."""

import pytest

from mensageria_pipeline.privacy.find import Found, find_person
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline_tests.workbench import Workbench

FIRST = (
    "id;nome;cpf;celular;obs\n"
    "7;Ana;529.982.247-25;(11) 98765-4321;\n"
    "8;Bia;;11 98765-4322;indicada por ana@exemplo.com\n"
    "77;Caio;;11 98765-4323;\n"
)
SECOND = "email;nome;cpf\nana@exemplo.com;Ana;52998224725\nana@exemplo.com;Ana de novo;\nduda@exemplo;Duda;\n"


@pytest.fixture
def filled(bench: Workbench) -> Workbench:
    for campaign, content in (("a", FIRST), ("b", SECOND)):
        bench.define(campaign)
        bench.drop(campaign, content)
    bench.suppress("telefone\n11987654323\n")
    bench.run("a")
    bench.prepare("b")
    return bench


def find(bench: Workbench, text: str) -> Found:
    return find_person(bench.layout, bench.project.ledger, text, known_partitions(bench.project))


def places(found: Found) -> list[tuple[str, int]]:
    return [(row.partition, row.row_number) for row in found.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+55 (11) 9 8765-4321", [("a", 2), ("b", 2)]),
        ("52998224725", [("a", 2), ("b", 2)]),
        ("529.982.247-25", [("a", 2), ("b", 2)]),
        ("ANA@exemplo.com", [("a", 2), ("b", 2), ("b", 3)]),
        ("7", [("a", 2), ("b", 2)]),
        ("77", [("a", 4)]),
        ("Ana", []),
        ("Bia", []),
        ("nobody@exemplo.com", []),
    ],
)
def test_every_name_leads_to_the_rows(filled: Workbench, text: str, expected: list[tuple[str, int]]) -> None:
    """By id only where ids stand, by CPF and address anywhere; a shared CPF leads on, a name to nobody."""
    assert places(find(filled, text)) == expected


def test_rows_that_only_mention_somebody_are_said(filled: Workbench) -> None:
    """An address inside a remark: another person's row, which a person has to look at."""
    found = find(filled, "ana@exemplo.com")
    assert [(row.partition, row.row_number) for row in found.mentions] == [("a", 3)]


def test_what_became_of_each_row_is_told(filled: Workbench) -> None:
    """Sent, refused, duplicate, suppressed: by which rule and when."""
    happened = {(each.partition, each.row_number): each for each in find(filled, "52998224725").happenings}
    assert (happened["a", 2].fate, happened["a", 2].outcome, happened["a", 2].mode) == (
        "planned",
        "accepted",
        "simulated",
    )
    assert happened["a", 2].decided_at is not None
    assert happened["b", 2].outcome == "pending"
    assert happened["b", 2].fate == "planned"
    caio = find(filled, "77")
    assert [(each.fate, each.code) for each in caio.happenings] == [("suppressed", "suppressed_by_list")]
    assert {(record.channel, record.source) for record in caio.opt_outs} == {
        ("sms", "lista.csv"),
        ("whatsapp", "lista.csv"),
    }


def test_nothing_of_them_is_in_a_repr(filled: Workbench) -> None:
    """Debuggers and logs print what has a repr."""
    found = find(filled, "ana@exemplo.com")
    assert "ana@" not in repr(found.rows)
    assert "ana@" not in repr(found.wanted)


@pytest.mark.parametrize(
    "text", ["91\u200b", "91", "\u202a+55 11 98765-4399\u202c", "José\u0301 <eva@x.co>", "eva@x.co"]
)
def test_unseen_characters_and_wrappings_hide_nobody(bench: Workbench, text: str) -> None:
    """Who is messaged under a cleaned name is found, and forgotten, under it, however either was typed."""
    bench.define("a", "channel: email\n")
    bench.drop("a", "id;email;celular\n\u206691\u2069;Eva <eva@x.co>;tel:+5511987654399\n")
    bench.ingest("a")
    assert places(find(bench, text)) == [("a", 2)]
