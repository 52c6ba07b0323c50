"""What many tests need: a project over a folder of its own, and ways to fill and run it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pyarrow.parquet as pq
import pytest

from mensageria_pipeline import texts
from mensageria_pipeline.contracts.campaign import CampaignDefinition, load_definition
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.intake.ingest import IngestReport, ingest
from mensageria_pipeline.messages.plan import MessagesReport, plan_messages
from mensageria_pipeline.preparation import judge_recipients, take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.recipients.validate import RecipientsReport
from mensageria_pipeline.sending.hold import hold_campaign
from mensageria_pipeline.sending.ledger.leases import new_owner
from mensageria_pipeline.sending.send import SendReport, send_messages
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.fakes.dagster_server import OUR_VARIABLES
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer

if TYPE_CHECKING:
    from mensageria_pipeline_tests.fakes.mixed import Mixed

hypothesis.settings.register_profile("fuzz", max_examples=2_500)
"""For `make fuzz`; the tests themselves use hypothesis' own number of examples."""
SIMPLE_LIST = "id;nome;token\n1;Ana;tok-ana\n2;Bia;tok-bia\n3;Caio;tok-caio\n"
SIMPLE_DEFINITION = "template: {title: Oi, body: 'Olá, {{ nome }}!'}\n"


@pytest.fixture(autouse=True)
def _portuguese_and_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own settings decide nothing here."""
    for name in list(os.environ):
        if name.startswith(OUR_VARIABLES):
            monkeypatch.delenv(name)
    texts.use(texts.Language.PT_BR)


@dataclass
class Workbench:
    """A project and the stages, run by hand without Dagster."""

    project: Project

    @property
    def layout(self) -> Layout:
        return self.project.layout

    def define(self, campaign: str, text: str = SIMPLE_DEFINITION) -> CampaignDefinition:
        path = self.layout.definition(campaign)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return load_definition(self.layout, campaign)

    def drop(self, campaign: str, content: str | bytes = SIMPLE_LIST, name: str = "lista.csv") -> Path:
        path = self.layout.input_dir / campaign / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def suppress(self, content: str, name: str = "lista.csv") -> Path:
        path = self.layout.suppressions_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def definition(self, campaign: str) -> CampaignDefinition:
        return load_definition(self.layout, Partition.parse(campaign).campaign)

    def ingest(self, campaign: str) -> IngestReport:
        partition = Partition.parse(campaign)
        return ingest(self.layout, self.project.registry, partition, self.definition(campaign), 0)

    def validate(self, campaign: str) -> RecipientsReport:
        take_in_lists(self.project)
        return judge_recipients(self.layout, self.project.ledger, Partition.parse(campaign), self.definition(campaign))

    def plan(self, campaign: str) -> MessagesReport:
        return plan_messages(self.layout, Partition.parse(campaign), self.definition(campaign), self.project.ledger.key)

    def prepare(self, campaign: str) -> MessagesReport:
        self.ingest(campaign)
        self.validate(campaign)
        return self.plan(campaign)

    def send(self, campaign: str, **settings: object) -> SendReport:
        take_in_lists(self.project)
        chosen = replace(self.project.settings, **settings)  # type: ignore[arg-type]
        with hold_campaign(self.project.ledger, campaign, new_owner()) as hold:
            return send_messages(self.layout, self.project.ledger, chosen, hold, self.definition(campaign))

    def rows(self, asset: Asset, campaign: str) -> list[dict[str, Any]]:
        """The rows of an asset that has one file per campaign."""
        return pq.read_table(self.layout.table(asset, campaign), partitioning=None).to_pylist()

    def run(self, campaign: str, **settings: object) -> SendReport:
        self.prepare(campaign)
        return self.send(campaign, **settings)


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
def live(bench: Workbench, provider_server: ProviderServer) -> Callable[..., SendReport]:
    """Run a campaign through the provider `http` against the local server."""

    def run(campaign: str, **settings: object) -> SendReport:
        settings = {"api_provider_url": provider_server.url, "api_key": "segredo", "timeout_s": 2.0} | settings
        return bench.run(campaign, **settings)

    return run
