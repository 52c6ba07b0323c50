"""The providers there are. Adding one is a file beside this one and a line here."""

from collections.abc import Callable, Mapping

from mensageria_pipeline.contracts.campaign import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.sending.providers.contract import Provider, ProviderConfig
from mensageria_pipeline.sending.providers.expo import ExpoProvider
from mensageria_pipeline.sending.providers.fcm import FcmProvider
from mensageria_pipeline.sending.providers.http import GenericHttpProvider
from mensageria_pipeline.sending.providers.simulated import SimulatedProvider
from mensageria_pipeline.sending.providers.zenvia import ZenviaProvider

PROVIDERS: Mapping[str, Callable[[ProviderConfig], Provider]] = {
    SimulatedProvider.name: SimulatedProvider.create,
    GenericHttpProvider.name: GenericHttpProvider.create,
    FcmProvider.name: FcmProvider.create,
    ExpoProvider.name: ExpoProvider.create,
    ZenviaProvider.name: ZenviaProvider.create,
}


def check_providers(campaign: str, definition: CampaignDefinition) -> None:
    """Raises DefinitionError where the definition asks for a provider that does not exist."""
    for name in definition.providers:
        if name not in PROVIDERS:
            raise DefinitionError("unknown_provider", campaign=campaign, found=name, known=", ".join(sorted(PROVIDERS)))


def create_provider(name: str, config: ProviderConfig) -> Provider:
    """The adapter called `name`. Raises SettingsError naming the variable it misses."""
    return PROVIDERS[name](config)
