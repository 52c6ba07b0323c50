"""What the rows of a file look like, by which a line is told from the continuation of a cell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

_DIGITS = re.compile(r"[\d\s.,()+/\-]*\d[\d\s.,()+/\-]*")
_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_FEW = 2


@dataclass
class Profile:
    """Counted over the first rows of a file."""

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
