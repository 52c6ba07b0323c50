"""How a text file is written: which sign parts the cells, which one wraps them, how that one is escaped."""

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from mensageria_pipeline.contracts.columns import KNOWN_NAMES
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.storage.duckdb import open_duckdb

if TYPE_CHECKING:
    from _csv import Reader

QUOTE, APOSTROPHE, BACKSLASH = '"', "'", "\\"
_DELIMITERS = (";", ",", "\t", "|")
_SAMPLE_BYTES = 1 << 18
_SAMPLE_LINES = 200
_HEADER_LINES = 50
_SEP_LINE = re.compile(r"^sep=(.)\r?\n?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str
    quote: str = QUOTE
    escape: str | None = None
    """A backslash, where the file writes quotes within quoted cells as \\" rather than doubled."""
    is_padded: bool = False
    """True where blanks stand between a delimiter and the quote that opens a cell."""
    skipped_lines: int = 0
    """1 where the first line only names the delimiter (sep=;)."""

    def reader(self, lines: Iterable[str]) -> "Reader":
        """Python's reader in its strict form: what no writer writes is an error, never a guess."""
        escaped = lines if self.escape is None else map(self._with_plain_backslashes, lines)
        return csv.reader(
            escaped,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.is_padded,
            strict=True,
        )

    def split(self, line: str) -> list[str]:
        """The cells of a line, quotes taken as any other sign."""
        return line.rstrip("\r\n").split(self.delimiter)

    def cells(self, line: str) -> list[str] | None:
        """The cells of a line that is a row by itself; None where it is none."""
        try:
            return next(self.reader([line]), None)
        except csv.Error:
            return None

    def _with_plain_backslashes(self, line: str) -> str:
        """A backslash before anything but a quote, a delimiter or another one is a sign like others (C:\\dir, \\N)."""
        if BACKSLASH not in line:
            return line
        special = {self.quote, self.delimiter, BACKSLASH}
        return re.sub(r"\\(.?)", lambda m: m[0] if m[1] in special else BACKSLASH + m[0], line, flags=re.DOTALL)


def find_dialect(path: Path, preferred: str | None, *, has_quotes: bool) -> Dialect:
    """Delimiter and quote of a UTF-8 file. `preferred` is the delimiter that its name promises, where it does.

    `has_quotes` says whether there is any double quote in it.
    """
    lines = _sample(path)
    if lines and (match := _SEP_LINE.match(lines[0])):
        dialect = Dialect(match.group(1), skipped_lines=1)
    else:
        dialect = Dialect(_delimiter(lines, preferred))
    lines = [line for line in lines[dialect.skipped_lines :] if line.strip()]
    if wraps_in_apostrophes(lines, dialect.delimiter):
        dialect = replace(dialect, quote=APOSTROPHE)
    may_be_padded = has_quotes or dialect.quote != QUOTE
    return replace(dialect, is_padded=may_be_padded and _has_padded_quotes(path, dialect))


def _sample(path: Path) -> list[str]:
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    lines = list(io.StringIO(head.decode("utf-8", errors="ignore"), newline=""))
    if len(head) == _SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # it goes on beyond the sample
    return lines[:_SAMPLE_LINES]


def _delimiter(lines: Sequence[str], preferred: str | None) -> str:
    """What parts the most headers that we know, else what DuckDB's sniffer finds, else the most frequent."""
    if preferred and any(preferred in line for line in lines):
        return preferred
    filled = [line for line in lines if line.strip()]
    known = {delimiter: _known_headers(filled[:_HEADER_LINES], delimiter) for delimiter in _DELIMITERS}
    best = max(known.values())
    if best > 1 and list(known.values()).count(best) == 1:
        return max(known, key=lambda delimiter: known[delimiter])
    text = "".join(filled)
    counts = {delimiter: text.count(delimiter) for delimiter in _DELIMITERS}
    return _sniffed(text) or max(counts, key=lambda delimiter: counts[delimiter])


def _known_headers(lines: Sequence[str], delimiter: str) -> int:
    return max((sum(header_key(cell) in KNOWN_NAMES for cell in line.split(delimiter)) for line in lines), default=0)


def _sniffed(sample: str) -> str | None:
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder, open_duckdb() as connection:
        path = Path(folder) / "sample.txt"
        path.write_text(sample, encoding="utf-8", newline="")
        query = (
            "SELECT Delimiter FROM sniff_csv(?, quote = '\"', all_varchar = true, null_padding = true, "
            "strict_mode = false)"
        )
        try:
            row = connection.execute(query, [str(path)]).fetchone()
        except duckdb.Error:
            return None
    return row[0] if row and row[0] in _DELIMITERS and row[0] in sample else None


def wraps_in_apostrophes(lines: Sequence[str], delimiter: str) -> bool:
    """Whether whole cells are wrapped in apostrophes: a name like 't Harde, or the mark of a text in Excel, is no wrap.

    Either most cells are wrapped, or rows are of one length only when apostrophes are taken for quotes.
    """
    dialect = Dialect(delimiter, quote=APOSTROPHE, is_padded=True)
    cells = [cell for line in lines for each in dialect.split(line) if (cell := each.strip())]
    if 2 * sum(len(cell) > 1 and cell[0] == cell[-1] == APOSTROPHE for cell in cells) > len(cells):
        return True
    if not lines or any(cell.lstrip().startswith(QUOTE) for line in lines for cell in line.split(delimiter)):
        return False
    rows = [dialect.cells(line) for line in lines]
    return (
        None not in rows
        and _is_even(map(len, filter(None, rows)))
        and not _is_even(len(dialect.split(line)) for line in lines)
    )


def _is_even(widths: Iterable[int]) -> bool:
    return len(Counter(widths)) == 1


def _has_padded_quotes(path: Path, dialect: Dialect) -> bool:
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
    padded = re.compile(rb"(?:^|[\r\n]|" + re.escape(delimiter) + rb") +" + quote)
    with path.open("rb") as file:
        while lines := file.readlines(_SAMPLE_BYTES):
            text = b"".join(lines)
            if b" " + quote in text and padded.search(text):
                return True
    return False
