"""A rule is one entry: what it lacks is found here, and not by an operator who asks for a status."""

import re

import pytest

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.raw_base import RowFault
from mensageria_pipeline.contracts.reason_codes import ReasonCode, Suggestion
from mensageria_pipeline.ledger.suppressions import OptOutReason
from mensageria_pipeline.texts import Language, use

VALUES = {"column": "Coluna", "row": 7, "file": "lista.csv", "expected": "1, 2"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", ReasonCode)
def test_every_code_has_its_words(code: ReasonCode, language: Language) -> None:
    """A sentence for the row, a few words for counts."""
    use(language)
    assert code.label
    assert code.label != f"code_{code}"
    sentence = code.sentence(language, **VALUES)
    assert sentence.endswith((".", "!", "?"))
    assert not re.search(r"[{}]", sentence)


@pytest.mark.parametrize("code", ReasonCode)
def test_every_code_says_what_to_do(code: ReasonCode) -> None:
    """Where the value that was meant stands, what the column takes, or what to do in general."""
    assert "`correcao`" in code.advice("E-mail", "", "ana@exemplo.com")
    assert ("1, 2" in code.advice("Coluna", "1, 2", "")) == (code.suggestion is Suggestion.CORRECT)


def test_the_set_holds_what_other_sets_give_as_reasons() -> None:
    """Faults of a row's cells, opt-outs and erasures are reasons too."""
    assert {*RowFault, *OptOutReason, Fate.ERASED} <= {code.value for code in ReasonCode}
