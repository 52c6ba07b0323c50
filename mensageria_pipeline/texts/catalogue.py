"""The sentence of a key: read from the compiled catalogue of its language, in the plural that its count asks for.

Placeholders are `str.format` names; their values are names, codes and counts, never a person's data.
"""

from functools import cache
from gettext import GNUTranslations, translation
from pathlib import Path

from mensageria_pipeline.texts.formats import integer
from mensageria_pipeline.texts.language import Language, current

DOMAIN = "mensageria"
LOCALES = Path(__file__).parent / "locales"
DOUBT_PREFIX = "doubt_"
"""Keys of what is doubtful about a list begin with it; the rest is the name by which a definition accepts it."""
COUNTS = ("count", "pending", "unknown")
"""Values that are counts: the first of them that a sentence is given chooses its plural. (Reasons for stopping, which
are kept with results and read by later versions, call theirs `pending` and `unknown`.)"""


def say(key: str, language: Language | None = None, /, **values: object) -> str:
    """The sentence of `key`, filled. An unknown key is a bug and raises KeyError.

    Whole numbers among `COUNTS` are written with the thousands separators of the language; other values as they are.
    """
    spoken = language or current()
    counts = {name: number for name in COUNTS if isinstance(number := values.get(name), int)}
    sentence = _sentence(key, spoken, next(iter(counts.values()), None))
    return sentence.format(**values | {name: integer(number, spoken) for name, number in counts.items()})


def _sentence(key: str, language: Language, count: int | None) -> str:
    translations = _translations(language)
    if count is not None and (chosen := translations.ngettext(key, key, count)) != key:
        return chosen
    if (chosen := translations.gettext(key)) != key:  # gettext answers with the key where it knows no sentence
        return chosen
    raise KeyError(key)


@cache
def _translations(language: Language) -> GNUTranslations:
    return translation(DOMAIN, LOCALES, [language.locale])
