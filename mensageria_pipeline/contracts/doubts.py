"""What may be doubtful about a list, by the names with which a definition accepts it."""

DOUBTS = (
    "backslash",
    "controls",
    "cut",
    "encoding",
    "header_again",
    "header_data",
    "header_longer",
    "mojibake",
    "other_sheets",
    "preamble",
    "quote_within",
    "quotes",
    "renamed",
    "rounded",
    "short",
    "surplus",
    "totals",
    "trailing",
    "unreadable_sheets",
)
"""Each has a sentence in the catalogue, under `doubt_` and its name."""
