"""E-mail addresses: what may be one, and what was probably meant."""

import re
from collections.abc import Mapping

import pandas as pd
from email_validator import EmailNotValidError, validate_email

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.recipients.frames import frame, without_scheme
from mensageria_pipeline.recipients.identities import clean_keys

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
_NAMED = re.compile(r"""(?:"([^"<>]*)"|([^"<>,;]*))\s*<\s*([^<>\s,;]+)\s*>""")
"""`Ana <ana@x.com>`, as address books write it."""
_SOME_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")


def without_names(raw: "pd.Series[str]") -> "pd.Series[str]":
    """E-mail addresses as lists have them, without what programs write around them: `mailto:`, `Ana <…>`."""
    raw = without_scheme(clean_keys(raw))
    named = raw.str.contains("<", regex=False)
    if not named.any():
        return raw
    return raw.mask(named, pd.Series([_unnamed(text) for text in raw[named].tolist()], raw[named].index, "str"))


def emails(raw: "pd.Series[str]") -> pd.DataFrame:
    lowered = without_names(raw).str.lower()
    is_plain = lowered.str.fullmatch(_PLAIN_EMAIL) & (lowered.str.len() <= 64)
    found = frame(raw.index, address=lowered.where(is_plain, ""), kind="email")
    rest = lowered[~is_plain]
    if len(rest):
        found.loc[rest.index, "address"] = [_validated_email(value) for value in rest.tolist()]
    invalid = found["address"] == ""
    if invalid.any():
        found.loc[invalid, "code"] = ReasonCode.INVALID_EMAIL
        found.loc[invalid, "suggestion"] = [_email_within(text) for text in lowered[invalid].tolist()]
    wrong = found["address"].str.contains(_TYPO, regex=True)
    if wrong.any():
        parts = [address.rpartition("@") for address in found.loc[wrong, "address"].tolist()]
        found.loc[wrong, "suggestion"] = [f"{user}@{_TYPOS[domain]}" for user, _, domain in parts]
        found.loc[wrong, "code"] = ReasonCode.EMAIL_TYPO
    return found


def _unnamed(text: str) -> str:
    """The address of `Ana <ana@x.com>`; the text as it is where its name may be another address."""
    found = _NAMED.fullmatch(text)
    name = (found[1] or found[2] or "").strip() if found else ""
    if found and ("@" not in name or name.lower() == found[3].lower()):
        return found[3]
    return text


def _email_within(text: str) -> str:
    """The one address that stands in a text; empty for none, or several."""
    found = list(_SOME_EMAIL.finditer(text))
    candidates = {match[0].rstrip(".-") for match in found}
    # `ana lima@x.com` may be ana.lima: words right beside it may belong to it.
    beside = found and (text[: found[0].start()].rstrip()[-1:] + text[found[-1].end() :].lstrip()[:1])
    if len(candidates) != 1 or any(letter.isalnum() or letter == "@" for letter in beside or ""):
        return ""
    return _validated_email(candidates.pop())


def _validated_email(value: str) -> str:
    """The address by email-validator's rules, its domain in ASCII; empty for none."""
    try:
        # Strict: its length is looked at as well. 64 characters before the @ are the most (RFC 5321, 4.5.3.1.1).
        valid = validate_email(
            value, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        return ""
    return (valid.ascii_email or "").lower()
