"""Templates: checked before anything is rendered, tolerant of names, silent about values."""

import pyarrow as pa
import pytest
from pydantic import ValidationError

from mensageria_pipeline.contracts.values import first_name_of
from mensageria_pipeline.definition.message import Page, Template
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import TemplateError
from mensageria_pipeline.messages.templates import RENDER_FAILED, Rendered, Renderer, data, moeda, template_of


def test_filters_speak_brazilian() -> None:
    """Money, dates and first names as people expect them."""
    assert moeda("1234.5") == moeda("1.234,50") == moeda("R$ 1.234,50") == "R$ 1.234,50"
    assert data("2026-11-23") == data("2026-11-23 10:00:00") == data("23/11/2026") == "23/11/2026"
    assert first_name_of("MARIA DA SILVA") == "Maria"


def test_placeholders_with_a_default_are_optional() -> None:
    """minijinja's own list does not know that."""
    renderer = Renderer(Template(body="{{ nome }} {{ apelido | default('você') }} {{ valor | moeda }}"))
    assert renderer.required == ("nome", "valor")


def test_missing_placeholders_are_named_with_what_the_base_has() -> None:
    """Before anything is rendered, and in a sentence."""
    renderer = Renderer(Template(body="{{ nome }} {{ saldo }}"))
    with pytest.raises(TemplateError, match=r"usa saldo, que a base não tem.*Ela tem: Nome, token"):
        renderer.check_against(["Nome", "token"])


def test_placeholders_match_headers_as_people_write_them() -> None:
    """{{ Valor_da_fatura }} is the column 'Valor da Fatura'; {{ telefone }} may be called Celular."""
    renderer = Renderer(Template(body="{{ Valor_da_fatura }} {{ telefone }}"))
    assert renderer.columns_for(["Valor da Fatura", "Celular"]) == {
        "Valor_da_fatura": "Valor da Fatura",
        "telefone": "Celular",
    }


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("{{ nome", "sintaxe"),
        ("{{ nome | grito }}", "grito"),
        ("{% for i in range(900) %}{% for j in range(900) %}x{% endfor %}{% endfor %}", "loop"),
    ],
)
def test_a_broken_template_is_a_sentence(body: str, word: str) -> None:
    """Unclosed braces, unknown filters and endless loops stop before the first message."""
    with pytest.raises(TemplateError, match=word):
        Renderer(Template(body=body))


def test_a_row_that_cannot_be_rendered_is_marked_and_not_quoted() -> None:
    """One bad value does not stop a campaign, and appears nowhere."""
    rendered = Renderer(Template(body="{{ valor | moeda }}")).render({"valor": "segredo"}, "push")
    assert rendered.problem == RENDER_FAILED
    assert "segredo" not in repr(rendered)


def test_html_is_escaped_for_e_mail_only() -> None:
    """A name with a tag must not become markup; a push is plain text."""
    renderer = Renderer(Template(title="{{ nome }}", body="<p>{{ nome }}</p>"))
    assert renderer.render({"nome": "<b>"}, "email").body == "<p>&lt;b&gt;</p>"
    assert renderer.render({"nome": "<b>"}, "email").title == "<b>"
    assert renderer.render({"nome": "<b>"}, "push").body == "<p><b></p>"


def test_values_are_never_templates() -> None:
    """A name of `{{ 7*7 }}` stays a name."""
    assert Renderer(Template(body="{{ nome }}")).render({"nome": "{{ 7*7 }}"}, "push").body == "{{ 7*7 }}"


def test_without_a_template_the_base_or_the_name_speaks() -> None:
    """A live campaign without any text stops."""
    simulated, live = CampaignDefinition(), CampaignDefinition(provider="http")
    assert template_of(simulated, "a", ["token", "Mensagem"]).body == "{{ mensagem }}"
    assert template_of(simulated, "a", ["token"]).body == "a"
    assert template_of(live, "a", ["token", "Mensagem"]).body == "{{ mensagem }}"
    with pytest.raises(TemplateError, match="não tem `template:`"):
        template_of(live, "a", ["token"])


def test_each_channel_has_its_text() -> None:
    """An SMS has its own words and no title; an e-mail its page; everything else the body."""
    page = Page(
        name="a.html",
        files={
            "a.html": "{% extends 'b.html' %}{% block x %}{{ nome }}{% endblock %}",
            "b.html": "<p>{% block x %}{% endblock %} {{ loja }}</p>",
        },
    )
    renderer = Renderer(Template(title="Oi", body="corpo {{ nome }}", html=page, sms="curto {{ nome }}"))
    assert renderer.required == ("loja", "nome")
    values = {"nome": "<Ana>", "loja": "Recife"}
    assert renderer.render(values, "email").body == "<p>&lt;Ana&gt; Recife</p>"
    assert renderer.render(values, "sms") == Rendered("", "curto <Ana>", {})
    assert renderer.render(values, "push").body == "corpo <Ana>"
    columns = {name: pa.array([value, None]) for name, value in values.items()}
    many = renderer.render_many(columns, 2, "email")
    assert many.bodies.to_pylist() == ["<p>&lt;Ana&gt; Recife</p>", ""]
    assert many.problems.to_pylist() == [None, RENDER_FAILED]


def test_a_channel_without_any_text_stops_before_the_first_message() -> None:
    """An SMS-only template over a list with e-mails."""
    renderer = Renderer(Template(sms="oi"))
    renderer.check_channel("sms")
    with pytest.raises(TemplateError, match="canal push"):
        renderer.check_channel("push")
    with pytest.raises(ValidationError):
        Template(title="só título")
