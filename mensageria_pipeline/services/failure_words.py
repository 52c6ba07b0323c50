"""What happened to a message that failed, in words, and the one thing to do about it: the same on every screen."""

import re
from dataclasses import dataclass
from enum import StrEnum

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.texts import say

OWN_CODES = (
    "payload_too_large",
    "text_too_long",
    "unsupported_channel",
    "reserved_data_key",
    "unusable_address",
    "image_missing",
    "not_sendable",
    "gave_up",
    "by_operator",
    "other_address",
    "timeout",
    "broken_connection",
    "unreadable_answer",
)
"""Codes that are ours, not a provider's; `explained_<code>` in the catalogue says each."""
_SAME = {
    "contradictory_answer": "unreadable_answer",
    "not_in_answer": "unreadable_answer",
    "no_result": "unreadable_answer",
    "no_status": "unreadable_answer",
    "connection_closed": "broken_connection",
}
HTTP_CODES = ("400", "404", "413", "422")
"""Answers of HTTP that say the same of every provider; `answered_http_<code>`."""
_SMTP = re.compile(r"5\d\d(?: (?P<enhanced>5\.\d{1,3}\.\d{1,3}))?|(?P<bare>5\.\d{1,3}\.\d{1,3})")
SMTP_KINDS = ("5.1", "5.2", "5.3", "5.5", "5.6", "5.7")
"""Subjects of enhanced status codes, RFC 3463; `answered_smtp_<subject>`, the point written as `_`."""


class Remedy(StrEnum):
    """The one right action. `remedy_<value>` in the catalogue says it in a sentence."""

    NOTHING = "nothing"
    RETRY = "retry"
    NEW_ADDRESS = "new_address"
    NEW_DATE = "new_date"
    ASK_PROVIDER = "ask_provider"
    CHANGE_TEXT = "change_text"
    DECIDE = "decide"


_TEXT_CODES = frozenset({"payload_too_large", "text_too_long", "reserved_data_key", "image_missing", "413"})
_ADDRESS_CODES = frozenset({"unusable_address", "unsupported_channel"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what to do."""

    words: str
    remedy: Remedy

    @property
    def advice(self) -> str:
        return say(f"remedy_{self.remedy}")


def explain(outcome: Outcome, code: str | None) -> Explanation:
    """A failure in words. A provider's own code stays in the sentence: its support asks for it."""
    return Explanation(_words(outcome, code or ""), _remedy(outcome, code or ""))


def _words(outcome: Outcome, code: str) -> str:
    code = _SAME.get(code, code)
    if code in OWN_CODES:
        return say(f"explained_{code}")
    if code in set(ReasonCode):
        return say("failure_reason", reason=ReasonCode(code).label)
    if outcome is Outcome.REJECTED:
        if code in HTTP_CODES:
            return say(f"answered_http_{code}", code=code)
        if subject := _smtp_subject(code):
            return say(f"answered_smtp_{subject.replace('.', '_')}", code=code)
        if not code:
            return say("failure_bare")
    return say(f"ended_{outcome}", code=code or "—")


def _smtp_subject(code: str) -> str:
    found = _SMTP.fullmatch(code)
    enhanced = (found["enhanced"] or found["bare"] or "") if found else ""
    subject = enhanced.rpartition(".")[0]
    return subject if subject in SMTP_KINDS else ""


def _remedy(outcome: Outcome, code: str) -> Remedy:
    if outcome is Outcome.UNKNOWN:
        return Remedy.DECIDE
    if outcome is Outcome.INVALID_ADDRESS or code in _ADDRESS_CODES or _smtp_subject(code) == "5.1":
        return Remedy.NEW_ADDRESS
    if outcome is Outcome.EXPIRED:
        return Remedy.NEW_DATE
    if outcome is Outcome.CANCELLED:
        return Remedy.RETRY
    if outcome is Outcome.SUPPRESSED:
        return Remedy.NOTHING
    return Remedy.CHANGE_TEXT if code in _TEXT_CODES else Remedy.ASK_PROVIDER
