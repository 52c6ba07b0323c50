"""Every list that people send: each small file, and what becomes of it."""

import string
from pathlib import Path

import pytest

from mensageria_pipeline.texts import Language
from mensageria_pipeline_tests.intake.specimens import GROUPS, Specimen, take_in
from mensageria_pipeline_tests.texts.catalogues import SENTENCES

SPECIMENS = [specimen for group in GROUPS.values() for specimen in group]


def says(text: str, key: str) -> bool:
    """Whether `text` is the Portuguese sentence of `key`, by the longest of its fixed parts."""
    forms = SENTENCES[Language.PT_BR][key]
    longest = [max((part[0] for part in string.Formatter().parse(form)), key=len) for form in forms]
    return any(part.strip() in text for part in longest)


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda each: each.file)
def test_each_list_becomes_what_the_table_says(specimen: Specimen, tmp_path: Path) -> None:
    """Rows, or a sentence that refuses it; never anything else."""
    found = take_in(specimen, tmp_path)
    if specimen.refused:
        assert found.refusal, specimen.what
        assert says(found.refusal.text(), specimen.refused), found.refusal.text()
        return
    assert found.refusal is None, found.refusal
    assert found.names == specimen.rows
    assert dict(found.codes) == dict(specimen.codes)
    doubts = " ".join(found.reading["doubts"])
    assert says(doubts, specimen.doubt) if specimen.doubt else not doubts, doubts
    if specimen.addresses is not None:
        assert found.addresses == specimen.addresses
    if specimen.people is not None:
        assert found.people == specimen.people
    if specimen.numbers:
        assert found.numbers == specimen.numbers
    if specimen.columns:
        assert found.columns == specimen.columns
    assert {key: found.reading[key] for key in specimen.reading} == specimen.reading


def test_there_are_enough_of_them_each_for_its_own_reason() -> None:
    """A second file for the same reason proves nothing."""
    assert len({specimen.what for specimen in SPECIMENS}) == len(SPECIMENS) >= 60
