"""CPF and CNPJ: restored to their length, and checked by their own digits."""

import re
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.clean_text import is_plain, key_text
from mensageria_pipeline.contracts.values import SPREADSHEET_ERROR

ROUNDED = r"[+-]?\d(?:[.,]\d+)?[eE]\+\d+|[+-]?\d[.,]\d+[eE]\d+"
"""A number in scientific notation, as programs write it: its digits are lost. `12E45` is an id."""
_FRACTION = r"\d{16,}\.0+"
"""A whole number as a program writes it that holds it as a fraction of eight bytes."""
_EXACT_UNTIL = 2**53
_CNPJ_LENGTH, _CPF_LENGTH = 14, 11
_MARKS = r"[.\-\s/]"
_MASKS = (
    r"\s*(?:\d{1,3}\.\d{3}\.\d{3}[-\s]?\d{2}"
    r"|[0-9A-Za-z]{1,2}\.[0-9A-Za-z]{3}\.[0-9A-Za-z]{3}[/\s]?[0-9A-Za-z]{4}[-\s]?\d{2})\s*"
)
"""Where dots stand in a CPF and a CNPJ. Anywhere else a dot is no mark: `2499499621.0` is no CPF with its dots."""


def clean_keys(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Ids, documents and addresses without what nobody sees (`key_text`)."""
    texts = pa.array(raw)
    if is_plain(texts):
        return raw
    suspect = pc.or_(pc.invert(pc.string_is_ascii(texts)), pc.match_substring_regex(texts, r"[\x00-\x1f\x7f]"))
    concerned = raw[suspect.to_numpy(zero_copy_only=False)]
    cleaned = pd.Series([key_text(text) for text in concerned.tolist()], concerned.index, "str")
    changed = cleaned[cleaned != concerned]
    if changed.empty:
        return raw
    clean = raw.copy()
    clean.loc[changed.index] = changed
    return clean


def is_error(cells: "pd.Series[str]") -> "pd.Series[bool]":
    """True where a spreadsheet shows an error instead of a value (`#REF!`, `#VALOR!`, `Err:502`, `#####`)."""
    suspect = cells.str.startswith(("#", "=", "E", "e"))
    return suspect & cells.str.fullmatch(SPREADSHEET_ERROR) if suspect.any() else suspect


def ids_of(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Ids as people are known by; empty for zeros, which are nobody's, for ids that lost their digits, and for errors
    of a spreadsheet."""
    clean = clean_keys(raw)
    ids = whole(clean)
    return ids.mask(ids.str.fullmatch("0+") | have_lost_digits(clean) | is_error(clean), "")


def have_lost_digits(raw: "pd.Series[str]") -> "pd.Series[bool]":
    """True for ids that some program took for numbers, and rounded."""
    lost = raw.str.fullmatch(ROUNDED)
    fractions = raw.str.fullmatch(_FRACTION)
    if fractions.any():
        lost = lost.mask(fractions, raw.where(fractions, "0").astype("float64") >= _EXACT_UNTIL)
    return lost


def restored_cpf(raw: "pd.Series[str]") -> "pd.Series[str]":
    """CPFs as 11 digits, the leading zeros that Excel ate put back; other text stays as it is.

    Columns named `cpf_cnpj` hold both: what is too long for a CPF and has the form of a CNPJ becomes one.
    """
    return _restored(_restored(raw, r"\d{12,14}|[0-9A-Z]{12}\d{2}", _CNPJ_LENGTH), r"\d{1,11}", _CPF_LENGTH)


def restored_cnpj(raw: "pd.Series[str]") -> "pd.Series[str]":
    """CNPJs as 14 characters without punctuation; since July 2026 twelve may be letters (IN RFB 2229/2024)."""
    return _restored(raw, r"\d{1,14}|[0-9A-Z]{12}\d{2}", _CNPJ_LENGTH)


def whole(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Whole numbers as programs write them that know only fractions (`7.0`), without it."""
    return raw.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)


def _restored(raw: "pd.Series[str]", form: str, length: int) -> "pd.Series[str]":
    raw = whole(clean_keys(raw))
    bare = raw.str.replace(_MARKS, "", regex=True).str.upper()
    is_masked = ~raw.str.contains(".", regex=False) | raw.str.fullmatch(_MASKS)
    return bare.str.zfill(length).where(is_masked & bare.str.fullmatch(form), raw)


def is_cpf(values: "pd.Series[str]") -> "pd.Series[bool]":
    """True for 11 digits whose last two follow from the others; a repeated digit is none."""
    return _mapped(values, cpf_is_valid)


def is_cnpj(values: "pd.Series[str]") -> "pd.Series[bool]":
    """True for 14 characters whose last two follow from the others."""
    return _mapped(values, cnpj_is_valid)


def _mapped(values: "pd.Series[str]", check: Callable[[str], bool]) -> "pd.Series[bool]":
    return pd.Series([check(value) for value in values.tolist()], index=values.index, dtype="bool")


def cpf_is_valid(cpf: str) -> bool:
    if not re.fullmatch(r"[0-9]{11}", cpf) or len(set(cpf)) == 1:
        return False
    digits = [int(character) for character in cpf]
    return digits[9:] == _check_digits(digits[:9], range(10, 1, -1), range(11, 1, -1))


def cnpj_is_valid(cnpj: str) -> bool:
    if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", cnpj) or len(set(cnpj)) == 1:
        return False
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    values = [ord(character) - ord("0") for character in cnpj]
    return values[12:] == _check_digits(values[:12], weights[1:], weights)


def _check_digits(values: list[int], *weights: range | tuple[int, ...]) -> list[int]:
    """Two digits, modulo 11, the second over the first as well."""
    found = list(values)
    for each in weights:
        rest = sum(value * weight for value, weight in zip(found, each, strict=True)) % 11
        found.append(0 if rest < 2 else 11 - rest)
    return found[len(values) :]
