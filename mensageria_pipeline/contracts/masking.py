"""What of a value may be shown where personal data must not be."""

from collections.abc import Iterable


def mask(value: str | None) -> str:
    """Enough of a value to recognize it when one knows it, too little to use it. Empty stays empty."""
    text = value or ""
    if "@" in text:
        user, _, domain = text.partition("@")
        return f"{user[:1]}…@{domain[:1]}…"
    if len(text) >= 10 and " " not in text:
        return f"{text[:3]}…{text[-2:]}"  # a phone or a token; a name has spaces
    return f"{text[:1]}…" if text else ""


def looks_masked(text: object) -> bool:
    """True for a text in which something is masked."""
    return "…" in str(text)


def shown_headers(headers: Iterable[str]) -> list[str]:
    """Headers as a sentence may list them: all are masked where one looks like a person's data.

    A list without a header line has its first person there, whose name looks like any header.
    """
    given = [header for header in headers if header]
    return [mask(header) for header in given] if any(map(looks_like_data, given)) else given


def looks_like_data(header: str) -> bool:
    """True for what is a person's data rather than the name of a column."""
    return "@" in header or sum(c.isdigit() for c in header) >= 6 or len(header) > 60
