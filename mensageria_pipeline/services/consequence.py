"""What a person's word would send, as every front end's question says it before the word is given."""

from collections.abc import Collection

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.sending.leaving import in_words, leaving
from mensageria_pipeline.sending.tariff import price_of
from mensageria_pipeline.services.dry_run import providers_of
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset


def what_leaves(project: Project, partition: str, only: Collection[str] | None = None) -> str:
    """What is left of a campaign, or `only` these of its messages: "1.240 mensagens reais por zenvia (SMS, …)".

    A cost that only the provider knows is left out where its settings are incomplete: sending says so itself.
    """
    definition = load_definition(project.layout, Partition.parse(partition).campaign)
    providers, _ = providers_of(project, partition, definition)

    def cost(message: Message, provider: str) -> float | None:
        price = price_of(message, providers.get(provider), definition)
        return price.cost if price else None

    return in_words(
        leaving(project.layout.table(Asset.MESSAGES, partition), project.ledger.journal(partition), cost, only)
    )
