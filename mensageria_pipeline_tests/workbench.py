"""A project over a folder of its own, and ways to fill and run it."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.intake.ingest import IngestSummary, ingest
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.messages.plan import MessagesSummary
from mensageria_pipeline.recipients.validate import RecipientsSummary
from mensageria_pipeline.sending.send import SendSummary, send_messages
from mensageria_pipeline.services.kept_receipts import apply_receipts
from mensageria_pipeline.services.preparation import judge_recipients, plan_campaign, take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.layout import Asset, Layout

SIMPLE_LIST = "id;nome;token\n1;Ana;tok-ana\n2;Bia;tok-bia\n3;Caio;tok-caio\n"
SIMPLE_DEFINITION = "template: {title: Oi, body: 'Olá, {{ nome }}!'}\n"


def with_variables(settings: Settings, **values: object) -> Settings:
    """`settings` with other values: of its own fields, else of providers' variables, which are named in lower case."""
    own = {each.name: values[each.name] for each in fields(Settings) if each.name in values}
    theirs = {name.upper(): str(value) for name, value in values.items() if name not in own and value is not None}
    changed = replace(settings, **own)  # type: ignore[arg-type]
    return replace(changed, others={**changed.others, **theirs})


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

    def ingest(self, campaign: str) -> IngestSummary:
        partition = Partition.parse(campaign)
        return ingest(self.layout, self.project.registry, partition, self.definition(campaign), 0)

    def validate(self, campaign: str) -> RecipientsSummary:
        take_in_lists(self.project)
        apply_receipts(self.project)
        return judge_recipients(self.layout, self.project.ledger, Partition.parse(campaign), self.definition(campaign))

    def plan(self, campaign: str) -> MessagesSummary:
        return plan_campaign(self.layout, self.project.ledger, Partition.parse(campaign), self.definition(campaign))

    def prepare(self, campaign: str) -> MessagesSummary:
        self.ingest(campaign)
        self.validate(campaign)
        return self.plan(campaign)

    def send(self, campaign: str, **settings: object) -> SendSummary:
        take_in_lists(self.project)
        apply_receipts(self.project)
        chosen = with_variables(self.project.settings, **settings)
        with lease_campaign(self.project.ledger, campaign, new_owner()) as campaign_lease:
            return send_messages(self.layout, self.project.ledger, chosen, campaign_lease, self.definition(campaign))

    def rows(self, asset: Asset, campaign: str) -> list[dict[str, Any]]:
        """The rows of an asset that has one file per campaign."""
        return pq.read_table(self.layout.table(asset, campaign), partitioning=None).to_pylist()

    def run(self, campaign: str, **settings: object) -> SendSummary:
        self.prepare(campaign)
        return self.send(campaign, **settings)
