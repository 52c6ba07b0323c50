"""Headers, names, notes and texts that are Markdown, in the dashboard's pages: shown as they are, by a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page

from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import load_settings
from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.needs import BROWSER
from mensageria_pipeline_tests.workbench import Workbench

pytestmark = BROWSER


@contextmanager
def watching() -> Iterator[tuple[str, list[str]]]:
    """A server that nobody has a reason to ask; its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def hostile(address: str) -> list[str]:
    return [
        f"![nota]({address}/picture.png)",
        f"[Clique]({address}/link)",
        f"{address}/bare",
        "www.evil.example/x",
        "ana@evil.example",
        f"<img src={address}/html.png>",
        f'<a href="{address}/a">a</a>',
        "# Título $x^2$ **forte**",
        ":material/delete: :smile: :red[Erro]",
        f"&lt;img src={address}/entity.png&gt;",
    ]


def check(page: Page, words: list[str]) -> None:
    """All words are there, letter by letter, and none of them became anything else."""
    body = " ".join(page.inner_text("body").replace("\u2060", "").split())
    missing = [each for each in words if each not in body]
    assert not missing, body
    told = page.locator('[data-testid="stAlert"], [data-testid="stCaptionContainer"]')
    assert told.locator("img, a, h1, strong, em, code, .katex").count() == 0
    assert page.locator('a[href*="evil"], a[href^="mailto"], img[src*="127.0.0.1"]').count() == 0


def test_words_of_lists_names_and_notes_are_shown_as_they_are(tmp_path: Path, page: Page) -> None:
    """A list's header fetched a picture from its author's server, and put a live link into a refusal."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    bench = Workbench(Project(load_settings(tmp_path, {})))
    bench.define("clientes", "template: {body: Oi}\n")
    bench.drop("clientes")
    bench.run("clientes")
    with watching() as (address, asked), fake.dashboard(tmp_path) as url:
        words = hostile(address)
        fake.open_page(page, f"{url}/enviar")
        headers = [
            "nome",
            "saldo",
            "![nota](http://localhost/picture)",
            "[Clique](//evil.example)",
            "**forte** :smile:",
        ]
        header = ";".join(headers)
        name = "![x](y) [b](c) <i>.csv"
        file = {"name": name, "mimeType": "text/csv", "buffer": f"{header}\nAna;x;y;z;w\n".encode()}
        page.locator('input[type="file"]').set_input_files(files=[file])  # type: ignore[list-item]
        fake.settle(page)
        page.locator('[data-testid="stAlertContentWarning"]').wait_for()
        check(page, headers)
        for half in (words[:5], words[5:]):
            for note in bench.project.notes.of("clientes"):
                bench.project.notes.remove("clientes", note.number)
            for each in half:
                bench.project.notes.add("clientes", each)
            fake.open_page(page, f"{url}/campanha?campanha=clientes")
            check(page, half)
        fake.open_page(page, f"{url}/anotacoes?campanha=clientes")
        assert asked == []
