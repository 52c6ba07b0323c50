"""What many tests need: a project over a folder of its own, and ways to fill and run it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from mensageria_pipeline import texts
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.fakes.dagster_server import OUR_VARIABLES
from mensageria_pipeline_tests.fakes.process_state import process_kept
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench

if TYPE_CHECKING:
    from mensageria_pipeline_tests.fakes.mixed import Mixed

hypothesis.settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ)
"""A loaded machine is no fault of what is tested. In CI, as hypothesis has it by default, a change is tried on the same
examples as the one before it; people's runs look for new ones."""
hypothesis.settings.register_profile("fuzz", max_examples=2_500, deadline=None)
"""For `make fuzz`; the tests themselves use hypothesis' own number of examples."""
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _portuguese_and_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own settings decide nothing here."""
    for name in list(os.environ):
        if name.startswith(OUR_VARIABLES):
            monkeypatch.delenv(name)
    texts.use(texts.Language.PT_BR)


@pytest.fixture(autouse=True)
def _leaves_the_process_as_it_was() -> Iterator[None]:
    """What runs in process changes it, and a process started by a later test would inherit that."""
    with process_kept():
        yield


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(Project(Settings(root=tmp_path, data_dir=tmp_path / "data", input_settle_s=0)))


@pytest.fixture
def provider_server(tmp_path: Path) -> Iterator[ProviderServer]:
    with ProviderServer(tmp_path / "accepted.jsonl") as server:
        yield server


@pytest.fixture
def mixed(bench: Workbench, provider_server: ProviderServer) -> "Iterator[Mixed]":
    """A campaign over three channels, sent."""
    from mensageria_pipeline_tests.fakes.mixed import Mixed
    from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer

    with SmtpServer() as mail:
        campaign = Mixed(bench, provider_server, mail)
        campaign.run()
        yield campaign


@pytest.fixture
def live(bench: Workbench, provider_server: ProviderServer) -> Callable[..., SendSummary]:
    """Run a campaign through the provider `http` against the local server."""

    def run(campaign: str, **settings: object) -> SendSummary:
        settings = {"api_provider_url": provider_server.url, "api_key": "segredo", "timeout_s": PATIENCE_S} | settings
        return bench.run(campaign, **settings)

    return run
