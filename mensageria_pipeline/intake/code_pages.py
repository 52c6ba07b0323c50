"""Which code page a text of single bytes is in, told by its words: Excel in Brazil writes three.

"CSV" is Windows-1252, "CSV (MS-DOS)" cp850 and "CSV (Macintosh)" Mac Roman. Read in the wrong one, a letter becomes a
sign within a word (Jos‚), or a capital after small letters (JosŽ).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WINDOWS = "cp1252"
CODE_PAGES = (WINDOWS, "cp850", "mac_roman")
_WORD = re.compile(rb"[A-Za-z0-9]*[\x80-\xff][A-Za-z0-9\x80-\xff]*")
_MOST_WORDS = 20_000
_IBERIAN = frozenset("áâãàçéêíóôõúüñÁÂÃÀÇÉÊÍÓÔÕÚÜÑ")
_WESTERN = frozenset(chr(code) for code in range(0xC0, 0x100)) - frozenset("×÷ÿ")
_LETTERS = {WINDOWS: _WESTERN, "cp850": _IBERIAN, "mac_roman": _IBERIAN}
_BEFORE, _AFTER, _BEFORE_DIGITS = "“‘«¿¡–—•§", "”’»…ºª°®™–—²³", "€£¢±"
_ALONE = frozenset("àáéóÀÁÉÓÔ")
_APOSTROPHE = "’"


@dataclass(frozen=True, slots=True)
class CodePage:
    name: str
    is_certain: bool
    """False where another one reads the words as well, or this one does not make sense of all."""


def code_page_of(words: Iterable[bytes]) -> CodePage:
    """The code page in which most words are words; Windows-1252 where several are as good."""
    distinct = set(words)
    found = {name: sum(_is_word(word, name) for word in distinct) for name in CODE_PAGES}
    best = max(CODE_PAGES, key=lambda name: found[name])
    rivals = [name for name in CODE_PAGES if name != best and found[name] == found[best]]
    return CodePage(best, found[best] == len(distinct) and not rivals)


def words_of(text: bytes, known: set[bytes]) -> None:
    """Add the words of `text` that have anything beyond ASCII to `known`, up to some thousands."""
    if len(known) < _MOST_WORDS:
        known.update(_WORD.findall(text))


def _is_word(word: bytes, encoding: str) -> bool:
    try:
        text = word.decode(encoding)
    except UnicodeDecodeError:
        return False
    parts = text.replace("\u00a0", " ").split(" ") if encoding == WINDOWS else [text]
    return all(_is_plain(part, _LETTERS[encoding]) for part in parts)


def _is_plain(text: str, letters: frozenset[str]) -> bool:
    bare = text.lstrip(_BEFORE).rstrip(_AFTER)
    if bare[1:2].isdigit():
        bare = bare.lstrip(_BEFORE_DIGITS)
    return all(_is_cased(part, letters) for part in bare.split(_APOSTROPHE))


def _is_cased(part: str, letters: frozenset[str]) -> bool:
    """Whether a part has letters and digits only, with capitals where words have them."""
    if len(part) == 1 and not part.isascii():
        return part in _ALONE
    for place, sign in enumerate(part):
        if sign.isascii():
            continue
        before, after = part[place - 1 : place], part[place + 1 : place + 2]
        if sign not in letters or before.isdigit() or after.isdigit():
            return False
        if sign.islower() and (after.isupper() or (before.isupper() and place > 1)):
            return False
        if sign.isupper() and (before.islower() or (after.islower() and place > 0)):
            return False
    return True
