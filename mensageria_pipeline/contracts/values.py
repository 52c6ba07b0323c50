"""Amounts and dates as Brazilians and programs write them: one reading for templates and rules."""

import re
from datetime import date, datetime
from decimal import Decimal

_BRAZILIAN = re.compile(r"-?(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|\d+,\d+)")
_EITHER = re.compile(r"-?[1-9]\d{0,2},\d{3}")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")


def amount_of(text: str) -> Decimal:
    """`R$ 1.234,50`, `1.234` (a thousand) or `1234.5`.

    Raises ValueError for what is no amount, such as `1,234.50`, and for `1,234`: a thousand to some, and a little more
    than one to a Brazilian.
    """
    bare = re.sub(r"^\s*(-?)\s*R?\$?\s*", r"\1", text.replace("\u00a0", " ")).strip()
    if _EITHER.fullmatch(bare):
        raise ValueError("amount")
    if _BRAZILIAN.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    if not _PLAIN.fullmatch(bare):
        raise ValueError("amount")
    return Decimal(bare)


def number_text(text: str) -> str:
    """A number that some format stored as a fraction, as text that `amount_of` takes for the same: `7.0` is `7`.

    Three decimals get a zero: `12.345` would be twelve thousand to a Brazilian. A whole number stays in scientific
    notation where some of its digits may be lost: beyond what such a number holds, and where not all digits are given.
    Programs that write `1.198765432E10`, without a plus, give all digits but zeros at the end; fewer than ten may have
    been a fraction of four bytes.
    """
    if re.fullmatch(r"-?\d{1,3}\.\d{3}", text):
        return f"{text}0"
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    if not number.is_finite() or number != number.to_integral_value():
        return text
    _, digits, exponent = number.as_tuple()
    is_short = isinstance(exponent, int) and exponent > 0 and ("+" in text or len(digits) < _SURE_DIGITS)
    if is_short or abs(number) >= _WHOLE_UNTIL:
        return f"{number.normalize():E}"
    return str(int(number))


NULL_WORDS = (
    "null",
    "none",
    "nan",
    "n/a",
    "#n/a",
    "#n/d",
    "#nv",
    "n/d",
    "nd",
    "undefined",
    "-",
    "--",
    "—",
    "nulo",
    "\\n",
    "(null)",
    "<null>",
    "[null]",
    "(nulo)",
    "<nulo>",
    "<na>",
    "(none)",
    "(vazio)",
    "(em branco)",
    "(blank)",
)
"""What programs and people write where there is nothing; compared without case. `\\N` is MySQL's and COPY's; a lookup
that finds nothing is `#N/A` or `#N/D`."""
_ERROR_NAMES = (
    "NULL NULO NUL VALUE VALOR VALEUR WERT REF BEZUG NAME NOME NOMBRE NOM NUM NÚM NOMBRE ZAHL SPILL DESPEJAR DESPEJO "
    "EXCEDIDO DESBORDAMIENTO DESBORDAR PROPAGATION ÜBERLAUF CALC CÁLC FIELD CAMPO BLOCKED BLOQUEADO CONNECT CONECTAR "
    "UNKNOWN DESCONHECIDO DESCONOCIDO BUSY OCUPADO PYTHON EXTERNAL TIMEOUT ERROR ERRO"
)
SPREADSHEET_ERROR = (
    rf"(?i)#[¡¿]?(?:{'|'.join(dict.fromkeys(_ERROR_NAMES.split()))})[!?]|#[¡]?DIV/0!?|#GETTING_DATA|#OBTENDO_DADOS"
    r"|#{3,}|Err(?:o|or)?:\d{3}|=[\p{Lu}.\d_]+\(.*\)"
)
"""What a spreadsheet shows in place of a value, in Portuguese, English and their neighbours; a column too narrow for
its numbers; a formula that was never worked out. For RE2."""
LOST_DIGITS = r"[+-]?\d(?:[.,]\d+)?[eE]\+\d{2,3}"
"""A number that a spreadsheet or a program has rounded, as both write it."""
_SURE_DIGITS = 10
_WHOLE_UNTIL = 2**53
"""Up to here a fraction of eight bytes holds every whole number."""


def date_of(text: str) -> date:
    """`2026-11-23`, with or without a time, or `23/11/2026`. Raises ValueError for what is no date."""
    bare = text.strip()
    brazilian = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,? (?:às )?\d{1,2}[:h].*)?", bare)
    if brazilian:
        day, month, year = (int(part) for part in brazilian.groups())
        return date(year, month, day)
    return datetime.fromisoformat(bare).date()


def first_name_of(text: str) -> str:
    """`MARIA DA SILVA` → `Maria`."""
    words = text.split()
    return words[0].capitalize() if words else ""
