"""Pictures of the dashboard and of Dagster for the documents: `make screenshots` writes them to docs/images/.

A project of its own with the demo campaign and another; a laptop's width, and a narrow one.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.dagster_server import ROOT, dagster_server
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.workbench import Workbench

WIDTHS = {"laptop": (1366, 1000), "narrow": (480, 1000)}
DAGSTER_WIDTHS = {"laptop": (1366, 900), "narrow": (820, 900)}
"""Dagster's own interface is not made for less."""
_LONG = {"campanha": 1.15, "enviar-conferir": 1.3}
"""Pages that are longer than a screen, and by how much."""
_OF = "?campanha=demo-boas-vindas"
_PAGES = {
    "campanhas": "",
    "campanha": f"campanha{_OF}",
    "falhas": f"falhas{_OF}",
    "enviar": "enviar",
    "enviar-conferir": "",
    "anotacoes": f"anotacoes{_OF}",
}
_LIST = (
    "id;nome;email\n"
    + "".join(f"{n};Pessoa {n};pessoa{n}@exemplo.com.br\n" for n in range(30))
    + "99;Erro;sem-arroba\n"
)


def main(target: Path = ROOT / "docs" / "images") -> None:
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with dagster_server(root, INPUT_SETTLE_SECONDS="0") as server:
            _fill(root)
            with fake.dashboard(root) as url, fake.browser() as browser:
                for name, size in WIDTHS.items():
                    _take(browser, url, name, size, target)
                for name, size in DAGSTER_WIDTHS.items():
                    _take_dagster(browser, server.url, name, size, target)


def _fill(root: Path) -> None:
    terminal = Terminal(root)
    assert terminal.run("demo").code == 0
    assert terminal.run("note", "demo-boas-vindas", "Lista revisada e aprovada pelo time de relacionamento.").code == 0
    bench = Workbench(Project.load(root))
    bench.define(
        "cobranca-novembro",
        "template: {body: 'Olá, {{ nome }}!'}\nsimulation: {seed: 5, rejected: 0.06, throttled: 0.1}\n",
    )
    bench.drop("cobranca-novembro", _LIST)
    assert terminal.run("run", "cobranca-novembro").code == 0


def _take(browser: Browser, url: str, name: str, size: tuple[int, int], target: Path) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, timezone_id="America/Sao_Paulo", locale="pt-BR"
    )
    page = context.new_page()
    for picture, path in _PAGES.items():
        page.set_viewport_size({"width": size[0], "height": int(size[1] * _LONG.get(picture, 1))})
        if picture != "enviar-conferir":  # the same page, two steps on
            fake.open_page(page, f"{url}/{path}")
            if name == "narrow":  # the menu lies over the page there
                page.keyboard.press("Escape")
        if picture == "enviar":
            _write_message(page)
        if picture == "enviar-conferir":
            page.get_by_text("4 · Conferir", exact=True).click()
            fake.settle(page)
            page.get_by_role("button", name="Conferir", exact=True).last.click()
            page.get_by_role("button", name="Entregar para o envio").wait_for(timeout=60_000)
        page.wait_for_timeout(1_500)
        page.screenshot(path=str(target / f"painel-{picture}-{name}.png"))
    context.close()


def _write_message(page: Page) -> None:
    """The second step: a text with columns of the list, and how it arrives."""
    file = {"name": "natal.csv", "mimeType": "text/csv", "buffer": _LIST.encode()}
    page.locator('input[type="file"]').set_input_files(files=[file])  # type: ignore[list-item]
    fake.settle(page)
    page.get_by_text("2 · Mensagem", exact=True).click()
    fake.settle(page)
    body = page.get_by_label("Mensagem", exact=True).first
    body.fill("<h2>Feliz Natal, {{ nome }}!</h2><p>Temos uma <b>novidade</b> para você.</p>")
    body.press("Control+Enter")
    fake.settle(page)


def _take_dagster(browser: Browser, url: str, name: str, size: tuple[int, int], target: Path) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=1.5)
    page = context.new_page()
    page.goto(f"{url}/asset-groups")
    page.get_by_text("recipients").first.wait_for()
    page.wait_for_timeout(4_000)
    if name == "narrow":
        page.get_by_text("Hide navigation").click()
    page.keyboard.press("Alt+E")  # shows the assets of all groups
    page.wait_for_timeout(4_000)
    page.screenshot(path=str(target / f"dagster-assets-{name}.png"))
    context.close()


if __name__ == "__main__":
    main()
