"""The rows of a text file that is not regular, read strictly: what can be read in two ways is broken, not guessed.

A quoted cell may hold line breaks, and a quote that was never meant to open a cell looks the same until the next
quote. So a row of several lines is believed only when it has as many cells as the others and none of the lines that it
swallowed passes for a row itself. A line whose quotes do not fit is broken alone; reading goes on with the next line.
"""

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.dialect import Dialect
from mensageria_pipeline.intake.row_profile import Profile
from mensageria_pipeline.intake.stray_quotes import may_be_rows
from mensageria_pipeline.storage.limits import Limits

_PROFILED_ROWS = 500


class TextRow(NamedTuple):
    number: int
    """As a spreadsheet counts: a row of several lines is one."""
    cells: list[str]
    lines: Sequence[str]
    """The lines that it was made of; only until the next row is asked for."""
    is_broken: bool = False
    """True where quotes do not say what its cells are; then `cells` are the line's, quotes and all."""


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
        return len(cells) == self.profile.width and not may_be_rows(cells, self.profile, self.dialect)

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
