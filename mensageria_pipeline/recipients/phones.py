"""Telephone numbers as Brazilians write them, and foreign ones: to E.164, or why not."""

import re

import pandas as pd
import phonenumbers

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.recipients.brazil import AREAS
from mensageria_pipeline.recipients.frames import constant, frame, without_scheme
from mensageria_pipeline.recipients.identities import ROUNDED, clean_keys, whole

_PHONE_FORM = r"\(?\+?[\d\s().\-/]{8,24}"
_DASHES = "[\u2010-\u2015\u2212]"
_OPERATOR_MARK = r"(?i)0xx"
"""`0xx11`: zero, the operator of one's choice, and the area code."""
_ABROAD = r"^\s*\(?\s*00(?!55)"
_WRAPPED = r"^\s*\(\s*\+\s*(\d{1,3})\s*\)"
"""`(+51) …`: the country in brackets."""
_NO_PHONE = r"/\s*\d{1,4}\s*$|^\s*\d{3}\.\d{3}\.\d{3}-?\d{2}\s*$"
"""`3222-1234/35`, two numbers that end differently; a CPF with its dots."""
_ALL_ALIKE = "|".join(rf"\d{{2}}{digit}{{8,9}}" for digit in "0123456789")
"""Numbers that people type where one is asked for."""
_SERVICE = r"(?:(?:00)?55)?0?[3-9]00\d{6,8}"
"""0800, 0300 and their like: they answer calls, and receive nothing."""
_SERVICE_KINDS = frozenset(
    {
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)
"""The same abroad."""
_MEXICAN_MOBILE = r"^\+\s*52[\s.\-]*1([\s().\-]*(?:\d[\s().\-]*){10})$"
"""Until 2019 a 1 stood before mobile numbers of Mexico; WhatsApp still shows it."""
_SOME_PHONE = re.compile(r"\+?\(?\d[\d\s().\-]{8,}\d")


def phone_e164(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Phones as +5511999998888; empty where the text is none. Idempotent."""
    return phones(clean_keys(raw))["address"]


def phones(raw: "pd.Series[str]") -> pd.DataFrame:
    """National numbers by the Brazilian plan at once; others, with their +, by Google's metadata.

    A mobile number of before 2016 gets its ninth digit; a leading 0 and the code of an operator go. `00` begins a
    foreign number like `+`.
    """
    raw = whole(without_scheme(raw)).str.replace(_DASHES, "-", regex=True).str.replace(_OPERATOR_MARK, "0", regex=True)
    raw = raw.str.replace(_ABROAD, "+", regex=True).str.replace(_WRAPPED, r"+\1 ", regex=True)
    has_form = raw.str.fullmatch(_PHONE_FORM) & ~raw.str.contains(_NO_PHONE, regex=True)
    digits = raw.str.replace(r"\D", "", regex=True)
    national, had_zero = _national(digits)
    is_area = national.str.slice(0, 2).isin(AREAS)
    is_foreign = raw.str.startswith("+") & ~digits.str.startswith("55")
    base = has_form & is_area & ~is_foreign
    # Eight digits that begin with 9 may as well be nine of which one was lost: no guess.
    old_mobile = base & ~had_zero & national.str.fullmatch(r"\d{2}[6-8]\d{7}")
    ambiguous = base & ~had_zero & national.str.fullmatch(r"\d{2}9\d{7}")
    base = base & ~national.str.fullmatch(_ALL_ALIKE)
    mobile = base & national.str.fullmatch(r"\d{2}9\d{8}")
    landline = base & national.str.fullmatch(r"\d{2}[2-5]\d{7}")
    address = ("+55" + national).where(mobile | landline, "")
    restored = "+55" + national.str.slice(0, 2) + "9" + national.str.slice(2)
    address = restored.where(old_mobile, address)
    kind = constant("", raw.index).mask(mobile | old_mobile, "mobile").mask(landline, "landline")
    found = frame(raw.index, address=address, kind=kind)
    rest = has_form & is_foreign
    if rest.any():
        _judge_foreign(found, rest, raw[rest])
    _explain_phones(found, raw, digits)
    unsure = ambiguous & (found["address"] == "")
    found.loc[unsure, "code"] = ReasonCode.PHONE_DIGIT_MISSING
    found.loc[unsure, "suggestion"] = restored
    return found


def _national(digits: "pd.Series[str]") -> tuple["pd.Series[str]", "pd.Series[bool]"]:
    """Area code and number, without country, trunk zero and operator; and whether a zero was there.

    By length alone: 55 is the country before ten or eleven digits, and the west of Rio Grande do Sul otherwise.
    """
    length = digits.str.len()
    after_zero = digits.str.startswith("0")
    with_country = digits.str.startswith("55")
    cuts = {
        2: with_country & length.isin([12, 13]),
        3: digits.str.fullmatch(r"0[1-9]\d\d{10,11}") | (digits.str.startswith("550") & length.isin([13, 14])),
        1: after_zero & length.isin([11, 12]),
        4: digits.str.startswith("0055") & length.isin([14, 15]),
    }
    national, had_zero = digits, pd.Series(data=False, index=digits.index)
    for cut, concerned in cuts.items():
        if concerned.any():
            national = national.mask(concerned, digits.str.slice(cut))
            had_zero = had_zero | (concerned & (cut != 2))
    return national, had_zero


def _explain_phones(found: pd.DataFrame, raw: "pd.Series[str]", digits: "pd.Series[str]") -> None:
    invalid = (found["address"] == "") & (found["code"] == "")
    if not invalid.any():
        return
    found.loc[invalid, "code"] = ReasonCode.INVALID_PHONE
    found.loc[invalid, "suggestion"] = _phones_within(raw[invalid])
    found.loc[invalid & digits.str.fullmatch(_SERVICE), "code"] = ReasonCode.PHONE_SERVICE_NUMBER
    without_area = invalid & digits.str.fullmatch(r"9\d{8}|[2-9]\d{7}") & ~raw.str.startswith("+")
    found.loc[without_area, "code"] = ReasonCode.PHONE_WITHOUT_AREA
    found.loc[invalid & raw.str.fullmatch(ROUNDED), "code"] = ReasonCode.PHONE_LOST_DIGITS


def _phones_within(raw: "pd.Series[str]") -> list[str]:
    """The one number that stands in each text, beside other words; empty for none, or several."""
    found = [_SOME_PHONE.findall(text) for text in raw.tolist()]
    single = [each[0] if len(each) == 1 and each[0] != text else "" for each, text in zip(found, raw, strict=True)]
    if not any(single):
        return single
    addresses: list[str] = phones(pd.Series(single, dtype="str"))["address"].tolist()
    return addresses


def _judge_foreign(found: pd.DataFrame, rest: "pd.Series[bool]", raw: "pd.Series[str]") -> None:
    raw = raw.str.replace(_MEXICAN_MOBILE, r"+52\1", regex=True)
    judged = [_foreign_e164(value) for value in raw.tolist()]
    found.loc[rest, "address"] = [address for address, _ in judged]
    found.loc[rest, "code"] = [code for _, code in judged]
    found.loc[rest & (found["address"] != ""), "kind"] = "foreign"


def _foreign_e164(value: str) -> tuple[str, str]:
    """The number, and the rule it breaks where that is known."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return "", ""
    if not phonenumbers.is_valid_number(number):
        return "", ""
    if phonenumbers.number_type(number) in _SERVICE_KINDS:
        return "", ReasonCode.PHONE_SERVICE_NUMBER
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)), ""


def sms_phones(raw: "pd.Series[str]") -> pd.DataFrame:
    found = phones(raw)
    landline = found["kind"] == "landline"
    found.loc[landline, "code"] = ReasonCode.PHONE_LANDLINE
    return found
