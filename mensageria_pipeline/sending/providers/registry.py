"""The providers there are: those of this package, one line each, and those that other packages bring.

Another package names its adapters in the entry-point group `mensageria.providers`: `name = "package.module:Adapter"`,
with a `create` as those here have it. docs/adding-a-provider.md tells how.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from mensageria_pipeline.contracts.campaign import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.sending.providers.contract import Provider, ProviderConfig, ReportsByWebhook
from mensageria_pipeline.sending.providers.expo import ExpoProvider
from mensageria_pipeline.sending.providers.fcm import FcmProvider
from mensageria_pipeline.sending.providers.http import GenericHttpProvider
from mensageria_pipeline.sending.providers.simulated import SimulatedProvider
from mensageria_pipeline.sending.providers.smtp import SmtpProvider
from mensageria_pipeline.sending.providers.zenvia import ZenviaProvider

GROUP = "mensageria.providers"
_OWN = (SimulatedProvider, GenericHttpProvider, FcmProvider, ExpoProvider, ZenviaProvider, SmtpProvider)
PROVIDERS: Mapping[str, Any] = {adapter.name: adapter for adapter in _OWN}
"""Those of this package, by name."""


@cache
def _brought() -> Mapping[str, Any]:
    """Name → entry point of another package; this package's own names are taken."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in PROVIDERS}


def known_providers() -> list[str]:
    return sorted({*PROVIDERS, *_brought()})


def adapter_of(name: str) -> Any:
    """The adapter called `name`, not made yet. Raises DefinitionError for one that another package cannot load."""
    if name in PROVIDERS:
        return PROVIDERS[name]
    try:
        return _brought()[name].load()
    except Exception as error:  # noqa: BLE001 - another package's code
        raise DefinitionError(
            "provider_unloadable", name=name, package=_package_of(name), problem=type(error).__name__
        ) from None


def check_providers(campaign: str, definition: CampaignDefinition) -> None:
    """Raises DefinitionError where the definition asks for a provider that does not exist."""
    known = known_providers()
    for name in definition.providers:
        if name not in known:
            raise DefinitionError("unknown_provider", campaign=campaign, found=name, known=", ".join(known))


def create_provider(name: str, config: ProviderConfig) -> Provider:
    """The adapter called `name`, made. Raises SettingsError naming the variable it misses."""
    create: Callable[[ProviderConfig], Provider] = adapter_of(name).create
    return create(config)


def reporting_by_webhook(name: str) -> ReportsByWebhook | None:
    """The adapter that reads what its provider posts; None where there is no such provider, or it posts nothing."""
    if name not in known_providers():
        return None
    adapter = adapter_of(name)
    return adapter if isinstance(adapter, ReportsByWebhook) else None


def _package_of(name: str) -> str:
    point = _brought().get(name)
    return str(point.dist.name) if point is not None and point.dist else "?"
