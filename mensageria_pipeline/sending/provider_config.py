"""What adapters are made from, for one partition of one installation."""

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.providers.contract import ProviderConfig
from mensageria_pipeline.sending.carried import campaign_folders
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.suppressions.unsubscribe_links import leave_link


def provider_config(settings: Settings, key: bytes, partition: str, definition: CampaignDefinition) -> ProviderConfig:
    """`key` is the ledger's: links that recipients get are marked with it."""
    layout = Layout(settings.data_dir, settings.ledger_dir)

    def link(message_id: str) -> str | None:
        url = settings.receiver_public_url
        return leave_link(url, key, partition, message_id) if url else None

    return ProviderConfig(settings, definition, campaign_folders(layout, partition), link)
