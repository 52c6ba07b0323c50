"""The Retry-After header (RFC 9110, section 10.2.3): seconds, or an HTTP date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400.0


def retry_after_s(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, from 0 to a day; None where the header is missing or unreadable."""
    if not value:
        return None
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,400}(\.[0-9]{0,20})?", text):
        return min(float(text), LONGEST_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):  # a zone of a thousand hours, a year of six digits
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_S)
