"""Addresses, normalized: e-mail, phone to E.164, push tokens by their kind, URLs. Idempotent.

A function takes raw text and gives, per row, the address (empty where it is none), its kind, the code of the rule it
breaks and a suggestion. Nothing is corrected silently: what is restored is what the numbering plan leaves no doubt of.
"""

import json
from collections.abc import Callable, Mapping

import pandas as pd

from mensageria_pipeline.contracts.columns import KNOWN_NAMES, Channel
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.tokens import TOKEN_FORMS, TokenKind
from mensageria_pipeline.recipients.emails import emails
from mensageria_pipeline.recipients.frames import constant, frame
from mensageria_pipeline.recipients.identities import ROUNDED, clean_keys
from mensageria_pipeline.recipients.phones import phones, sms_phones

MAX_ADDRESS_LENGTH = 4096
_LONGEST_NAME = 2 * max(map(len, KNOWN_NAMES))
"""With the spaces and marks that a header may have."""
_BROKEN_KIND = r"Expo(?:nent)?PushToken\[.*|\{.*"


def judge_addresses(channel: Channel, raw: "pd.Series[str]") -> pd.DataFrame:
    """Per row: address, kind, code, suggestion. `raw` holds trimmed, filled text."""
    return _JUDGES[channel](clean_keys(raw))


def _tokens(raw: "pd.Series[str]") -> pd.DataFrame:
    found = frame(raw.index, address=raw, kind=TokenKind.OTHER.value)
    for kind, form in TOKEN_FORMS.items():
        found.loc[(found["kind"] == TokenKind.OTHER) & raw.str.fullmatch(form), "kind"] = kind.value
    subscriptions = raw.str.startswith("{")
    if subscriptions.any():
        found.loc[subscriptions, "address"] = [_subscription(value) for value in raw[subscriptions].tolist()]
        found.loc[subscriptions & (found["address"] != ""), "kind"] = TokenKind.WEB_PUSH.value
    other = found["kind"] == TokenKind.OTHER
    broken = other & (raw.str.contains(r"\s", regex=True) | raw.str.fullmatch(_BROKEN_KIND))
    broken |= other & ~raw.str.contains(r"[A-Za-z0-9]", regex=True)  # a line of dashes below the header
    broken |= other & _are_names(raw)
    broken |= (raw.str.len() > MAX_ADDRESS_LENGTH) | (found["address"] == "")
    found.loc[broken, "code"] = ReasonCode.INVALID_TOKEN
    found.loc[broken, "kind"] = ""
    lost = other & raw.str.fullmatch(ROUNDED)
    found.loc[lost, "code"] = ReasonCode.TOKEN_LOST_DIGITS
    return found


def _are_names(raw: "pd.Series[str]") -> "pd.Series[bool]":
    """True for the names of columns: a header among the rows is nobody's token."""
    is_short = raw.str.len() <= _LONGEST_NAME
    names = [header_key(text) in KNOWN_NAMES for text in raw[is_short].tolist()]
    return is_short.where(~is_short, pd.Series(names, raw.index[is_short], "bool").reindex(raw.index, fill_value=False))


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
    return frame(
        raw.index,
        address=raw.where(valid, ""),
        kind="url",
        code=constant("", raw.index).mask(~valid, ReasonCode.INVALID_URL),
    )


_JUDGES: Mapping[Channel, Callable[["pd.Series[str]"], pd.DataFrame]] = {
    Channel.EMAIL: emails,
    Channel.SMS: sms_phones,
    Channel.WHATSAPP: phones,
    Channel.PUSH: _tokens,
    Channel.WEBHOOK: _urls,
}
