"""The errors that stop a run, and nothing else: the outcome of a message is a value, not an exception.

    MensageriaError
    ├── SettingsError        the environment or .env
    ├── DefinitionError      data/campaigns/<campaign>.yaml
    ├── TemplateError        a template, or a placeholder the base cannot fill
    ├── InputError           a file that arrived
    ├── ContractError        rows that break the contract of their step, or are not conserved
    ├── ChangedError         a person's decision over what has changed since they saw it
    ├── StaleInputError      a step launched over data that belongs to another version
    ├── StorageError         a disk that is full, a folder that may not be written to
    └── LedgerError          the record of what was sent cannot be read or written
        └── LeaseLostError   another run has taken over

Each carries a key of the text catalogue and its values, so that the same error reads in Portuguese and
in English. Values are codes, names and counts, never a person's data.
"""

import errno
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path

from mensageria_pipeline.texts import Language, say

_FULL, _NOT_WRITABLE = "disk_full", "not_writable"
_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _NOT_WRITABLE,
    errno.EACCES: _NOT_WRITABLE,
    errno.EPERM: _NOT_WRITABLE,
}
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_READONLY: _NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _NOT_WRITABLE,
}
_BY_WORDS = {
    "No space left on device": _FULL,
    "disk is full": _FULL,
    "disk I/O error": _FULL,
    "Disk quota exceeded": _FULL,
    "File too large": _FULL,
    "Read-only file system": _NOT_WRITABLE,
    "readonly database": _NOT_WRITABLE,
    "Permission denied": _NOT_WRITABLE,
}
"""As DuckDB says it, which gives no number."""
_PRIMARY_CODE = 0xFF
"""Of SQLite's extended codes, the part that says which kind of error it is."""


class MensageriaError(Exception):
    """What was found, what was expected and what to do, in the operator's language."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(key)

    def text(self, language: Language | None = None) -> str:
        return say(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.text()


class SettingsError(MensageriaError):
    pass


class DefinitionError(MensageriaError):
    pass


class TemplateError(MensageriaError):
    pass


class InputError(MensageriaError):
    pass


class ContractError(MensageriaError):
    pass


class ChangedError(MensageriaError):
    pass


class StaleInputError(MensageriaError):
    pass


class StorageError(MensageriaError):
    pass


class LedgerError(MensageriaError):
    pass


class LeaseLostError(LedgerError):
    def __init__(self, campaign: str) -> None:
        super().__init__("lease_lost", path=campaign)


def internal_error(error: Exception) -> str:
    """A foreign exception as a sentence: a disk's trouble as such, else its type and place.

    Its text may quote personal data, and stays here.
    """
    if problem := storage_problem(error):
        return say(problem)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} ({frames[-1].name})" if frames else "?"
    return say("internal_error", type=type(error).__name__, where=where)


def storage_problem(error: BaseException) -> str | None:
    """The sentence's key where a full disk or a missing permission is behind an exception, whoever met it first."""
    return next((problem for each in _behind(error) if (problem := _storage_problem_of(each))), None)


def storage_problem_said(text: str) -> str | None:
    """The same, of what another program says; the text itself may be personal, and stays here."""
    return next((problem for words, problem in _BY_WORDS.items() if words in text), None)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An exception, and those that led to it."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in seen:
            seen.append(each)
            yield each
            waiting += [getattr(each, "orig", None), each.__cause__, each.__context__]


def _storage_problem_of(error: BaseException) -> str | None:
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0)
    if isinstance(error, sqlite3.Error):
        return _BY_SQLITE_CODE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE)
    return storage_problem_said(str(error)) if "duckdb" in type(error).__module__ else None
