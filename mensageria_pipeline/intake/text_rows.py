"""The rows of a text file that is not regular, read strictly: what can be read in two ways is broken, not guessed.

A quoted cell may hold line breaks, and a quote that was never meant to open a cell looks the same until the next
quote. So a row of several lines is believed only when it has as many cells as the others and none of the lines that it
swallowed passes for a row itself. A line whose quotes do not fit is broken alone; reading goes on with the next line.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.dialect import Dialect
from mensageria_pipeline.storage.limits import Limits

_PROFILED_ROWS = 500
_DIGITS = re.compile(r"[\d\s.,()+/\-]*\d[\d\s.,()+/\-]*")
_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_FEW = 2


class TextRow(NamedTuple):
    number: int
    """As a spreadsheet counts: a row of several lines is one."""
    cells: list[str]
    lines: Sequence[str]
    """The lines that it was made of; only until the next row is asked for."""
    is_broken: bool = False
    """True where quotes do not say what its cells are; then `cells` are the line's, quotes and all."""


@dataclass
class Profile:
    """What rows of a file look like, by which a line is told from the continuation of a cell."""

    width: int = 0
    """Cells of most rows."""
    counts: list[int] = field(default_factory=list)
    """Per column: filled cells."""
    with_at: list[int] = field(default_factory=list)
    with_digits: list[int] = field(default_factory=list)
    """Per column: cells that are digits and their punctuation."""
    rows: int = 0
    padded: int = 0
    """Cells that begin with a blank, of all that are filled beyond the first of each row."""
    beyond_first: int = 0

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], width: int) -> "Profile":
        """`rows` have the header first: it says how many cells there are and not what they look like."""
        found = cls(width, [0] * width, [0] * width, [0] * width)
        for row in rows[1:]:
            found.learn(row)
        return found

    def learn(self, cells: Sequence[str]) -> None:
        """Take the beginning of a row, or all of it, into account."""
        self.rows += 1
        for position, cell in enumerate(cells[: self.width]):
            if cell.strip():
                self.counts[position] += 1
                self.with_at[position] += "@" in cell
                self.with_digits[position] += bool(_DIGITS.fullmatch(cell))
                self.beyond_first += position > 0
                self.padded += position > 0 and cell[0] == " "

    @property
    def is_padded(self) -> bool:
        """Whether most delimiters have a blank after them, so that blanks tell no prose."""
        return 0 < self.beyond_first <= 2 * self.padded

    def with_row(self, beginning: Sequence[str]) -> "Profile":
        """The same with the beginning of one more row."""
        found = replace(self, counts=[*self.counts], with_at=[*self.with_at], with_digits=[*self.with_digits])
        found.learn(beginning)
        return found

    def could_be_row(self, cells: Sequence[str]) -> bool:
        """False where the number of cells or what is in them says that it is no row of this file."""
        if len(cells) != self.width:
            return False
        if self.rows >= _FEW and not self.is_padded and 2 * sum(cell.startswith(" ") for cell in cells) > len(cells):
            return False  # prose
        filled = [(place, cell) for place, cell in enumerate(cells) if cell.strip()]
        if any(self._is_always_at(place) and "@" not in cell for place, cell in filled):
            return False
        numbers = [bool(_DIGITS.fullmatch(cell)) for place, cell in filled if self._is_always_digits(place)]
        return any(numbers) or not numbers

    def shows_a_row(self, cells: Sequence[str], places: Sequence[int]) -> bool:
        """True where a line holds, at one of `places`, what its column holds: an address, or, in a line that could be
        a row, a number."""
        inside = [place for place in places if place < self.width and (place or len(cells) >= self.width)]
        if any(self._is_always_at(place) and "@" in cells[place] for place in inside):
            return True
        if any(map(self._is_always_at, range(self.width))) and any(_E_MAIL.fullmatch(cells[p]) for p in places if p):
            return True
        if len(cells) != self.width:
            return False
        if any(0 < self.counts[place] <= 2 * self.with_at[place] and "@" in cells[place] for place in places):
            return True
        is_number = any(
            _FEW <= self.counts[place] <= 2 * self.with_digits[place]
            and _DIGITS.fullmatch(cells[place])
            and (self.is_padded or cells[place][0] != " ")
            for place in places
        )
        return is_number and self.could_be_row(cells)

    def always_shows(self, cells: Sequence[str]) -> bool:
        """True where a cell is what its column always is: an address, or a number."""
        return any(
            (self._is_always_at(place) and "@" in cell)
            or (self._is_always_digits(place) and _DIGITS.fullmatch(cell) is not None)
            for place, cell in enumerate(cells[: self.width])
        )

    def _is_always_at(self, place: int) -> bool:
        return 0 < self.counts[place] == self.with_at[place]

    def _is_always_digits(self, place: int) -> bool:
        return _FEW <= self.counts[place] == self.with_digits[place]


class _Lines:
    """The lines of a file; those of the row under way are kept, to be read again."""

    def __init__(self, file: Iterator[str]) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self.row: list[str] = []
        self.has_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._waiting:
            line = self._waiting.popleft()
        else:
            try:
                line = next(self._file)
            except StopIteration:
                self.has_ended = True
                raise
        self.row.append(line)
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.has_ended = False

    def peek(self, count: int) -> list[str]:
        while len(self._waiting) < count and (line := next(self._file, None)) is not None:
            self._waiting.append(line)
        return [line for line, _ in zip(self._waiting, range(count), strict=False)]


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


@dataclass
class RowReader:
    """Reads a UTF-8 file. Without a profile every row that is well formed is believed."""

    path: Path
    dialect: Dialect
    file_name: str
    limits: Limits
    profile: Profile | None = None
    lines: _Lines = field(init=False)

    def __iter__(self) -> Iterator[TextRow]:
        """Every row that is not blank. Raises InputError for a quote that never closes, and for endless cells."""
        csv.field_size_limit(self.limits.cell_characters)
        with self.path.open(encoding="utf-8", newline="") as file:
            for _ in range(self.dialect.skipped_lines):
                next(file, None)
            self.lines = _Lines(file)
            yield from self._numbered(self.dialect.skipped_lines)

    def _numbered(self, number: int) -> Iterator[TextRow]:
        lines, reader, is_after_broken, suspects = self.lines, self.dialect.reader(self.lines), False, 0
        while True:
            lines.row.clear()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                self._refuse_endless(error, number + 1)
                suspects = max(suspects, len(lines.row)) - 1  # lines that its quote reached
                lines.give_back(lines.row[1:])
                reader, is_after_broken = self.dialect.reader(lines), True
                number += 1
                yield self._broken(number, lines.row[0])
                continue
            if cells is None:
                return
            if not cells:  # a blank line
                number += 1
            elif self._is_believed(cells, lines.row, is_after_broken=is_after_broken, is_suspect=suspects > 0):
                is_after_broken, suspects = False, suspects - len(lines.row)
                number += 1
                yield TextRow(number, cells, lines.row)
            else:
                suspects -= len(lines.row)
                for line in list(lines.row):
                    number += 1
                    if line.strip("\r\n"):
                        yield self._broken(number, line)

    def _is_believed(self, cells: list[str], taken: Sequence[str], *, is_after_broken: bool, is_suspect: bool) -> bool:
        if self.profile is None or (len(taken) == 1 and not (is_after_broken or is_suspect)):
            return True
        if is_suspect and len(taken) == 1 and not self.profile.always_shows(cells):
            return False
        if len(taken) == 1:  # it may go on with the cell of the broken line above it
            return self.profile.could_be_row(cells) and taken[0].count(self.dialect.quote) % 2 == 0
        return len(cells) == self.profile.width and not self._may_be_rows(cells)

    def _may_be_rows(self, cells: list[str]) -> bool:
        """Whether the lines that cells span may be rows of their own, between two quotes that are out of place.

        They may where both the first and the last line of a cell are complete without it and it is no prose, or where
        one shows, within it, what rows show: of two rows that became one, the address of one is inside.
        """
        if self.profile is None:
            return False
        lines, spans = _by_line(cells, self.dialect.delimiter)
        known = self.profile.with_row(lines[0].cells[: spans[0].place])
        return any(known.shows_a_row(line.cells, line.inside) for line in lines) or any(
            self._is_of_rows(span, lines, cells[span.place], known) for span in spans
        )

    def _is_of_rows(self, span: _Span, lines: Sequence[_Bare], cell: str, profile: Profile) -> bool:
        """Whether a cell's first and last line are complete without it, or one between them is complete in itself."""
        if profile.width == 1:
            return any(profile.could_be_row(line.cells) for line in lines[span.first + 1 : span.last + 1])
        is_long = min(len(lines[span.first].cells), len(lines[span.last].cells)) >= profile.width
        if is_long and self._holds_cells(cell):
            return True
        whole = [len(line.cells) == profile.width for line in lines[span.first : span.last + 1]]
        texts = _LINE_BREAK.split(cell)
        is_split = whole[0] and whole[-1] and not self._is_prose(texts, profile)
        between = zip(whole[1:-1], texts[1:-1], strict=True)
        return is_split or any(is_whole and not self._is_prose([text], profile) for is_whole, text in between)

    def _holds_cells(self, cell: str) -> bool:
        """Whether a quote stands beside a delimiter, as at the beginning or the end of another cell."""
        quote, delimiter = re.escape(self.dialect.quote), re.escape(self.dialect.delimiter)
        return re.search(f"{quote}{delimiter}(?! )|{delimiter}{quote}", cell) is not None

    def _is_prose(self, lines: Sequence[str], profile: Profile) -> bool:
        """Whether most delimiters in the text have a blank after them, where the file's own have none."""
        after = [part for line in lines for part in line.split(self.dialect.delimiter)[1:]]
        return not profile.is_padded and 2 * sum(part.startswith(" ") for part in after) > len(after)

    def _broken(self, number: int, line: str) -> TextRow:
        """A line as it is; what is beyond the usual number of cells stays in the last."""
        bare = line.rstrip("\r\n")
        most = self.profile.width - 1 if self.profile and self.profile.width else -1
        return TextRow(number, bare.split(self.dialect.delimiter, most), [line], is_broken=True)

    def _refuse_endless(self, error: csv.Error, number: int) -> None:
        if "field larger" in str(error):
            key = "file_cell_too_long" if len(self.lines.row) == 1 else "file_stray_quote"
            raise InputError(key, file=self.file_name, line=number, limit=self.limits.cell_characters) from None
        if self.lines.has_ended and "unexpected end" in str(error):
            raise InputError("file_open_quote", file=self.file_name, line=number) from None


def sample_profile(rows: RowReader) -> Profile:
    """The profile of a file by its first rows, read without one."""
    widths = Counter[int]()
    lines: list[list[str]] = []
    for row in rows:
        if not row.is_broken and any(cell.strip() for cell in row.cells):
            widths[len(row.cells)] += 1
            if len(row.lines) == 1:
                lines.append(row.cells)
        if widths.total() == _PROFILED_ROWS:
            break
    width = max(widths, key=lambda each: widths[each], default=0)
    return Profile.of([cells for cells in lines if len(cells) == width], width)
