"""Amounts and dates as Brazilians and programs write them: one reading for templates and rules."""

import re
from datetime import date, datetime
from decimal import Decimal

_BRAZILIAN = re.compile(r"-?(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|\d+,\d+)")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")


def amount_of(text: str) -> Decimal:
    """`R$ 1.234,50`, `1.234` (a thousand) or `1234.5`. Raises ValueError for what is no amount, such as `1,234.50`."""
    bare = re.sub(r"^\s*(-?)\s*R?\$?\s*", r"\1", text.replace("\u00a0", " ")).strip()
    if _BRAZILIAN.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    if not _PLAIN.fullmatch(bare):
        raise ValueError("amount")
    return Decimal(bare)


def number_text(text: str) -> str:
    """A number that some format stored as one, as text that `amount_of` takes for the same: `7.0` is `7`.

    Three decimals get a zero: `12.345` would be twelve thousand to a Brazilian.
    """
    if re.fullmatch(r"-?\d{1,3}\.\d{3}", text):
        return f"{text}0"
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    if not number.is_finite() or number != number.to_integral_value() or abs(number) >= 10**18:
        return text
    return str(int(number))


NULL_WORDS = ("null", "none", "nan", "n/a", "#n/a", "#n/d", "n/d", "nd", "undefined", "-", "--", "—", "nulo")
"""What programs and people write where there is nothing; compared without case."""


def date_of(text: str) -> date:
    """`2026-11-23`, with or without a time, or `23/11/2026`. Raises ValueError for what is no date."""
    bare = text.strip()
    brazilian = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?", bare)
    if brazilian:
        day, month, year = (int(part) for part in brazilian.groups())
        return date(year, month, day)
    return datetime.fromisoformat(bare).date()


def first_name_of(text: str) -> str:
    """`MARIA DA SILVA` → `Maria`."""
    words = text.split()
    return words[0].capitalize() if words else ""
