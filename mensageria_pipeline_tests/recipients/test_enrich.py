"""Columns that a base does not have, derived from what is there."""

import json

from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench


def bodies(bench: Workbench) -> list[str]:
    bench.prepare("a")
    return [row["body"] for row in bench.rows(Asset.MESSAGES, "a")]


def test_what_is_derived_is_what_the_row_says(bench: Workbench) -> None:
    """First name, area code, state, time zone and domain, among a row's fields; unknown ones are empty."""
    bench.define(
        "a", "channel: email\ntemplate: {body: '{{ dominio_email }} {{ primeiro_nome | default(\"você\") }}'}\n"
    )
    bench.drop("a", "email;nome\nana@Exemplo.com;MARIA DAS DORES\nb@c.com.br;\n")
    assert bodies(bench) == ["exemplo.com Maria", "c.com.br você"]
    fields = json.loads(bench.rows(Asset.VALIDATED_RECIPIENTS, "a")[0]["fields"])
    assert fields["dominio_email"] == "exemplo.com"


def test_the_domain_of_an_address_with_its_name_is_the_domain(bench: Workbench) -> None:
    bench.define("a", "channel: email\ntemplate: {body: '{{ dominio_email }}'}\n")
    bench.drop("a", "email\nAna <ana@Loja.com.br>\nmailto:bia@loja.com.br\n")
    assert bodies(bench) == ["loja.com.br", "loja.com.br"]
