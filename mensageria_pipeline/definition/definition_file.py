"""The file of a campaign's definition, written for a person who writes none by hand."""

from pathlib import Path

from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.placing import put_new

_PREVIOUS = ".anterior"


def define(layout: Layout, campaign: str, text: str) -> None:
    """Write the definition of a campaign that has none. Raises DefinitionError where it has another meanwhile."""
    path = layout.definition(campaign)
    if put_new(path, text.encode()):
        return
    if _text_of(path) != text:
        raise DefinitionError("definition_taken", campaign=campaign, file=path.name)


def redefine(layout: Layout, campaign: str, text: str, *, seen: str) -> None:
    """Put a definition in the place of the one that was `seen`, which is kept as the previous one.

    Raises DefinitionError where it says something else meanwhile.
    """
    path = layout.definition(campaign)
    if not path.exists() or _text_of(path) != seen:
        raise DefinitionError("definition_taken", campaign=campaign, file=path.name)
    _write(previous_definition(layout, campaign), seen)
    _write(path, text)


def previous_definition(layout: Layout, campaign: str) -> Path:
    """What the definition said before it was last changed by `redefine`; there is none before that."""
    path = layout.definition(campaign)
    return path.with_name(path.name + _PREVIOUS)


def restore_previous(layout: Layout, campaign: str) -> None:
    """Let the definition say what it said before; doing it again undoes that. Raises OSError where there is none."""
    path, previous = layout.definition(campaign), previous_definition(layout, campaign)
    before, now = _text_of(previous), _text_of(path)
    _write(previous, now)
    _write(path, before)


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
