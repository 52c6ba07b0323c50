"""Every key that the code can ask for has a sentence, and every sentence is asked for."""

import re

import pytest

from mensageria_pipeline_tests.texts.catalogues import KEYS
from mensageria_pipeline_tests.texts.families import CHOSEN, FAMILIES
from mensageria_pipeline_tests.texts.languages import PORTUGUESE_WORDS, words_of
from mensageria_pipeline_tests.texts.uses import literals, uses

OF_FAMILIES = {prefix: {f"{prefix}{name}" for name in names} for prefix, names in FAMILIES.items()}
CHOSEN_KEYS = {place: set(keys) for place, keys in CHOSEN.items()}


def test_no_key_that_is_written_out_is_missing() -> None:
    """It would be a KeyError where a sentence was due."""
    assert not [(use.module, use.line, key) for use in uses() for key in use.keys if key not in KEYS]


def test_keys_are_put_together_in_known_ways_only() -> None:
    """Each prefix that the code puts an end to is a family, whose ends are listed."""
    assert {use.prefix for use in uses() if use.prefix} <= set(FAMILIES)


def test_families_are_complete() -> None:
    """One sentence for each member of the enumeration or table behind it."""
    assert not {prefix: missing for prefix, keys in OF_FAMILIES.items() if (missing := keys - KEYS)}


def test_families_have_no_others() -> None:
    """A sentence for what can no longer happen is translated for nothing."""
    written = {key for use in uses() for key in use.keys} | literals()
    found = {prefix: {key for key in KEYS - written if key.startswith(prefix)} for prefix in FAMILIES}
    assert not {prefix: extra for prefix, keys in found.items() if (extra := keys - OF_FAMILIES[prefix])}


def test_chosen_keys_are_listed() -> None:
    """Where a variable holds the key, the list says which keys it can hold; each has a sentence."""
    assert {(use.module, use.expression) for use in uses() if use.expression} == set(CHOSEN)
    assert not {place: missing for place, keys in CHOSEN_KEYS.items() if (missing := keys - KEYS)}


def test_no_key_is_unused() -> None:
    """Text in the code, or a member of a family or of a list."""
    reachable = literals().union(*OF_FAMILIES.values(), *CHOSEN_KEYS.values())
    assert not KEYS - reachable


NOT_SAID = {"Português"}
"""A language's own name."""


@pytest.mark.parametrize("room", ["cli", "dashboard", "defs", "reports", "services", "web"])
def test_front_ends_have_no_sentences_of_their_own(room: str) -> None:
    """What stands in the code is in one language only."""
    found = literals(room) - NOT_SAID
    assert not {text for text in found if re.search("[À-ÿ]", text) or len(words_of(text) & PORTUGUESE_WORDS) > 1}
