"""A row of several lines: one whose cells have line breaks, or several between two quotes that are out of place."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mensageria_pipeline.intake.dialect import Dialect
from mensageria_pipeline.intake.row_profile import Profile

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class _Span(NamedTuple):
    """A cell that goes over several lines of its row."""

    place: int
    first: int
    last: int


class _Bare(NamedTuple):
    """A line of a row, as if the quotes around the cells that span lines were not meant."""

    cells: list[str]
    inside: list[int]
    """Which of its cells were within such quotes, but for the beginning and the end of the cell itself."""


def _by_line(cells: Sequence[str], delimiter: str) -> tuple[list[_Bare], list[_Span]]:
    lines = [_Bare([], [])]
    spans: list[_Span] = []
    for place, cell in enumerate(cells):
        pieces = _LINE_BREAK.split(cell)
        if len(pieces) == 1:
            lines[-1].cells.append(cell)
            continue
        spans.append(_Span(place, len(lines) - 1, len(lines) + len(pieces) - 2))
        for number, piece in enumerate(pieces):
            if number:
                lines.append(_Bare([], []))
            found, start = piece.split(delimiter), len(lines[-1].cells)
            first, last = start + (number == 0), start + len(found) - (number == len(pieces) - 1)
            lines[-1].inside.extend(range(first, last))
            lines[-1].cells.extend(found)
    return lines, spans


def may_be_rows(cells: Sequence[str], profile: Profile, dialect: Dialect) -> bool:
    """Whether the lines that cells span may be rows of their own, between two quotes that are out of place.

    They may where both the first and the last line of a cell are complete without it and it is no prose, or where
    one shows, within it, what rows show: of two rows that became one, the address of one is inside.
    """
    lines, spans = _by_line(cells, dialect.delimiter)
    known = profile.with_row(lines[0].cells[: spans[0].place])
    return any(known.shows_a_row(line.cells, line.inside) for line in lines) or any(
        _is_of_rows(span, lines, cells[span.place], known, dialect) for span in spans
    )


def _is_of_rows(span: _Span, lines: Sequence[_Bare], cell: str, profile: Profile, dialect: Dialect) -> bool:
    """Whether a cell's first and last line are complete without it, or one between them is complete in itself."""
    if profile.width == 1:
        return any(profile.could_be_row(line.cells) for line in lines[span.first + 1 : span.last + 1])
    is_long = min(len(lines[span.first].cells), len(lines[span.last].cells)) >= profile.width
    if is_long and _holds_cells(cell, dialect):
        return True
    whole = [len(line.cells) == profile.width for line in lines[span.first : span.last + 1]]
    texts = _LINE_BREAK.split(cell)
    is_split = whole[0] and whole[-1] and not _is_prose(texts, profile, dialect)
    between = zip(whole[1:-1], texts[1:-1], strict=True)
    return is_split or any(is_whole and not _is_prose([text], profile, dialect) for is_whole, text in between)


def _holds_cells(cell: str, dialect: Dialect) -> bool:
    """Whether a quote stands beside a delimiter, as at the beginning or the end of another cell."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    return re.search(f"{quote}{delimiter}(?! )|{delimiter}{quote}", cell) is not None


def _is_prose(lines: Sequence[str], profile: Profile, dialect: Dialect) -> bool:
    """Whether most delimiters in the text have a blank after them, where the file's own have none."""
    after = [part for line in lines for part in line.split(dialect.delimiter)[1:]]
    return not profile.is_padded and 2 * sum(part.startswith(" ") for part in after) > len(after)
