"""What of a value may be shown where personal data must not be."""


def mask(value: str | None) -> str:
    """Enough of a value to recognize it when one knows it, too little to use it. Empty stays empty."""
    text = value or ""
    if "@" in text:
        user, _, domain = text.partition("@")
        return f"{user[:1]}…@{domain[:1]}…"
    if len(text) >= 10 and " " not in text:
        return f"{text[:3]}…{text[-2:]}"  # a phone or a token; a name has spaces
    return f"{text[:1]}…" if text else ""
