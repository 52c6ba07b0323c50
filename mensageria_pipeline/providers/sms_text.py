"""How long an SMS is: GSM-7 or UCS-2, and how many parts it is billed as (3GPP TS 23.038 and 23.040)."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mensageria_pipeline.settings import kinds
from mensageria_pipeline.settings.variables import variable


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings:
    """SMS, through whichever provider."""

    without_accents: bool = variable(
        "SMS_WITHOUT_ACCENTS",
        kinds.FLAG,
        default="false",
        about="true: accents and typographic marks that would make an SMS cost twice as much are taken out "
        '(ã → a, “ → ").',
    )
    part_price: float | None = variable(
        "SMS_PRICE",
        kinds.number(0, 1_000),
        about="What one part of an SMS costs, as your contract says. Empty: no cost is told.",
    )


_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters of the same alphabet that take two places."""
_ONE_UNIT = 0xFFFF
"""The last character that UTF-16 writes in one unit."""
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
        wide = [letter in _GSM_EXTENDED for letter in text]
        return SmsLength("gsm7", len(text) + sum(wide), _segments(wide, limits.gsm, limits.gsm_part))
    wide = [ord(letter) > _ONE_UNIT for letter in text]
    return SmsLength("ucs2", len(text) + sum(wide), _segments(wide, limits.unicode, limits.unicode_part))


def transliterated(text: str) -> str:
    """The text in GSM-7 where accents and typographic marks are all that stands against it; else as near as it gets.

    `ã` and `ç` are outside GSM-7 and make an SMS cost twice as much; `é` and `à` are inside and stay.
    """
    composed = unicodedata.normalize("NFC", text.translate(_REPLACED))
    return "".join(letter if letter in _GSM or letter in _GSM_EXTENDED else _plain(letter) for letter in composed)


def _plain(letter: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and all(part in _GSM or part in _GSM_EXTENDED for part in bare) else letter


def _segments(wide: Sequence[bool], whole: int, part: int) -> int:
    """Parts of a text whose characters take one place, or two where they are `wide`: those never span two parts."""
    places = len(wide) + sum(wide)
    if places <= whole:
        return 1 if places else 0
    if not any(wide):
        return -(-places // part)
    count, room = 1, part
    for is_wide in wide:
        if room < 1 + is_wide:
            count, room = count + 1, part
        room -= 1 + is_wide
    return count
