"""Which provider gets a campaign's messages of a channel, and whether it takes them: asked before anything is sent.

A provider says in its capabilities what it takes. A definition that asks for more is refused as soon as that can be
told: when it is read, where it names the channel, else when the messages of a list are planned.
"""

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.tokens import TokenKind
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.providers.registry import PROVIDERS, capabilities_of, known_providers


def check_providers(campaign: str, definition: CampaignDefinition) -> None:
    """Raises DefinitionError where the definition asks for a provider that does not exist, or for a channel of one that
    does not take it."""
    known = known_providers()
    for name in definition.providers:
        if name not in known:
            raise DefinitionError("unknown_provider", campaign=campaign, found=name, known=", ".join(known))
    if isinstance(definition.provider, dict):
        for channel, name in definition.provider.items():
            _check_channel(campaign, name, channel)
    elif definition.channel:
        _check_channel(campaign, definition.provider, definition.channel)


def provider_for(campaign: str, definition: CampaignDefinition, channel: Channel) -> str:
    """The provider of a channel. Raises DefinitionError where the definition names none, or one that takes others."""
    name = definition.provider_for(campaign, channel)
    _check_channel(campaign, name, channel)
    return name


def accepted_kinds(campaign: str, definition: CampaignDefinition, channel: Channel) -> frozenset[TokenKind] | None:
    """The kinds of address that the channel's provider takes; None: all. Raises what `provider_for` raises."""
    if channel is not Channel.PUSH:
        return None
    can = capabilities_of(provider_for(campaign, definition, channel))
    return can.token_kinds if can else None


def _check_channel(campaign: str, name: str, channel: Channel) -> None:
    can = capabilities_of(name)
    if can is None or channel in can.channels:
        return
    takers = [each for each in PROVIDERS if (other := capabilities_of(each)) and channel in other.channels]
    raise DefinitionError(
        "provider_takes_no_channel",
        campaign=campaign,
        provider=name,
        channel=channel.value,
        takes=", ".join(each.value for each in can.channels),
        takers=", ".join(takers),
    )
