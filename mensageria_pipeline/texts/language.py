"""The language in force: of the process, or of one thread where a process serves several people."""

from contextvars import ContextVar
from enum import StrEnum


class Language(StrEnum):
    PT_BR = "pt-BR"
    EN = "en"

    @property
    def locale(self) -> str:
        """As gettext, Babel and the folders of the catalogues write it."""
        return self.value.replace("-", "_")


_current = [Language.PT_BR]
_here: ContextVar[Language | None] = ContextVar("language", default=None)


def use(language: Language) -> None:
    """Set the language of this process; entry points call it with the setting MENSAGERIA_LANGUAGE."""
    _current[0] = language


def use_here(language: Language) -> None:
    """Set the language of this thread alone: a process that serves several people has several."""
    _here.set(language)


def current() -> Language:
    return _here.get() or _current[0]
