"""Where the rows of a list end."""

from enum import StrEnum


class Fate(StrEnum):
    """Where a row ended; every row of every intake has exactly one."""

    PLANNED = "planned"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    REPEATED = "repeated"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
