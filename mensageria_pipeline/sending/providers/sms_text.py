"""How long an SMS is: GSM-7 or UCS-2, and how many parts it is billed as (3GPP TS 23.038 and 23.040)."""

import unicodedata
from dataclasses import dataclass

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters of the same alphabet that take two places."""
_REPLACED = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "•": "*"}
)


@dataclass(frozen=True, slots=True)
class SmsLimits:
    """Places of one part alone, and of each part of several."""

    gsm: int = 160
    gsm_part: int = 153
    unicode: int = 70
    unicode_part: int = 67


@dataclass(frozen=True, slots=True)
class SmsLength:
    encoding: str
    """gsm7 or ucs2."""
    places: int
    segments: int
    """Parts it is sent and billed as; 0 for an empty text."""


def measure(text: str, limits: SmsLimits = SmsLimits()) -> SmsLength:
    """One character outside GSM-7 makes the whole text UCS-2."""
    if all(letter in _GSM or letter in _GSM_EXTENDED for letter in text):
        places = len(text) + sum(letter in _GSM_EXTENDED for letter in text)
        return SmsLength("gsm7", places, _segments(places, limits.gsm, limits.gsm_part))
    places = len(text.encode("utf-16-le")) // 2
    return SmsLength("ucs2", places, _segments(places, limits.unicode, limits.unicode_part))


def transliterated(text: str) -> str:
    """The text in GSM-7 where accents and typographic marks are all that stands against it; else as near as it gets.

    `ã` and `ç` are outside GSM-7 and make an SMS cost twice as much; `é` and `à` are inside and stay.
    """
    return "".join(
        letter if letter in _GSM or letter in _GSM_EXTENDED else _plain(letter) for letter in text.translate(_REPLACED)
    )


def _plain(letter: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and all(part in _GSM or part in _GSM_EXTENDED for part in bare) else letter


def _segments(places: int, whole: int, part: int) -> int:
    if places <= whole:
        return 1 if places else 0
    return -(-places // part)
