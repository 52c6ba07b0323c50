"""A whole campaign from the browser: from an operator's Excel file to their corrected rejects, without YAML."""

import io
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml
from playwright.sync_api import Page, expect

from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.dagster_server import dagster_server, prepare_root
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.needs import BROWSER
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until

pytestmark = BROWSER
PEOPLE = 12
HEADER = ["Código", "Nome Completo", "E-mail", "Celular"]
ROWS = [[n, f"Ana {n}", f"ana{n}@exemplo.com.br", f"1199999{n:04d}"] for n in range(PEOPLE)]
WRONG = [99, "Bia", "sem-arroba", "11999990099"]


def _excel(*rows: list[object]) -> bytes:
    """A title, an empty line, the table; and another sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Clientes"
    for row in (["Relatório de clientes"], [], HEADER, *rows):
        sheet.append(row)
    book.create_sheet("Resumo").append(["total", len(rows)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _give(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator('input[type="file"]').set_input_files(files=[file])  # type: ignore[list-item]
    fake.settle(page)


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()
    fake.settle(page)


def _click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()
    fake.settle(page)


def _go_to(page: Page, text: str) -> None:
    page.get_by_text(text, exact=True).last.click()
    fake.settle(page)


def _write(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True).first
    field.fill(text)
    field.press("Control+Enter" if field.evaluate("each => each.tagName") == "TEXTAREA" else "Enter")
    fake.settle(page)


def _until(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_S * 1000)


def _release(page: Page, question: str) -> None:
    """The person's word, after what it would send was said."""
    page.get_by_role("button", name="Liberar o envio").first.click(timeout=PATIENCE_S * 1000)
    _until(page, question)
    page.get_by_role("button", name="Sim", exact=True).click()


@pytest.mark.live
def test_from_excel_to_the_corrected_rejects(tmp_path: Path, page: Page, provider_server: ProviderServer) -> None:
    """E-mail and SMS, seen by the servers that took them; a test to oneself; nobody gets two."""
    with SmtpServer() as mail:
        environment = {
            "INPUT_SETTLE_SECONDS": "0",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mail.port),
            "SMTP_SECURITY": "none",
            "SMTP_FROM": "Loja <ola@exemplo.com.br>",
            "API_PROVIDER_URL": provider_server.url,
            "API_KEY": "x",
        }
        with dagster_server(tmp_path, **environment) as server, fake.dashboard(tmp_path) as url:
            fake.open_page(page, f"{url}/enviar")
            _list_step(page)
            _message_step(page, server.data_dir, mail)
            _send_step(page, mail)
            rejects = Layout(server.data_dir).export_dir("natal-2026") / "rejeitados.xlsx"
            wait_until(rejects.exists)
            definition = yaml.safe_load((server.data_dir / "campaigns" / "natal-2026.yaml").read_text("utf-8"))
            assert (definition["provider"], definition["channel"]) == ("smtp", "email")
            fake.open_page(page, f"{url}/enviar")
            _corrected(page, rejects, mail)
            _by_sms(page, url, lambda: len(provider_server.accepted()))
            assert fake.troubles(page) == []


def _list_step(page: Page) -> None:
    """What was understood, and the one thing that the list does not say."""
    _give(page, "Natal 2026.xlsx", _excel(*ROWS, WRONG))
    for text in ("13 linhas", "aba Clientes", "títulos das colunas na linha 3"):
        _until(page, text)
    assert fake.troubles(page) == ["A lista tem endereços de vários canais: escolha acima o canal desta campanha."]
    _choose(page, "Canal", "e-mail")
    _click(page, "Continuar: Mensagem")


def _message_step(page: Page, data_dir: Path, mail: SmtpServer) -> None:
    """Written with a column of the list, seen, kept for another campaign, and tried on oneself."""
    _choose(page, "Provedor", "smtp")
    _write(page, "Título ou assunto", "Feliz Natal, {{ nome_completo | primeiro_nome }}")
    _write(page, "Mensagem", "<h1>Oi</h1><p>Código ")
    _go_to(page, "Código")
    assert page.get_by_label("Mensagem", exact=True).first.input_value() == "<h1>Oi</h1><p>Código {{ codigo }}"
    _until(page, "Assunto: Feliz Natal, Ana")
    shown = page.frame_locator('[data-testid="stIFrame"]').frame_locator('iframe[title="E-mail"]')
    expect(shown.get_by_role("heading", name="Oi")).to_be_visible()
    expect(shown.get_by_text("Código 0")).to_be_visible()
    _click(page, "Guardar como modelo")
    _write(page, "Nome do modelo", "natal")
    _click(page, "Guardar")
    assert (data_dir / "templates" / "natal.yaml").exists()
    page.keyboard.press("Escape")
    _click(page, "Enviar um teste para mim")
    _write(page, "Seu e-mail, celular com DDD ou outro endereço", "eu@exemplo.com.br")
    _click(page, "Enviar uma mensagem de teste agora")
    _until(page, "Teste aceito por smtp para e…@e….")
    assert [each.recipients for each in mail.taken] == [["eu@exemplo.com.br"]]
    page.keyboard.press("Escape")


def _send_step(page: Page, mail: SmtpServer) -> None:
    """Checked, handed over, released: each person gets theirs."""
    _click(page, "Continuar: Quando")
    _click(page, "Continuar: Conferir")

    _click(page, "Conferir")
    expect(page.get_by_role("button", name="Baixar rejeitados.xlsx")).to_be_visible()
    assert "<h1>" not in page.inner_text("body")
    assert "ana1@" not in page.inner_text("body")
    _click(page, "Entregar para o envio")
    _release(page, f"Enviar {PEOPLE} mensagens reais por smtp (e-mail) para quem ainda não recebeu?")
    wait_until(lambda: len(mail.taken) == 1 + PEOPLE)
    _until(page, f"{PEOPLE} de {PEOPLE} mensagens aceitas")


def _corrected(page: Page, rejects: Path, mail: SmtpServer) -> None:
    """The workbook finds its campaign; who was put right gets theirs, and nobody gets two."""
    book = openpyxl.load_workbook(rejects)
    sheet = book.active
    assert sheet is not None
    sheet.cell(2, 3, "bia@exemplo.com.br")
    buffer = io.BytesIO()
    book.save(buffer)

    _give(page, "rejeitados.xlsx", buffer.getvalue())
    expect(page.get_by_text("natal-2026").first).to_be_visible()
    _go_to(page, "4 · Conferir")
    _click(page, "Conferir")
    _click(page, "Entregar para o envio")
    _release(page, "Enviar 1 mensagem real por smtp (e-mail) para quem ainda não recebeu?")
    wait_until(lambda: len(mail.taken) == 2 + PEOPLE)
    sent = Counter(address for each in mail.taken for address in each.recipients)
    assert sent == Counter([f"ana{n}@exemplo.com.br" for n in range(PEOPLE)]) + Counter(
        ["eu@exemplo.com.br", "bia@exemplo.com.br"]
    )


def _by_sms(page: Page, url: str, taken: Callable[[], int]) -> None:
    """A second campaign with the text that was kept, on other days of the week."""
    fake.open_page(page, f"{url}/enviar")
    _give(page, "Aviso.xlsx", _excel(*ROWS))
    _choose(page, "Canal", "SMS")
    _click(page, "Continuar: Mensagem")
    _choose(page, "Provedor", "http")
    _choose(page, "Modelo", "natal")
    _until(page, "Feliz Natal, Ana")
    _choose(page, "Modelo", "escrever aqui")
    assert page.get_by_label("Mensagem", exact=True).first.input_value() == "<h1>Oi</h1><p>Código {{ codigo }}"
    _write(page, "Mensagem", "Sua loja abre amanhã.")
    _click(page, "Continuar: Quando")
    _click(page, "Continuar: Conferir")
    _click(page, "Conferir")
    _click(page, "Entregar para o envio")
    _release(page, f"Enviar {PEOPLE} mensagens reais por http (SMS) para quem ainda não recebeu?")
    deadline = time.monotonic() + PATIENCE_S
    while taken() < PEOPLE:
        assert time.monotonic() < deadline
        page.wait_for_timeout(300)


def test_an_existing_campaign_is_changed_without_a_new_list(tmp_path: Path, page: Page) -> None:
    """Its comments stay, its week is understood, and the change can be taken back."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    campaign = tmp_path / "data" / "campaigns" / "boletos.yaml"
    campaign.parent.mkdir(parents=True)
    text = "# do financeiro\nname: Boletos\ntemplate: {title: Oi, body: Texto}\ncron: 0 9 * * mon-fri\n"
    campaign.write_text(text, encoding="utf-8")
    lists = tmp_path / "data" / "input" / "boletos" / "lista.csv"
    lists.parent.mkdir(parents=True)
    lists.write_text("id;nome;email\n1;Ana;ana@exemplo.com\n", encoding="utf-8")
    with fake.dashboard(tmp_path) as url:
        fake.open_page(page, f"{url}/enviar?campanha=boletos")
        _go_to(page, "3 · Quando")
        expect(page.get_by_role("radio", name="Toda semana")).to_be_checked()
        page.get_by_text("Todo mês", exact=True).click()
        fake.settle(page)
        _click(page, "Continuar: Conferir")
        _click(page, "Conferir")
        _until(page, "O que aconteceria")
        _go_to(page, "2 · Mensagem")
        _write(page, "Mensagem", "Outro texto.")
        _go_to(page, "4 · Conferir")
        expect(page.get_by_role("button", name="Guardar e preparar de novo")).to_have_count(0)  # nobody looked at it
        _click(page, "Conferir")
        _until(page, "Oi Outro texto.")
        _click(page, "Guardar e preparar de novo")
        _until(page, "A definição foi guardada, mas o Dagster não responde")
        changed = text.replace("0 9 * * mon-fri", "0 9 1 * *").replace("body: Texto", "body: Outro texto.")
        assert campaign.read_text("utf-8") == changed
        fake.open_page(page, f"{url}/enviar?campanha=boletos")
        _go_to(page, "4 · Conferir")
        page.get_by_text("A definição da campanha (boletos.yaml)").click()
        fake.settle(page)
        _click(page, "Voltar à definição anterior")
        _click(page, "Sim")
        wait_until(lambda: campaign.read_text("utf-8") == text)


def test_looking_at_every_step_changes_nothing(tmp_path: Path, page: Page) -> None:
    """What an engineer wrote in their own way is no change that waits to be saved."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    campaign = tmp_path / "data" / "campaigns" / "avisos.yaml"
    campaign.parent.mkdir(parents=True)
    text = (
        "template: {body: 'Olá, {{ nome }}'}\nrate_per_s: {simulated: 5}\n"
        "send_window: {not_before: 2026-12-01T12:00:00Z, weekdays: [sat, mon], hours: '22:00-24:00'}\n"
    )
    campaign.write_text(text, encoding="utf-8")
    lists = tmp_path / "data" / "input" / "avisos" / "lista.csv"
    lists.parent.mkdir(parents=True)
    lists.write_text("id;nome;email\n1;Ana;ana@exemplo.com\n", encoding="utf-8")
    assert Terminal(tmp_path).run_alone("run", "avisos").code in {0, 3}  # it waits for its date
    with fake.dashboard(tmp_path) as url:
        fake.open_page(page, f"{url}/enviar?campanha=avisos")
        for step in ("2 · Mensagem", "3 · Quando", "1 · Lista", "4 · Conferir"):
            _go_to(page, step)
            assert fake.troubles(page) == [], step
        _click(page, "Conferir")
        _until(page, "Nada mudou nesta campanha")
        _go_to(page, "3 · Quando")
        expect(page.get_by_role("radio", name="Em uma data")).to_be_checked()
