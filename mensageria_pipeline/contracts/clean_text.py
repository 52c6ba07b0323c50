"""Text as it is compared: composed, and without what nobody sees.

What is pasted from web pages and chats brings characters along that show nothing. Free text keeps them inside (they
join emoji); ids, documents and addresses do not: two that look alike are one.
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mensageria_pipeline.storage.duckdb import literal

_HIDDEN_RANGES: Sequence[tuple[int, int]] = (
    (0x00, 0x08),
    (0x0E, 0x1F),
    (0x7F, 0x84),
    (0x86, 0x9F),  # control characters
    (0xAD, 0xAD),
    (0x061C, 0x061C),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
)
"""Controls and marks of width and direction."""
_SHAPING_RANGES: Sequence[tuple[int, int]] = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""Fillers, variants and tags: unseen too, but text may end in them (❤️ and the flag of England do)."""
_SPACE_RANGES: Sequence[tuple[int, int]] = (
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
"""Spaces other than the one on the keyboard."""
_PRINTABLE = (0x20, 0x7E)
_COMPOSED_UNTIL = 0xC3
"""Lead byte of the last characters (ÿ) that have one form only."""


TEXT_MARKS = {"=": r'^="([^"]*)"$', "'": r"^'([+(]?\d[\d\s().+/:,\-]*)$"}
"""First character → form of a cell whose text a spreadsheet has marked as text, the text being its group. For RE2."""


def _python_class(ranges: Sequence[tuple[int, int]]) -> str:
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


def _re2_class(ranges: Sequence[tuple[int, int]]) -> str:
    return "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in ranges)


_SPACES_RE2 = _re2_class(_SPACE_RANGES)
_SPACES = re.compile(f"[{_python_class(_SPACE_RANGES)}]")
_UNSEEN_RANGES = (*_HIDDEN_RANGES, *_SHAPING_RANGES)
_EDGE_RANGES = (*_HIDDEN_RANGES, *_SPACE_RANGES, (0x09, 0x0D), (0x20, 0x20))
_UNSEEN = re.compile(f"[{_python_class(_UNSEEN_RANGES)}]")
_UNSEEN_RE2 = _re2_class(_UNSEEN_RANGES)
_EDGE_RE2 = _re2_class(_EDGE_RANGES)
EDGES = "".join(chr(code) for low, high in _EDGE_RANGES for code in range(low, high + 1))
"""The characters that are cut from both ends of any cell."""
_DIGIT_GROUPS = re.compile(r"[0-9]+(?: [0-9]+)+")


def trimmed_text(text: str) -> str:
    """`text` composed (NFC), without spaces and unseen characters around it."""
    return unicodedata.normalize("NFC", text).strip(EDGES)


def key_text(text: str) -> str:
    """A text that names somebody: composed, without unseen characters; any space is the common one.

    Uncommon spaces between groups of digits are how numbers are set, and go. Text that has none of all these stays.
    """
    composed = unicodedata.normalize("NFC", text)
    spaced = _SPACES.sub(" ", _UNSEEN.sub("", composed)).strip()
    if _SPACES.search(composed) and _DIGIT_GROUPS.fullmatch(spaced):
        return spaced.replace(" ", "")
    return spaced


def trim_sql(cell: str) -> str:
    """`trimmed_text` in DuckDB, for text that is composed already."""
    edges = f"^[{_EDGE_RE2}]+|[{_EDGE_RE2}]+$"
    return f"regexp_replace({cell}, '{edges}', '', 'g')"


def has_edge_sql(cell: str) -> str:
    """Whether there may be anything to trim or to unmark, in DuckDB: one quick look."""
    begins = "".join(f"\\x{{{ord(letter):x}}}" for letter in TEXT_MARKS)
    return f"regexp_matches({cell}, '^[{_EDGE_RE2}{begins}]|[{_EDGE_RE2}]$')"


def key_sql(cell: str) -> str:
    """`key_text` in DuckDB, without a spreadsheet's marks of text."""
    composed = f"nfc_normalize({cell})"
    shown = f"regexp_replace({composed}, '[{_UNSEEN_RE2}]', '', 'g')"
    spaced = trim_sql(f"regexp_replace({shown}, '[{_SPACES_RE2}]', ' ', 'g')")
    is_set = f"regexp_matches({composed}, '[{_SPACES_RE2}]') AND regexp_full_match({spaced}, '[0-9]+( [0-9]+)+')"
    cleaned = f"CASE WHEN {is_set} THEN replace({spaced}, ' ', '') ELSE {spaced} END"
    return unmarked_sql(f"CASE WHEN strlen({cell}) = length({cell}) THEN {trim_sql(cell)} ELSE {cleaned} END")


def unmarked_sql(text: str) -> str:
    """Trimmed text without a spreadsheet's marks of text, in DuckDB."""
    for form in TEXT_MARKS.values():
        text = f"regexp_replace({text}, {literal(form)}, '\\1')"
    return text


def is_plain(column: pa.Array | pa.ChunkedArray) -> bool:
    """True where all text is ASCII that can be seen: nothing is to be done about it. A look at its bytes only."""
    low, high = _byte_range(column)
    return low >= _PRINTABLE[0] and high <= _PRINTABLE[1]


def may_have_controls(column: pa.Array) -> bool:
    """True where some text has a control character or a line break, by its bytes."""
    data = _bytes_of(column)
    return bool(data.size) and bool(data.min() < _PRINTABLE[0] or (data == _PRINTABLE[1] + 1).any())


def is_composed(column: pa.Array | pa.ChunkedArray) -> bool:
    """True where no text can have another form (NFC), by its bytes."""
    return _byte_range(column)[1] <= _COMPOSED_UNTIL


def _byte_range(column: pa.Array | pa.ChunkedArray) -> tuple[int, int]:
    """The lowest and the highest byte of all texts; those of a space for none."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    ranges = [_bytes_of(chunk) for chunk in chunks]
    filled = [each for each in ranges if each.size]
    if not filled:
        return _PRINTABLE[0], _PRINTABLE[0]
    return min(int(each.min()) for each in filled), max(int(each.max()) for each in filled)


def _bytes_of(array: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return np.zeros(0, np.uint8)
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    bounds = np.frombuffer(offsets, width)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
