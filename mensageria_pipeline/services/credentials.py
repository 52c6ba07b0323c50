"""Whether the credentials of a provider hold, asked of its service without sending anything."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import requests

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.message import Template
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import MensageriaError, SettingsError
from mensageria_pipeline.providers.contract import Connecting, NeedsLogin, Probing, Provider
from mensageria_pipeline.providers.registry import create_provider, known_providers
from mensageria_pipeline.providers.verdict import Verdict
from mensageria_pipeline.sending.provider_config import provider_config
from mensageria_pipeline.services.project import Project

_TIMEOUT_S = 5
_REFUSED = frozenset({401, 403})


class Held(StrEnum):
    """`credentials_<value>` in the catalogue says each."""

    YES = "yes"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNASKED = "unasked"
    """The adapter offers no question that sends nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider's service said of the credentials. `detail`: an HTTP status, or a kind of error."""

    held: Held
    detail: str = ""


def campaigns_by_provider(project: Project) -> Mapping[str, list[str]]:
    """Provider → the campaigns whose definitions name it; those that cannot be read are left out."""
    found: dict[str, list[str]] = {}
    for path in sorted(project.layout.campaigns_dir.glob("*.yaml")):
        try:
            names = load_definition(project.layout, path.stem).providers
        except MensageriaError:
            continue
        for name in names:
            found.setdefault(name, []).append(path.stem)
    return found


def configured_provider(project: Project, name: str) -> Provider | None:
    """The adapter as the settings have it; None for one that simulates, or whose settings are incomplete."""
    if name not in known_providers():
        return None
    definition = CampaignDefinition(provider=name, template=Template(body="-"))
    try:
        provider = create_provider(name, provider_config(project.settings, project.ledger.key, "doctor", definition))
    except (SettingsError, MensageriaError):
        return None
    return provider if provider.capabilities.mode is Mode.LIVE else None


def ask(provider: Provider) -> Answer:
    """Ask the service behind an adapter; never raises."""
    if isinstance(provider, Connecting):
        return _by_verdict(asyncio.run(provider.connect()))
    if isinstance(provider, NeedsLogin) and provider.login_is_due():
        return _by_verdict(provider.log_in())
    return _probed(provider) if isinstance(provider, Probing) else Answer(Held.UNASKED)


def _by_verdict(verdict: Verdict | None) -> Answer:
    if verdict is None:
        return Answer(Held.YES)
    return Answer(Held.REFUSED if verdict is Verdict.CREDENTIALS else Held.UNREACHABLE)


def _probed(provider: Probing) -> Answer:
    method, request = provider.probe()
    try:
        answer = requests.request(
            method,
            request.url,
            headers=dict(request.headers),
            data=request.body,
            timeout=_TIMEOUT_S,
            allow_redirects=False,
            stream=True,  # only the status is of interest
        )
        answer.close()
    except requests.RequestException as error:
        return Answer(Held.UNREACHABLE, type(error).__name__)
    held = Held.REFUSED if answer.status_code in _REFUSED else Held.YES
    return Answer(Held.UNREACHABLE if answer.status_code >= 500 else held, f"HTTP {answer.status_code}")
