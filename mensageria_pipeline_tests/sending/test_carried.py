"""A release is a word for the whole e-mail: what it carries beside its text is part of what was seen."""

import pytest

from mensageria_pipeline.errors import StaleInputError
from mensageria_pipeline.sending.carried import carried
from mensageria_pipeline.sending.plan_snapshot import verified_plan
from mensageria_pipeline_tests.workbench import Workbench

PLAIN = "channel: email\nprovider: smtp\ntemplate: {title: Oi, body: 'Oi, {{ nome }}'}\n"
WITH = PLAIN + "email: {from: Loja <ola@loja.com.br>, attachments: [tabela.csv]}\n"
LIST = "nome;email\nAna;ana@exemplo.com\n"


@pytest.fixture
def planned(bench: Workbench) -> Workbench:
    bench.define("a", WITH)
    (bench.layout.campaign_dir("a")).mkdir(parents=True)
    (bench.layout.campaign_dir("a") / "tabela.csv").write_text("preco\n10\n", encoding="utf-8")
    bench.drop("a", LIST)
    bench.prepare("a")
    return bench


def fingerprint(bench: Workbench) -> str:
    return verified_plan(bench.layout, "a", bench.definition("a")).fingerprint


@pytest.mark.parametrize(
    "definition",
    [
        WITH.replace("ola@", "outra@"),
        WITH.replace(", attachments: [tabela.csv]", ""),
        WITH.replace("from:", "reply_to: x@loja.com.br, from:"),
        PLAIN,
    ],
    ids=["sender", "attachment", "answers", "nothing"],
)
def test_another_sender_or_attachment_makes_messages_that_nobody_released(planned: Workbench, definition: str) -> None:
    before = fingerprint(planned)
    planned.define("a", definition)
    with pytest.raises(StaleInputError) as caught:
        fingerprint(planned)
    assert "email" in caught.value.text()
    planned.plan("a")
    assert fingerprint(planned) != before


def test_another_content_of_an_attachment_does_so_too(planned: Workbench) -> None:
    (planned.layout.campaign_dir("a") / "tabela.csv").write_text("preco\n99\n", encoding="utf-8")
    with pytest.raises(StaleInputError):
        fingerprint(planned)


def test_images_of_a_page_are_part_of_it(bench: Workbench) -> None:
    folder = bench.layout.campaign_dir("a")
    folder.mkdir(parents=True)
    (folder / "pagina.html").write_text('<p>Oi</p><img src="logo.png">', encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n1")
    bench.define("a", PLAIN.replace("body: 'Oi, {{ nome }}'", "html: pagina.html"))
    before = carried(bench.layout, "a", bench.definition("a"))
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n2")
    assert before
    assert carried(bench.layout, "a", bench.definition("a")) != before


def test_a_campaign_that_carries_nothing_is_named_as_before(bench: Workbench) -> None:
    bench.define("a", PLAIN)
    assert carried(bench.layout, "a", bench.definition("a")) == ""
