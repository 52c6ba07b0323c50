"""Addresses, normalized: e-mail, phone to E.164, push tokens by their kind, URLs. Idempotent.

A function takes raw text and gives, per row, the address (empty where it is none), its kind, the code of the rule it
breaks and a suggestion. Nothing is corrected silently: what is restored is what the numbering plan leaves no doubt of.
"""

import json
import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
from email_validator import EmailNotValidError, validate_email

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.recipients.brazil import AREAS
from mensageria_pipeline.recipients.identities import whole

MAX_ADDRESS_LENGTH = 4096
ROUNDED = r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+"
"""A number in scientific notation: its digits are lost."""
_PLAIN_EMAIL = (
    r"[a-z0-9_](?:[a-z0-9_+-]|\.[a-z0-9_+-]){0,62}"
    r"@(?:[a-z0-9](?:[a-z0-9]|-[a-z0-9]){0,40}\.)+(?:com|br|net|org|io|app|dev|edu|gov|info)"
)
"""Addresses that need no second look where they are short: far within email-validator's rules."""
_TYPOS: Mapping[str, str] = {
    wrong: right
    for right, wrongs in {
        "gmail.com": "gmial.com gmai.com gmal.com gamil.com gnail.com gmaill.com gmil.com gmail.con gmail.co gmail.cm "
        "gmail.comm gmail.om gmail.com.br gemail.com gmaul.com gmailc.om",
        "hotmail.com": "hotmal.com hotmai.com hotmial.com homail.com hotmail.con hotmail.co hotmail.cm hotnail.com "
        "htmail.com hotmaill.com rotmail.com otmail.com hotamil.com",
        "outlook.com": "outlok.com outllok.com outlook.con outloo.com oultook.com outlook.co",
        "yahoo.com.br": "yaho.com.br yahoo.com.b yahoo.combr yahooo.com.br yhoo.com.br yahoo.con.br",
        "yahoo.com": "yaho.com yahoo.con yhoo.com",
        "icloud.com": "iclod.com icloud.con iclould.com icoud.com",
        "uol.com.br": "uol.com.b uol.combr uol.con.br",
        "bol.com.br": "bol.com.b bol.con.br bol.combr",
        "terra.com.br": "terra.con.br terra.com.b tera.com.br",
    }.items()
    for wrong in wrongs.split()
}
"""Domain that nobody means → the one they mean. Curated: near names such as email.com or ymail.com are real."""
_TYPO = "@(?:" + "|".join(re.escape(domain) for domain in _TYPOS) + ")$"
_PHONE_FORM = r"\(?\+?[\d\s().\-/]{8,24}"
_DASHES = "[\u2010-\u2015\u2212]"
_OPERATOR_MARK = r"(?i)0xx"
"""`0xx11`: zero, the operator of one's choice, and the area code."""
_ABROAD = r"^\s*00(?!55)"
_ALL_ALIKE = "|".join(rf"\d{{2}}{digit}{{8,9}}" for digit in "0123456789")
"""Numbers that people type where one is asked for."""
_SERVICE = r"0?[3-9]00\d{6,8}"
"""0800, 0300 and their like: they answer calls, and receive nothing."""
_TOKEN_KINDS: Mapping[str, str] = {
    "expo": r"Expo(?:nent)?PushToken\[[^\[\]\s]{1,200}\]",
    "apns": r"(?:[0-9a-fA-F]{2}){32,100}",
    "fcm_token": r"[A-Za-z0-9_-]{8,64}:[A-Za-z0-9_-]{80,}",
    "fid": r"[c-f][A-Za-z0-9_-]{21}",
}
_BROKEN_KIND = r"Expo(?:nent)?PushToken\[.*|\{.*"
KIND_OTHER = "other"
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)


def judge_addresses(channel: Channel, raw: "pd.Series[str]") -> pd.DataFrame:
    """Per row: address, kind, code, suggestion. `raw` holds trimmed, filled text."""
    return _JUDGES[channel](raw)


def constant(value: str, index: pd.Index) -> "pd.Series[str]":
    """One text for every row, without an object for each."""
    repeated = pa.repeat(pa.scalar(value, pa.large_string()), len(index))
    return pd.Series(_TEXT.__from_arrow__(repeated), index=index)  # type: ignore[attr-defined]


def _frame(index: pd.Index, **columns: "pd.Series[str] | str") -> pd.DataFrame:
    given = {"address": "", "kind": "", "code": "", "suggestion": ""} | columns
    filled = {name: constant(value, index) if isinstance(value, str) else value for name, value in given.items()}
    return pd.DataFrame(filled, index=index)


def _emails(raw: "pd.Series[str]") -> pd.DataFrame:
    lowered = raw.str.lower()
    is_plain = lowered.str.fullmatch(_PLAIN_EMAIL) & (lowered.str.len() <= 64)
    found = _frame(raw.index, address=lowered.where(is_plain, ""), kind="email")
    rest = lowered[~is_plain]
    if len(rest):
        found.loc[rest.index, "address"] = [_validated_email(value) for value in rest.tolist()]
    found.loc[found["address"] == "", "code"] = "invalid_email"
    wrong = found["address"].str.contains(_TYPO, regex=True)
    if wrong.any():
        parts = [address.rpartition("@") for address in found.loc[wrong, "address"].tolist()]
        found.loc[wrong, "suggestion"] = [f"{user}@{_TYPOS[domain]}" for user, _, domain in parts]
        found.loc[wrong, "code"] = "email_typo"
    return found


def _validated_email(value: str) -> str:
    """The address by email-validator's rules, its domain in ASCII; empty for none."""
    try:
        valid = validate_email(value, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return ""
    return (valid.ascii_email or "").lower()


def phone_e164(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Phones as +5511999998888; empty where the text is none. Idempotent."""
    return _phones(raw)["address"]


def _phones(raw: "pd.Series[str]") -> pd.DataFrame:
    """National numbers by the Brazilian plan at once; others, with their +, by Google's metadata.

    A mobile number of before 2016 gets its ninth digit; a leading 0 and the code of an operator go. `00` begins a
    foreign number like `+`.
    """
    raw = whole(raw).str.replace(_DASHES, "-", regex=True).str.replace(_OPERATOR_MARK, "0", regex=True)
    raw = raw.str.replace(_ABROAD, "+", regex=True)
    has_form = raw.str.fullmatch(_PHONE_FORM)
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
    found = _frame(raw.index, address=address, kind=kind)
    rest = has_form & is_foreign
    if rest.any():
        found.loc[rest, "address"] = [_foreign_e164(value) for value in raw[rest].tolist()]
        found.loc[rest & (found["address"] != ""), "kind"] = "foreign"
    _explain_phones(found, raw, digits)
    unsure = ambiguous & (found["address"] == "")
    found.loc[unsure, "code"] = "phone_digit_missing"
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
    invalid = found["address"] == ""
    if not invalid.any():
        return
    found.loc[invalid, "code"] = "invalid_phone"
    found.loc[invalid & digits.str.fullmatch(_SERVICE), "code"] = "phone_service_number"
    without_area = invalid & digits.str.fullmatch(r"9\d{8}|[2-9]\d{7}") & ~raw.str.startswith("+")
    found.loc[without_area, "code"] = "phone_without_area"
    found.loc[invalid & raw.str.fullmatch(ROUNDED), "code"] = "phone_lost_digits"


def _foreign_e164(value: str) -> str:
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _sms_phones(raw: "pd.Series[str]") -> pd.DataFrame:
    found = _phones(raw)
    landline = found["kind"] == "landline"
    found.loc[landline, "code"] = "phone_landline"
    return found


def _tokens(raw: "pd.Series[str]") -> pd.DataFrame:
    found = _frame(raw.index, address=raw, kind=KIND_OTHER)
    for kind, form in _TOKEN_KINDS.items():
        found.loc[(found["kind"] == KIND_OTHER) & raw.str.fullmatch(form), "kind"] = kind
    subscriptions = raw.str.startswith("{")
    if subscriptions.any():
        found.loc[subscriptions, "address"] = [_subscription(value) for value in raw[subscriptions].tolist()]
        found.loc[subscriptions & (found["address"] != ""), "kind"] = "web_push"
    other = found["kind"] == KIND_OTHER
    broken = other & (raw.str.contains(r"\s", regex=True) | raw.str.fullmatch(_BROKEN_KIND))
    broken |= (raw.str.len() > MAX_ADDRESS_LENGTH) | (found["address"] == "")
    found.loc[broken, "code"] = "invalid_token"
    found.loc[broken, "kind"] = ""
    lost = other & raw.str.fullmatch(ROUNDED)
    found.loc[lost, "code"] = "token_lost_digits"
    return found


def _subscription(value: str) -> str:
    """A Web Push subscription in one form; empty for JSON that is none."""
    try:
        parsed = json.loads(value)
        keys = parsed["keys"]
        kept = {"endpoint": parsed["endpoint"], "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}}
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    texts = (kept["endpoint"], *kept["keys"].values())
    if not all(isinstance(text, str) and text for text in texts) or not kept["endpoint"].startswith("https://"):
        return ""
    return json.dumps(kept, separators=(",", ":"), sort_keys=True)


def _urls(raw: "pd.Series[str]") -> pd.DataFrame:
    valid = raw.str.match(r"https?://[^\s/]+") & ~raw.str.contains(r"\s", regex=True)
    return _frame(
        raw.index, address=raw.where(valid, ""), kind="url", code=constant("", raw.index).mask(~valid, "invalid_url")
    )


_JUDGES: Mapping[Channel, Callable[["pd.Series[str]"], pd.DataFrame]] = {
    Channel.EMAIL: _emails,
    Channel.SMS: _sms_phones,
    Channel.WHATSAPP: _phones,
    Channel.PUSH: _tokens,
    Channel.WEBHOOK: _urls,
}
