"""What every cell goes through on its way in, whatever the format: one form for each letter, no control characters."""

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.clean_text import is_composed, is_plain, may_have_controls
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.intake.grid import Doubt, Reading

_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""What no text document may hold (XML 1.0, 2.2), and what erases."""
_PAGE_BREAKS = r"[\x0b\x0c]"
_LATE_CONTROLS = r"[\x{80}-\x{9f}]"
"""Quotes and dashes of Windows-1252 that some program took for Latin-1."""
_KEPT_DIGITS = 15
_LONG_NUMBER = rf"^\d{{{_KEPT_DIGITS + 1},}}$"
_ROUNDED_NUMBER = rf"^\d{{{_KEPT_DIGITS}}}0+$"
"""As a spreadsheet writes a number to a CSV whose digits it does not keep."""
_SHOWN_ROWS = 5


@dataclass(slots=True)
class Entrance:
    """Cleans the cells of one file, column by column, and remembers what a person should know of it.

    A look at the bytes decides whether there is anything to do: for nearly all columns there is not.
    """

    reading: Reading
    _removed: Counter[str] = field(default_factory=Counter)
    _rows: list[int] = field(default_factory=list)
    _is_broken: bool = False
    _long: Counter[str] = field(default_factory=Counter)
    """Header → numbers of more digits than a spreadsheet keeps."""
    _rounded: Counter[str] = field(default_factory=Counter)
    """Header → those of them that end in zeros from there on."""

    def clean(self, header: str, column: pa.StringArray, numbers: pa.Int64Array) -> pa.StringArray:
        """Letters and their accents as one character (NFC), so that two that look alike are; no control characters."""
        self._look_at_numbers(header, column)
        if is_plain(column):
            return column
        if may_have_controls(column):
            column = self._without_controls(header, column, numbers)
        if self.reading.delimiter is None and not self._is_broken:
            self._is_broken = bool(pc.any(pc.match_substring_regex(column, _LATE_CONTROLS)).as_py())
        return column if is_composed(column) else pc.utf8_normalize(column, "NFC")

    def _without_controls(self, header: str, column: pa.StringArray, numbers: pa.Int64Array) -> pa.StringArray:
        has_controls = pc.fill_null(pc.match_substring_regex(column, _CONTROLS), fill_value=False)
        if not pc.any(has_controls).as_py():
            return column
        self._removed[header] += pc.sum(has_controls).as_py()
        self._rows += numbers.filter(has_controls).to_pylist()[:_SHOWN_ROWS]
        spaced = pc.replace_substring_regex(column, _PAGE_BREAKS, " ")
        return pc.replace_substring_regex(spaced, _CONTROLS, "")

    def _look_at_numbers(self, header: str, column: pa.StringArray) -> None:
        if (pc.max(pc.binary_length(column)).as_py() or 0) <= _KEPT_DIGITS or self._long[header] > self._rounded[
            header
        ]:
            return
        if long := pc.sum(pc.match_substring_regex(column, _LONG_NUMBER)).as_py():
            self._long[header] += long
            self._rounded[header] += pc.sum(pc.match_substring_regex(column, _ROUNDED_NUMBER)).as_py()

    def doubts(self) -> list[Doubt]:
        """What to say once all rows have passed."""
        found = []
        if self._removed:
            rows = ", ".join(map(str, sorted(set(self._rows))[:_SHOWN_ROWS]))
            columns = ", ".join(shown_headers(self._removed))
            found.append(Doubt.of("doubt_controls", count=sum(self._removed.values()), columns=columns, rows=rows))
        rounded = [header for header, count in self._long.items() if count > 1 and self._rounded[header] == count]
        if rounded:
            found.append(Doubt.of("doubt_rounded", columns=", ".join(shown_headers(rounded))))
        if self._is_broken:
            found.append(Doubt.of("doubt_mojibake"))
        return found
