"""What the text of a variable may be: how it becomes a value, and what is expected where it does not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from mensageria_pipeline.contracts.mailbox import MAILBOX_EXPECTED, is_mailbox

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Kind(Generic[Value]):
    """`read` raises ValueError for a text that is none of the kind."""

    read: Callable[[str], Value]
    expected: str = ""
    is_shown: bool = True
    """Whether an error may quote the text."""


def number(low: float, high: float) -> Kind[float]:
    def read(text: str) -> float:
        found = float(text)
        if not low <= found <= high:
            raise ValueError
        return found

    return Kind(read, f"{low:g}–{high:g}")


def whole(low: int, high: int) -> Kind[int]:
    bounded = number(low, high)
    return Kind(lambda text: int(bounded.read(text)), bounded.expected)


def url(*more_schemes: str) -> Kind[str]:
    """http, https, or one of `more_schemes`. May hold a key: it is not quoted."""
    schemes = ("http", "https", *more_schemes)

    def read(text: str) -> str:
        parts = urlsplit(text)
        is_usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        if not (is_usable and text.isascii() and text.isprintable() and " " not in text):
            raise ValueError
        return text

    return Kind(read, " / ".join(f"{scheme}://…" for scheme in schemes), is_shown=False)


def one_of(*words: str) -> Kind[str]:
    """One of some words in lower case, however it is written."""

    def read(text: str) -> str:
        return words[words.index(text.lower())]

    return Kind(read, ", ".join(words))


def matching(pattern: str, expected: str, *, is_shown: bool = True) -> Kind[str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError
        return text

    return Kind(read, expected, is_shown)


def _key(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError
    return text


def _flag(text: str) -> bool:
    return {"true": True, "1": True, "yes": True, "sim": True, "false": False, "0": False, "no": False}[text.lower()]


def _mailbox(text: str) -> str:
    if not is_mailbox(text):
        raise ValueError
    return text


TEXT = Kind(str)
KEY = Kind(_key, "ASCII", is_shown=False)
"""It travels in a header."""
FLAG = Kind(_flag, "true, false")
PATH = Kind(Path)
"""Relative ones start at the project's root."""
HOST = matching(r"[A-Za-z0-9._:-]{1,253}", "smtp.exemplo.com.br")
MAILBOX = Kind(_mailbox, MAILBOX_EXPECTED, is_shown=False)
RATE = number(0.01, 100_000)
"""Messages per second."""
