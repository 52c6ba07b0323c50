"""A campaign's definition while somebody writes it: kept until it is handed over."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from mensageria_pipeline.dashboard.send.definition_text import changed_text
from mensageria_pipeline.definition.model import SIMULATED
from mensageria_pipeline.definition.yaml_file import LARGEST_BYTES, read_mapping
from mensageria_pipeline.storage.files import read_plain
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.texts import say


@dataclass(slots=True)
class Draft:
    """What a campaign's definition says now, and what it said when it was opened."""

    campaign: str
    said: dict[str, Any]
    """By the keys of the definition."""
    text: str | None = field(default=None, repr=False)
    """As it stands on disk; None where there is none."""

    @classmethod
    def open(cls, layout: Layout, campaign: str, name: str = "") -> "Draft":
        """The definition of a campaign, or a new one of this name that simulates. Raises DefinitionError."""
        path = layout.definition(campaign)
        if not path.exists():
            return cls(campaign, {"name": name or campaign, "provider": SIMULATED, "template": _first_words()})
        said = read_mapping(path)
        return cls(campaign, said, read_plain(path, LARGEST_BYTES).decode("utf-8-sig"))

    @property
    def is_changed(self) -> bool:
        """Whether it says something else than on disk."""
        return self.text is None or (yaml.safe_load(self.text) or {}) != self.said

    def put(self, key: str, value: Any) -> None:
        """Say something; nothing where `value` is empty."""
        if value in (None, "", {}, [], ()):
            self.said.pop(key, None)
        else:
            self.said[key] = value

    def part(self, key: str) -> dict[str, Any]:
        """A copy of what is said under a key; empty where that is no mapping."""
        found = self.said.get(key)
        return dict(found) if isinstance(found, dict) else {}

    def yaml(self) -> str:
        """The definition as it would be written."""
        if not self.is_changed and self.text is not None:
            return self.text
        return changed_text(self.text or "", self.said)


def _first_words() -> dict[str, str]:
    return {"title": say("send_first_title"), "body": say("send_first_body")}
