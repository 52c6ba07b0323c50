"""One browser for all of these tests: in it a foreign name resolves to this machine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.foreign_page import RESOLVER
from mensageria_pipeline_tests.needs import need
from mensageria_pipeline_tests.waiting import PATIENCE_S


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Not for the session: Playwright's event loop would be in the way of other tests' own."""
    need(fake.missing())
    with fake.browser(RESOLVER) as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page with a laptop's size, and cookies and storage of its own."""
    context = chromium.new_context(viewport={"width": 1366, "height": 1000})
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()
