"""Another page of the operator's browser against the dashboard: no session, no upload, no frame, no name of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page

from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.fakes.foreign_page import REBOUND, attack, foreign_page
from mensageria_pipeline_tests.needs import BROWSER, need
from mensageria_pipeline_tests.waiting import wait_until

pytestmark = BROWSER
_SOCKET = """
url => new Promise(end => {
  const opened = new WebSocket(url, ['streamlit']);
  opened.onopen = () => end('opened'); opened.onerror = () => end('refused');
})
"""
_UPLOAD = """
url => {
  const form = new FormData(); form.append('file', new Blob(['id;token\\n1;x\\n']), 'lista.csv');
  return fetch(url, {method: 'PUT', body: form, credentials: 'include'}).then(
    a => 'answered ' + a.status, () => 'refused');
}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("painel")
    prepare_root(folder, INPUT_SETTLE_SECONDS="0")
    return folder


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    need(fake.missing())
    with fake.dashboard(root) as address:
        yield address


def test_a_foreign_page_gets_no_session_and_reads_nothing(url: str, page: Page, root: Path) -> None:
    """A session is all that its buttons are; Streamlit opens one to every page of this machine, whatever its port."""
    stream = url.replace("http", "ws") + "/_stcore/stream"
    with foreign_page() as address:
        page.goto(address)
        assert page.evaluate(_SOCKET, stream) == "refused"
        assert page.evaluate(_SOCKET, stream.replace("127.0.0.1", "localhost")) == "refused"
        assert page.evaluate(_UPLOAD, f"{url}/_stcore/upload_file/0/0") == "refused"
        came = attack(page, f"{url}/_stcore/health", f"{url}/_stcore/host-config", "{}")
    assert came["read"] == came["json"] == came["image"] == came["script"] == "refused"
    fake.open_page(page, url)
    assert page.evaluate(_SOCKET, stream) == "opened", "its own page opens one"
    assert not list((root / "data" / ".rehearsals").glob("*/*"))


def test_a_page_that_dns_passes_off_as_the_dashboard_gets_nothing(url: str, page: Page) -> None:
    """To the browser it is the dashboard's origin."""
    rebound = url.replace("127.0.0.1", REBOUND)
    answer = page.goto(f"{rebound}/enviar")
    assert answer
    assert answer.status == 403
    assert page.evaluate(_SOCKET, rebound.replace("http", "ws") + "/_stcore/stream") == "refused"
    assert page.evaluate(_UPLOAD, f"{rebound}/_stcore/upload_file/0/0") == "answered 403"


def test_no_page_shows_the_dashboard_in_a_frame(url: str, page: Page) -> None:
    """Its buttons send messages."""
    with foreign_page() as address:
        page.goto(address)
        page.evaluate(
            "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f); }", url
        )
        page.wait_for_timeout(1_500)
        assert all(url not in frame.url for frame in page.frames)
    assert "frame-ancestors 'none'" in requests.get(url, timeout=10).headers["Content-Security-Policy"]


def test_a_large_upload_stays_out_of_memory(url: str, page: Page, root: Path, tmp_path: Path) -> None:
    """Streamlit keeps an upload for as long as its page is open, and several pages are open."""
    fake.open_page(page, f"{url}/enviar")
    field = page.locator('input[type="file"]')
    field.set_input_files(files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": b"id;token\n1;x\n"}])  # type: ignore[list-item]
    fake.settle(page)
    (folder,) = (root / "data" / ".rehearsals").glob("*-uploads")
    before = _memory_mib(folder)
    large = tmp_path / "grande.csv"
    large.write_bytes(b"id;token\n" + b"1;x\n" * (20 << 20))
    field.set_input_files(large)
    page.get_by_text("grande.csv").first.wait_for()
    _wait_for_size(folder, large.stat().st_size)
    fake.settle(page)
    assert _memory_mib(folder) - before < 40, "80 MB were uploaded"


def _memory_mib(folder: Path) -> float:
    """Of the process that keeps this folder."""
    lines = Path(f"/proc/{folder.name.partition('-')[0]}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _wait_for_size(folder: Path, size_bytes: int) -> None:
    wait_until(lambda: any(path.stat().st_size == size_bytes for path in folder.iterdir()))
