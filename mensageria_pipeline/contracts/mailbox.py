"""A mailbox as people write it: `Loja <ola@loja.com.br>`, or the address alone."""

import re
from email.utils import parseaddr
from urllib.parse import quote, urlsplit, urlunsplit

from email_validator import EmailNotValidError, validate_email

_ONE = re.compile(
    r"""(?:(?:"(?:[^"\\]|\\.)*"|[^<>@,;:"]*)\s*<([^<>@\s,;"]+@[^<>@\s,;"]+)>|([^<>@\s,;"]+@[^<>@\s,;"]+))"""
)
"""One mailbox: a second one behind a comma would be cut off by some programs and written to by others."""

MAILBOX_EXPECTED = "Loja <ola@loja.com.br> (um só, sem acentos antes do @ / only one, no accents before the @)"


def mailbox_of(text: str) -> tuple[str, str] | None:
    """Name and address, its domain in the form that travels (IDNA); None for anything but one usual mailbox.

    What stands before the @ is ASCII: other letters need servers that know SMTPUTF8, on the whole way.
    """
    found = _ONE.fullmatch(text.strip())
    if not found or any(ord(letter) < 32 for letter in text):
        return None
    name, _ = parseaddr(text)
    try:
        valid = validate_email(
            found[1] or found[2], check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        return None
    return (name if found[1] else ""), valid.ascii_email or ""


def is_mailbox(text: str) -> bool:
    """Whether `text` is one mailbox, whose address is of the usual form."""
    return mailbox_of(text) is not None


def ascii_url(url: str) -> str:
    """`url` as a header may have it: its host by IDNA, other letters percent-encoded. ASCII stays as it is.

    Raises ValueError for a host that is none.
    """
    if url.isascii():
        return url
    parts = urlsplit(url)
    try:
        valid = validate_email(f"a@{parts.hostname}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("url") from None
    host = valid.ascii_domain + (f":{parts.port}" if parts.port else "")
    safe = "%/:=&?~#+!$,;'@()*[]{}"
    return urlunsplit((parts.scheme, host, *(quote(part, safe=safe) for part in parts[2:])))
