"""A mailbox as people write it: `Loja <ola@loja.com.br>`, or the address alone."""

from email.utils import parseaddr

from email_validator import EmailNotValidError, validate_email


def is_mailbox(text: str) -> bool:
    """Whether `text` is one mailbox, whose address is of the usual form."""
    name, address = parseaddr(text)
    if any(ord(letter) < 32 for letter in text) or (name and "<" not in text):
        return False
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True
