"""Values in groups, as statements and transactions take them."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
VALUES_TOGETHER = 500
"""Values per `IN (…)`: SQLite takes some thousands."""


def grouped(values: Sequence[T], size: int = VALUES_TOGETHER) -> Iterator[Sequence[T]]:
    """The values in order, so many at a time; nothing for no values."""
    return (values[start : start + size] for start in range(0, len(values), size))
