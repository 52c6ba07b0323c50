"""Declaring variables: a frozen dataclass whose fields say which variable they come from.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class AcmeSettings:
        # …

        token: str = variable("ACME_TOKEN", KEY, need=Need.REQUIRED, is_secret=True)
        rate_per_s: float | None = variable("ACME_RATE_PER_SECOND", RATE, about="Messages per second; empty: no limit.")

`.env.example`, the table in docs/providers.md, the checks of what is missing and what must not be shown follow from it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.settings.kinds import Kind

Group = TypeVar("Group")
_KEY = "variable"


class Need(StrEnum):
    """Whether a provider works without a variable."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    """Its settings are not read without it."""
    USUAL = "usual"
    """Something else can stand for it: the adapter says itself when neither is there."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable, as people set it."""

    name: str
    kind: Kind[Any]
    default: str = ""
    """As it would be written; empty: none."""
    need: Need = Need.OPTIONAL
    is_secret: bool = False
    about: str = ""
    """For who sets it: what it does, its unit, what an empty one means."""

    def read(self, values: Mapping[str, str], root: Path) -> Any:
        """Its value, or its default's; None where there is neither. Raises SettingsError, which quotes no secret."""
        text = values.get(self.name, "").strip() or self.default
        if not text:
            return None
        try:
            value = self.kind.read(text)
        except (ValueError, KeyError):
            found = "…" if self.is_secret or not self.kind.is_shown else text
            raise SettingsError("setting_invalid", name=self.name, found=found, expected=self.kind.expected) from None
        return (root / value).expanduser() if isinstance(value, Path) else value


def variable(
    name: str,
    kind: Kind[Any],
    *,
    default: str = "",
    absent: object = None,
    need: Need = Need.OPTIONAL,
    is_secret: bool = False,
    about: str = "",
) -> Any:
    """A field of a settings dataclass. A required one has no default; a secret one stays out of `repr`.

    `default` is a text as it would be written; `absent` is the value where there is none.
    """
    declared = Variable(name, kind, default, need, is_secret, about)
    value = kind.read(default) if default else absent
    return field(default=MISSING if need is Need.REQUIRED else value, repr=not is_secret, metadata={_KEY: declared})


def variables_of(group: type) -> Mapping[str, Variable]:
    """Field → its variable, of a settings dataclass; fields that come from no variable are left out."""
    return {each.name: each.metadata[_KEY] for each in _fields(group) if _KEY in each.metadata}


def read_fields(declared: Mapping[str, Variable], values: Mapping[str, str], root: Path) -> dict[str, Any]:
    """Field → value, of variables that are set or have a default. Raises SettingsError for a value that is none."""
    found = {name: each.read(values, root) for name, each in declared.items()}
    return {name: value for name, value in found.items() if value is not None}


def read_group(group: type[Group], values: Mapping[str, str], root: Path, provider: str) -> Group:
    """The settings that `group` declares. Raises SettingsError naming a variable that is missing or holds no value."""
    declared = variables_of(group)
    found = read_fields(declared, values, root)
    for name, each in declared.items():
        if each.need is Need.REQUIRED and name not in found:
            raise SettingsError("setting_missing", name=each.name, provider=provider)
    return group(**found)


def without_twins(declared: Iterable[Variable]) -> list[Variable]:
    """Each variable once: two providers may share a group."""
    return list({each.name: each for each in declared}.values())


def _fields(group: Any) -> Iterator[Field[Any]]:
    yield from fields(group)
