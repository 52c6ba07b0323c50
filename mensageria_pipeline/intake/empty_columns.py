"""Which columns of a list hold nothing at all: an export brings them along, and nobody is reached by them."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc


class EmptyColumns:
    """Follows the rows of a list; what it names is right once all of them have passed."""

    def __init__(self, headers: Sequence[str]) -> None:
        self._empty = list(headers)

    def of(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            self._empty = [header for header in self._empty if not _has_value(table, header)]
            yield table

    @property
    def names(self) -> tuple[str, ...]:
        """Without any value so far."""
        return tuple(self._empty)


def _has_value(table: pa.Table, header: str) -> bool:
    column = table[header]
    if column.null_count == len(column):
        return False
    is_filled = pc.any(pc.not_equal(pc.utf8_trim_whitespace(column), "")).as_py()
    return bool(is_filled)
