"""The providers there are: those of this package, one line each, and those that other packages bring.

Another package names its adapters in the entry-point group `mensageria.providers`: `name = "package.module:Adapter"`,
with a `create` as those here have it. docs/adding-a-provider.md tells how.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.providers.contract import Capabilities, Provider, ProviderConfig
from mensageria_pipeline.providers.expo import ExpoProvider
from mensageria_pipeline.providers.fcm import FcmProvider
from mensageria_pipeline.providers.http import GenericHttpProvider
from mensageria_pipeline.providers.simulated import SimulatedProvider
from mensageria_pipeline.providers.smtp import SmtpProvider
from mensageria_pipeline.providers.webhooks import WebhookReceipts
from mensageria_pipeline.providers.zenvia import ZenviaProvider
from mensageria_pipeline.settings.variables import Variable, variables_of, without_twins

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


def declared_variables() -> list[Variable]:
    """Every variable that a provider of this package reads, each once, by provider. Those of other packages' adapters
    are read when they are made, from what `.env` holds."""
    return without_twins(each for adapter in PROVIDERS.values() for each in variables_declared_by(adapter))


def variables_declared_by(adapter: Any) -> list[Variable]:
    """The variables of an adapter, its groups one after the other; none where it declares none."""
    return [each for group in getattr(adapter, "settings", ()) for each in variables_of(group).values()]


def capabilities_of(name: str) -> Capabilities | None:
    """What a provider can do before anything is set; None where an adapter of another package says so only when it is
    made. Raises DefinitionError for one that cannot be loaded."""
    found = getattr(adapter_of(name), "capabilities", None)
    return found if isinstance(found, Capabilities) else None


def create_provider(name: str, config: ProviderConfig) -> Provider:
    """The adapter called `name`, made. Raises SettingsError naming the variable it misses."""
    create: Callable[[ProviderConfig], Provider] = adapter_of(name).create
    return create(config)


def webhook_receipts(name: str) -> WebhookReceipts | None:
    """The adapter that reads what its provider posts; None where there is no such provider, or it posts nothing."""
    if name not in known_providers():
        return None
    adapter = adapter_of(name)
    return adapter if isinstance(adapter, WebhookReceipts) else None


def _package_of(name: str) -> str:
    point = _brought().get(name)
    return str(point.dist.name) if point is not None and point.dist else "?"
