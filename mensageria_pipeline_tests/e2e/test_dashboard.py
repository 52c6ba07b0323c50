"""The dashboard in a real browser: every page, on nothing and on the demo; and a list from upload to results."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.needs import BROWSER, need
from mensageria_pipeline_tests.waiting import PATIENCE_S

pytestmark = BROWSER
PAGES = ("", "campanha", "falhas", "enviar", "anotacoes")
LIST = (
    "id;nome;email\n"
    + "".join(f"{n};Pessoa {n};pessoa{n}@exemplo.com.br\n" for n in range(30))
    + "99;Erro;sem-arroba\n"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard over the demo campaign."""
    need(fake.missing())
    root = tmp_path_factory.mktemp("demo")
    prepare_root(root, INPUT_SETTLE_SECONDS="0")
    assert Terminal(root).run_alone("demo").code == 0  # the browser's event loop runs in this process
    with fake.dashboard(root) as url:
        yield url


def test_every_page_stands_on_an_empty_project(tmp_path: Path, page: Page) -> None:
    """A first start is no error: each page says what to do."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    with fake.dashboard(tmp_path) as url:
        for path in PAGES:
            fake.open_page(page, f"{url}/{path}")
            assert fake.troubles(page) == [], path


def test_a_folder_that_is_passed_over_is_said_in_the_list_of_campaigns(tmp_path: Path, page: Page) -> None:
    """Two names that give one key: whoever made the second folder sees why nothing comes of it."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    for folder in ("Promoção", "promocao"):
        path = tmp_path / "data" / "input" / folder / "lista.csv"
        path.parent.mkdir(parents=True)
        path.write_text(LIST, encoding="utf-8")
    with fake.dashboard(tmp_path) as url:
        fake.open_page(page, url)
        (trouble,) = fake.troubles(page)
        assert "O nome Promoção gera a mesma chave que promocao" in trouble


def test_every_page_stands_on_the_demo_and_masks_people(demo: str, page: Page) -> None:
    """Pictures and tables, no error box, and no address of anybody."""
    for path in PAGES:
        fake.open_page(page, f"{demo}/{path}")
        assert fake.troubles(page) == [], path
        text = page.inner_text("body")
        assert "@exemplo" not in text
        assert "+5511" not in text
    fake.open_page(page, f"{demo}/campanha?campanha=demo-boas-vindas")
    expect(page.get_by_text("Mensagens por resultado").first).to_be_attached()
    assert "604 linhas = " in page.inner_text("body")


def test_pages_are_of_use_to_other_eyes_and_hands(demo: str, page: Page) -> None:
    """Contrast, names of fields, order of headings. A minor fault of Streamlit's own field for files is left out."""
    places = [*PAGES, "campanha?campanha=demo-boas-vindas", "falhas?campanha=demo-boas-vindas"]
    places.append("enviar?campanha=demo-boas-vindas")
    for path in places:
        fake.open_page(page, f"{demo}/{path}")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] != "minor"] == [], path


def test_charts_have_words_and_times_are_the_campaigns(demo: str, page: Page) -> None:
    """What a picture shows is told to who does not see it; a short campaign is shown by the second."""
    fake.open_page(page, f"{demo}/campanha?campanha=demo-boas-vindas")
    chart = page.locator('[aria-label^="Das linhas ao que chegou: Linhas recebidas 604"]').first
    expect(chart).to_be_visible()
    page.get_by_role("tab", name="Ritmo").click()
    expect(page.locator('[aria-label^="Mensagens enviadas por segundo"]').first).to_be_visible()


def test_a_telephone_shows_a_campaign_on_less_than_two_screens(demo: str, page: Page) -> None:
    """Figures first, and nothing wider than the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", "campanha?campanha=demo-boas-vindas", "falhas?campanha=demo-boas-vindas"):
        fake.open_page(page, f"{demo}/{path}")
        height, width = page.evaluate(
            """() => {
              const main = document.querySelector('[data-testid="stMain"]');
              return [main.scrollHeight, main.scrollWidth];
            }"""
        )
        assert height < 1_500, path
        assert width <= 390, path


def test_the_language_can_be_chosen(demo: str, page: Page) -> None:
    """For this visitor alone."""
    fake.open_page(page, demo)
    page.get_by_text("English", exact=True).click()
    fake.settle(page)
    expect(page.locator("h1").first).to_have_text("Campaigns")
    other = page.context.new_page()
    fake.open_page(other, demo)
    expect(other.locator("h1").first).to_have_text("Campanhas")


def test_failures_lead_to_masked_rows_and_files(demo: str, page: Page) -> None:
    """From reason to code to rows; the download is masked too."""
    fake.open_page(page, f"{demo}/falhas?campanha=demo-boas-vindas")
    table = page.locator('[data-testid="stDataFrame"]').first
    table.click(position={"x": 16, "y": 54})
    fake.settle(page)
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV", exact=True).click()
    content = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    assert content.startswith("Linha;")
    assert "@exemplo" not in content
    assert "…" in content


def test_a_note_is_shown_where_its_campaign_is(demo: str, page: Page) -> None:
    """And can be taken away again."""
    fake.open_page(page, f"{demo}/anotacoes?campanha=demo-boas-vindas")
    page.get_by_label("Nova anotação").fill("Lista revisada")
    page.get_by_role("button", name="Anotar").click()
    fake.settle(page)
    fake.open_page(page, f"{demo}/campanha?campanha=demo-boas-vindas")
    expect(page.get_by_text("Lista revisada").first).to_be_visible()
    fake.open_page(page, f"{demo}/anotacoes?campanha=demo-boas-vindas")
    page.get_by_role("button", name="Apagar").first.click()
    fake.settle(page)
    expect(page.get_by_text("Lista revisada")).to_have_count(0)


def test_a_campaign_is_watched_and_paused_while_it_is_sent(tmp_path: Path, page: Page) -> None:
    """Pace, end and outcomes so far; the button stops the run of another process."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    shell = Terminal(tmp_path)
    shell.define("clientes", "template: {body: Oi}\nrate_per_s: 1\nsimulation: {seed: 1}\n")
    with fake.dashboard(tmp_path) as url, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(shell.run_alone, "run", "clientes", shell.list_file(LIST))
        try:
            while not any((tmp_path / "data" / "processed" / "messages").glob("*/*.parquet")):
                assert not sending.done(), sending.result()
                time.sleep(0.2)
            fake.open_page(page, f"{url}/campanha?campanha=clientes")
            for text in ("simulação · enviando", "Enviando: ", " de 30", "/s", "termina em", "Aceitas"):
                _until(page, text)
        finally:
            page.get_by_role("button", name="Pausar").click()
        done = sending.result()
    assert done.code == 3, done  # what is left waits
    assert fake.troubles(page) == ["Em pausa."]


def _until(page: Page, text: str, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while text not in page.inner_text("body"):
        assert time.monotonic() < deadline, page.inner_text("body")[-1_500:]
        page.wait_for_timeout(500)
