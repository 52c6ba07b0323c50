"""The first rows of a list as messages, through the steps that a real run takes."""

import pytest

from mensageria_pipeline.dashboard.send.sample import Sample, render, send_sample
from mensageria_pipeline.errors import InputError, TemplateError
from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer
from mensageria_pipeline_tests.workbench import Workbench, with_variables

SAMPLE = Sample(("Nome", "E-mail", "Valor da Fatura"), (("Ana;Maria", "ana@exemplo.com", "12,5"), ("Bia", "x", "1")))
TEXT = "template: {title: 'Oi, {{ nome }}', body: '{{ valor_da_fatura | moeda }}'}\n"


def test_rows_become_messages(bench: Workbench) -> None:
    """A separator in a cell is no separator; what becomes no message is said, and where a page is none is shown."""
    found = render(bench.project, "nova", TEXT, SAMPLE)
    (pictured,) = found.messages
    assert (pictured.message.message.title, pictured.message.message.body) == ("Oi, Ana;Maria", "R$ 12,50")
    assert pictured.page is None
    assert found.refused == ("e-mail inválido",)
    assert "primeiro_nome" in found.columns


def test_an_e_mail_with_markup_has_its_page(bench: Workbench) -> None:
    """Before any sender or server is set."""
    found = render(bench.project, "nova", "template: {title: x, body: '<b>{{ nome }}</b>'}\nprovider: smtp\n", SAMPLE)
    assert "<b>Ana;Maria</b>" in str(found.messages[0].page)
    assert any("SMTP_HOST" in each for each in found.missing)


def test_a_text_that_names_no_column_is_refused(bench: Workbench) -> None:
    with pytest.raises(TemplateError):
        render(bench.project, "nova", "template: {title: x, body: '{{ saldo }}'}\n", SAMPLE)


def test_other_lists_of_the_campaign_are_left_out(bench: Workbench) -> None:
    """Two rows are shown within a second, however many the campaign has."""
    bench.define("a", TEXT)
    bench.drop("a", "Nome;E-mail;Valor da Fatura\nZoe;zoe@exemplo.com;1\n")
    bench.prepare("a")
    found = render(bench.project, "a", TEXT, SAMPLE)
    assert [each.message.message.title for each in found.messages] == ["Oi, Ana;Maria"]
    again = Sample.of_campaign(bench.layout, "a")
    assert again is not None
    assert again.rows == (("Zoe", "zoe@exemplo.com", "1"),)
    assert Sample.of_campaign(bench.layout, "outra") is None


def test_a_test_goes_to_whoever_tests_and_to_nobody_else(bench: Workbench) -> None:
    with SmtpServer() as server:
        settings = with_variables(
            bench.project.settings,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            smtp_from="loja@exemplo.com",
        )
        sent = send_sample(Project(settings), "nova", TEXT + "provider: smtp\n", SAMPLE, "eu@exemplo.com.br")
        assert sent.verdict == "accepted"
        (taken,) = server.taken
    assert taken.recipients == ["eu@exemplo.com.br"]
    assert taken.message["Subject"] == "[TESTE] Oi, Ana;Maria"


def test_an_address_that_is_none_sends_nothing(bench: Workbench) -> None:
    with pytest.raises(InputError):
        send_sample(bench.project, "nova", TEXT, SAMPLE, "eu@")
