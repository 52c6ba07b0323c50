"""CPF and CNPJ by their own digits; whatever is restored is restored once."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.recipients.identities import cnpj_is_valid, cpf_is_valid, restored_cnpj, restored_cpf


@pytest.mark.parametrize(
    ("document", "is_cpf", "is_cnpj"),
    [
        ("52998224725", True, False),
        ("00000000191", True, False),
        ("52998224726", False, False),
        ("11111111111", False, False),
        ("11222333000181", False, True),
        ("12ABC34501DE35", False, True),
        ("11222333000182", False, False),
        ("00000000000000", False, False),
        ("5299822472", False, False),
        ("", False, False),
    ],
)
def test_check_digits_decide(document: str, is_cpf: bool, is_cnpj: bool) -> None:
    """The alphanumeric CNPJ is the example of the tax authority."""
    assert (cpf_is_valid(document), cnpj_is_valid(document)) == (is_cpf, is_cnpj)


@pytest.mark.parametrize(
    ("raw", "restored"),
    [
        ("529.982.247-25", "52998224725"),
        ("191", "00000000191"),
        ("11.222.333/0001-81", "11222333000181"),
        ("222333000181", "00222333000181"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("sem", "sem"),
        ("", ""),
    ],
)
def test_a_column_of_both_gets_each_its_length(raw: str, restored: str) -> None:
    assert restored_cpf(pd.Series([raw], dtype="str")).tolist() == [restored]


@given(st.lists(st.text(max_size=20), min_size=1))
def test_restoring_is_idempotent(values: list[str]) -> None:
    for restore in (restored_cpf, restored_cnpj):
        once = restore(pd.Series(values, dtype="str"))
        assert restore(once).tolist() == once.tolist()
