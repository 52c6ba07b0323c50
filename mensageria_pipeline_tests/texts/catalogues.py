"""The catalogues as people edit them, for tests to hold against each other and against the code."""

from collections.abc import Mapping
from typing import cast

from babel.messages.catalog import Message

from mensageria_pipeline.texts import Language
from tools.catalogues import read, sources


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _entries(language: Language) -> Mapping[str, Message]:
    found = cast("list[Message]", list(read(sources()[language.locale])))
    return {_key(message): message for message in found if message.id}


ENTRIES: Mapping[Language, Mapping[str, Message]] = {language: _entries(language) for language in Language}
SENTENCES: Mapping[Language, Mapping[str, tuple[str, ...]]] = {
    language: {key: _forms(entry) for key, entry in entries.items()} for language, entries in ENTRIES.items()
}
"""Language → key → its sentence; of a plural all forms, in the order of its rule."""
KEYS = frozenset(SENTENCES[Language.PT_BR])
