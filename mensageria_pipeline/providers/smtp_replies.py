"""What a mail server's replies mean (RFC 5321, RFC 3463, the IANA registry of enhanced status codes; read 2026-11).

SES and others throttle with 454. Nothing is in doubt before the text of a message has begun to leave.
"""

import re
import ssl
from collections.abc import Mapping
from enum import Enum

import aiosmtplib

from mensageria_pipeline.providers.verdict import About, Meaning, Verdict


class Step(Enum):
    """Where in its conversation a message was when something went wrong."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


ENHANCED: Mapping[str, Meaning] = {
    # The mailbox or its domain does not exist.
    "5.1.1": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    "5.1.2": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    "5.1.6": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    "5.1.10": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    "5.2.1": Meaning(Verdict.INVALID_ADDRESS, About.ATTEMPT),
    # Too much at once.
    "4.4.5": Meaning(Verdict.THROTTLED, About.ATTEMPT),
    "5.4.5": Meaning(Verdict.THROTTLED, About.ATTEMPT),  # a day's quota is used up
    "4.7.28": Meaning(Verdict.THROTTLED, About.ATTEMPT),
    # Postfix says so, with 454, to whom it will not relay for.
    "4.7.1": Meaning(Verdict.RETRY, About.ATTEMPT),
    # Every message of a campaign has the same attachments.
    "5.3.4": Meaning(Verdict.MALFORMED, About.ATTEMPT),
    # The server wants to know who we are.
    "5.7.8": Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    "5.7.9": Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
}
"""Enhanced status code at the head of a reply. Other 5.7.* are refusals of who sends, or what: ours."""

REPLIES: Mapping[int, Meaning] = {
    421: Meaning(Verdict.THROTTLED, About.ATTEMPT),  # it closes the connection: too many, too much, or its own end
    454: Meaning(Verdict.THROTTLED, About.ATTEMPT),
    530: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    534: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    535: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
    538: Meaning(Verdict.CREDENTIALS, About.ATTEMPT),
}
"""Where no enhanced code is listed. Other 4xx are deferrals, other 5xx are refusals that keep their code."""

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUED = (
    re.compile(r"queued as\s+<?([A-Za-z0-9][A-Za-z0-9._@-]{3,119})", re.IGNORECASE),
    re.compile(r"\bok:?\s+(?:id=)?<?((?=[^\s]*\d)[A-Za-z0-9][A-Za-z0-9._@-]{5,119})", re.IGNORECASE),
)
"""Postfix says `queued as 4F3D…`, SES `Ok 0100…`, Exim `OK id=1r2…`."""


def judged(step: Step, error: Exception) -> tuple[Verdict, str]:
    """Verdict and code of a conversation that failed. Texts of replies quote addresses: only codes leave."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return (Verdict.RETRY if 400 <= error.code < 500 else Verdict.CREDENTIALS), _code(error)
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 400:
        return _refused(step, error), _code(error)
    if step is Step.CONNECT:
        return _not_connected(error)
    is_late = isinstance(error, TimeoutError)
    if step is Step.CONTENT:
        return Verdict.UNKNOWN, "timeout" if is_late else "broken_connection"
    return Verdict.RETRY, "timeout_before_content" if is_late else "connection_closed"


def is_deferral(verdict: Verdict, error: Exception) -> bool:
    """Whether the server itself said: not now (greylisting, a full disk). Only silence means that nobody is there."""
    return verdict is Verdict.RETRY and isinstance(error, aiosmtplib.SMTPResponseException) and 400 <= error.code < 500


def queue_id(reply: str) -> str | None:
    """The server's own name for a message it took, where it says one."""
    return next((found[1] for pattern in _QUEUED if (found := pattern.search(reply))), None)


def _not_connected(error: Exception) -> tuple[Verdict, str]:
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLError):
        is_certificate = isinstance(cause, ssl.SSLCertVerificationError)
        return Verdict.CREDENTIALS, "certificate_refused" if is_certificate else "tls_failed"
    if "not supported" in str(error):  # of STARTTLS, or of any way to log in
        return Verdict.CREDENTIALS, "no_starttls_or_login"
    return Verdict.RETRY, "not_connected"


def _refused(step: Step, error: aiosmtplib.SMTPResponseException) -> Verdict:
    enhanced = _ENHANCED.match(error.message)
    meaning = (ENHANCED.get(enhanced[1]) if enhanced else None) or REPLIES.get(error.code)
    known = meaning.verdict if meaning else None
    if known and not (known is Verdict.INVALID_ADDRESS and step in {Step.CONNECT, Step.SENDER}):
        return known  # of the sender's address it says nothing about the recipient's
    if error.code < 500 or step is Step.CONNECT:
        return Verdict.RETRY
    is_ours = step is Step.SENDER or (enhanced is not None and enhanced[1].startswith("5.7."))
    return Verdict.MALFORMED if is_ours else Verdict.REJECTED


def _code(error: aiosmtplib.SMTPResponseException) -> str:
    enhanced = _ENHANCED.match(error.message)
    return enhanced[1] if enhanced else f"smtp_{error.code}"
