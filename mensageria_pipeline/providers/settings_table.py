"""The variables that providers declare, as people read them: in `.env.example`, and as a table in docs/providers.md."""

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from mensageria_pipeline.providers.registry import PROVIDERS
from mensageria_pipeline.providers.webhooks import WebhookReceipts
from mensageria_pipeline.settings.installation import TOKEN_PREFIX
from mensageria_pipeline.settings.variables import Need, Variable, variables_of

_WIDTH = 118


def example_section() -> str:
    """Each provider's variables with their defaults, every one explained."""
    return "\n".join(line for adapter, group in _groups() for line in _example_of(adapter, group))


def settings_table() -> str:
    """A Markdown table: 1 row per variable of a provider of this package."""
    rows = [["variable", "of", "what it is", "holds", "default", "needed"], ["---"] * 6]
    rows += [
        [f"`{each.name}`", f"`{adapter.name}`", each.about, _holds(each), _code(each.default), _needed(each)]
        for adapter, group in _groups()
        for each in variables_of(group).values()
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def receiver_token_names() -> list[str]:
    """The variables of providers' own tokens, of those of this package that post."""
    return [_token_of(adapter) for adapter in PROVIDERS.values() if isinstance(adapter, WebhookReceipts)]


def _groups() -> Iterator[tuple[Any, type]]:
    """Each group once, with the first adapter that declares it."""
    first: dict[type, Any] = {}
    for adapter in PROVIDERS.values():
        for group in adapter.settings:
            first.setdefault(group, adapter)
    yield from ((adapter, group) for group, adapter in first.items())


def _example_of(adapter: Any, group: type) -> Iterator[str]:
    yield from _comment(inspect.getdoc(group) or "")
    for each in variables_of(group).values():
        yield from _comment(each.about)
        yield f"{each.name}={each.default}"
    if group is adapter.settings[0] and isinstance(adapter, WebhookReceipts):
        yield from _comment("What it proves itself with to `mensageria receiver`; empty: RECEIVER_TOKEN.")
        yield f"{_token_of(adapter)}="
    yield ""


def _token_of(adapter: Any) -> str:
    return f"{TOKEN_PREFIX}{adapter.name.upper()}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), _WIDTH)]


def _holds(each: Variable) -> str:
    secret = "secret" if each.is_secret else ""
    return ", ".join(filter(None, (each.kind.expected.replace("|", "\\|"), secret))) or "text"


def _code(text: str) -> str:
    return f"`{text}`" if text else "–"


def _needed(each: Variable) -> str:
    return {Need.REQUIRED: "yes", Need.USUAL: "usually", Need.OPTIONAL: "–"}[each.need]
