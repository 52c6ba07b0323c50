"""Amounts and dates as Brazilians and programs write them: one reading for templates and rules."""

import re
from datetime import date, datetime
from decimal import Decimal


def amount_of(text: str) -> Decimal:
    """`R$ 1.234,50`, `1.234` (a thousand) or `1234.5`. Raises ValueError for what is no amount."""
    bare = re.sub(r"[R$\s\u00a0]", "", text)
    if "," in bare or re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+", bare):
        bare = bare.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", bare):
        raise ValueError("amount")
    return Decimal(bare)


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
