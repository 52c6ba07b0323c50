"""Names that people give become keys that files, URLs and Dagster bear."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.contracts.partition import Partition, campaign_key, column_key, header_key
from mensageria_pipeline.errors import InputError


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Boas Vindas", "boas-vindas"),
        ("Promoção de Verão!!", "promocao-de-verao"),
        ("../../etc/passwd", "etc-passwd"),
        ("a--b", "a-b"),
        ("x" * 300, "x" * 80),
        ("123", "123"),
    ],
)
def test_names_become_safe_keys(name: str, key: str) -> None:
    """No path, no separator of occurrences and no overlong key comes out of a name."""
    assert campaign_key(name) == key


@pytest.mark.parametrize("name", ["", "...", "日本", "--", "\x00"])
def test_names_without_letters_are_refused_with_a_sentence(name: str) -> None:
    """An empty key would be a folder of its own parent."""
    with pytest.raises(InputError, match="letras nem números"):
        campaign_key(name)


@given(st.text(max_size=200))
def test_a_key_is_its_own_key(name: str) -> None:
    """A folder named after a key must find the same campaign."""
    try:
        key = campaign_key(name)
    except InputError:
        return
    assert campaign_key(key) == key
    assert re.fullmatch(r"[a-z0-9_-]{1,80}", key)
    assert "--" not in key


def test_occurrences_keep_their_campaign_and_due_time() -> None:
    """The partition key is all that a run of an occurrence knows."""
    due = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    partition = Partition.of_occurrence("boletos", due)
    assert partition.key == "boletos--20261123t1200z"
    assert Partition.parse(partition.key) == partition
    assert partition.due_at == due


def test_headers_are_compared_without_case_accents_and_separators() -> None:
    """`E-mail`, `EMAIL` and `e_mail` are one column to a person."""
    assert {header_key(header) for header in ("E-mail", "EMAIL", "e_mail", " é mail ")} == {"email"}
    assert column_key("Valor da Fatura (R$)") == "valor_da_fatura_r"
