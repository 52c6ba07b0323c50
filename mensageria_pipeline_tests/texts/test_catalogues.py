"""The two catalogues say the same, each in its own language."""

import re
import string

import pytest

from mensageria_pipeline.texts import Language, say
from mensageria_pipeline.texts.catalogue import COUNTS
from mensageria_pipeline_tests.texts.catalogues import ENTRIES, KEYS, SENTENCES
from mensageria_pipeline_tests.texts.languages import ENGLISH_WORDS, PORTUGUESE_WORDS, words_of

PORTUGUESE, ENGLISH = SENTENCES[Language.PT_BR], SENTENCES[Language.EN]
NAMING = {
    "ambiguous_channel",
    "option_inspect_campaign",
    "option_mark",
    "option_outcome",
    "sql_only_looks",
    "template_missing",
}
"""Sentences with names in them (of columns, codes, keys, SQL) that are words of the other language."""
BRACKETED_PLURAL = re.compile(r"[^\W\d_]\((s|es|ns|m|em|ões|is|as|os|a|ies|ren)\)")


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_have_the_same_keys() -> None:
    """A sentence in one language only is a KeyError in front of whoever reads the other."""
    assert set(PORTUGUESE) == set(ENGLISH)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_form_has_the_same_values(key: str) -> None:
    """A translation that misses a value hides it; one that has another fails in front of an operator."""
    forms = [*PORTUGUESE[key], *ENGLISH[key]]
    assert all(forms)
    assert {frozenset(_fields(form)) for form in forms} == {frozenset(_fields(forms[0]))}


def test_plurals_are_plurals_in_both() -> None:
    """Each has as many forms as its language asks for, and a count that chooses among them."""
    for language, entries in ENTRIES.items():
        for key, entry in entries.items():
            forms = SENTENCES[language][key]
            assert len(forms) == (2 if entry.pluralizable else 1), (language, key)
            assert not entry.pluralizable or _fields(forms[0]) & set(COUNTS), (language, key)
            assert entry.pluralizable == ENTRIES[Language.EN][key].pluralizable, key


def test_no_plural_is_in_brackets() -> None:
    """`mensagem(ns)` is what a form says that does not know how many."""
    found = [(key, form) for forms in (PORTUGUESE, ENGLISH) for key, each in forms.items() for form in each]
    assert not [(key, form) for key, form in found if BRACKETED_PLURAL.search(form)]


@pytest.mark.parametrize(
    ("language", "foreign"), [(Language.PT_BR, ENGLISH_WORDS), (Language.EN, PORTUGUESE_WORDS)], ids=["pt-BR", "en"]
)
def test_each_catalogue_is_in_its_language(language: Language, foreign: frozenset[str]) -> None:
    """A sentence that nobody translated looks like any other."""
    found = {key: words_of(" ".join(forms)) & foreign for key, forms in SENTENCES[language].items()}
    assert {key for key, words in found.items() if words} <= NAMING


def test_no_entry_waits_for_review() -> None:
    """What is marked fuzzy is not compiled: its key would be missing."""
    assert not [key for entries in ENTRIES.values() for key, entry in entries.items() if entry.fuzzy]


def test_no_sentence_is_its_own_key() -> None:
    """gettext answers with the key where it knows no sentence; `say` takes that for a missing one."""
    assert not [key for forms in (PORTUGUESE, ENGLISH) for key, each in forms.items() if key in each]


@pytest.mark.parametrize(
    ("count", "portuguese", "english"),
    [
        (0, "a: 0 mensagem marcada como x.", "a: 0 messages marked as x."),
        (1, "a: 1 mensagem marcada como x.", "a: 1 message marked as x."),
        (2, "a: 2 mensagens marcadas como x.", "a: 2 messages marked as x."),
        (12345, "a: 12.345 mensagens marcadas como x.", "a: 12,345 messages marked as x."),
    ],
)
def test_the_count_chooses_the_form(count: int, portuguese: str, english: str) -> None:
    """By the rules of each language, for which nothing is singular in Portuguese and plural in English."""
    values = {"campaign": "a", "mark": "x", "count": count}
    assert say("unknown_marked", Language.PT_BR, **values) == portuguese
    assert say("unknown_marked", Language.EN, **values) == english


def test_an_unknown_key_is_an_error() -> None:
    """Never a key where a sentence is due."""
    with pytest.raises(KeyError):
        say("nothing_of_that_name", count=1)
