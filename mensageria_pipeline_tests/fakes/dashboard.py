"""The dashboard as a person starts it, and a browser in front of it: Debian's chromium, driven by Playwright."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mensageria_pipeline_tests.fakes.dagster_server import clean_environment
from mensageria_pipeline_tests.fakes.ports import free_port
from mensageria_pipeline_tests.waiting import PATIENCE_S

CHROMIUM = Path("/usr/bin/chromium")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Without these a browser that has no network looks for Google's hosts at every start."""
_BEFORE_MS, _AFTER_MS = 400, 600
SETTLING_S = _AFTER_MS / 1000
"""What `settle` waits after the last thing has run."""


def missing() -> str:
    return "" if CHROMIUM.exists() else "chromium is not installed: apt-get install chromium"


@contextmanager
def dashboard(root: Path) -> Iterator[str]:
    """`mensageria dashboard` over a project; gives its address."""
    port = free_port()
    command = [sys.executable, "-c", "from mensageria_pipeline.cli import main; main()", "dashboard", "-p", str(port)]
    log = (root / "dashboard.log").open("wb")
    process = subprocess.Popen(command, cwd=root, env=clean_environment(), stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_stcore/health")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


@contextmanager
def browser(*arguments: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*_QUIET, *arguments])
        expect.set_options(timeout=PATIENCE_S * 1000)
        yield running
        running.close()


def open_page(page: Page, url: str) -> Page:
    """A page of the dashboard, once it has finished drawing."""
    page.goto(url)
    page.locator("h1").first.wait_for()
    settle(page)
    return page


def settle(page: Page) -> None:
    """Until nothing runs any more."""
    page.wait_for_timeout(_BEFORE_MS)
    page.wait_for_function('() => !document.querySelector(\'[data-testid="stApp"][data-test-script-state="running"]\')')
    page.wait_for_timeout(_AFTER_MS)


def troubles(page: Page) -> list[str]:
    """What stands in boxes of errors and warnings."""
    boxes = page.locator(
        '[data-testid="stException"], [data-testid="stAlertContentWarning"], [data-testid="stAlertContentError"]'
    )
    return boxes.all_inner_texts()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise AssertionError(f"{url} did not answer")
