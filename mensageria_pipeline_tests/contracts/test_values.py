"""Amounts as Brazilians write them and as programs store them; what is neither is refused."""

from decimal import Decimal

import pytest

from mensageria_pipeline.contracts.values import amount_of, number_text


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("R$ 1.234,50", "1234.50"),
        ("1.234", "1234"),
        ("1234.5", "1234.5"),
        ("0.125", "0.125"),
        ("-10,5", "-10.5"),
        ("R$\u00a010", "10"),
        ("12.3450", "12.345"),
        ("1234567,89", "1234567.89"),
    ],
)
def test_amounts(text: str, amount: str) -> None:
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1,234.50", "10 20", "dez", "", "1.23.4", "1,2,3", "12.34,5"])
def test_what_is_no_amount(text: str) -> None:
    """American thousands would be off by a factor of a thousand."""
    with pytest.raises(ValueError, match="amount"):
        amount_of(text)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("7.0", "7"),
        ("12.345", "12.3450"),
        ("0.5", "0.5"),
        ("1.198765432E10", "11987654320"),
        ("nan", "nan"),
        ("1E2", "1E+2"),
        ("1.23E2", "123"),
        ("5.51199E+12", "5.51199E+12"),
        ("9007199254740993.0", "9.007199254740993E+15"),
    ],
)
def test_numbers_that_a_format_stores_keep_their_value(stored: str, text: str) -> None:
    assert number_text(stored) == text
