"""Which encoding a text file is in, found in one pass, with what makes it unreadable refused by a sentence."""

import codecs
import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mensageria_pipeline.contracts.limits import MEBIBYTE, Limits
from mensageria_pipeline.errors import InputError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK_BYTES = MEBIBYTE
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\x84\x86-\x90\x98-\x9f\xa1-\xbf]")
"""An accented letter in UTF-8. In Windows-1252 it would be Ã beside a sign that follows no Ã in Portuguese."""
_UTF16_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one pass over the bytes tells."""

    encoding: str
    has_quotes: bool
    has_lone_returns: bool
    """A carriage return that no line feed follows: old Macs, or a cell with a line break."""


def examine(path: Path, file_name: str, limits: Limits) -> TextFacts:
    """Find the encoding. Raises InputError for NUL bytes, mixed encodings and endless lines.

    UTF-8 when every byte fits it, UTF-16 by its mark or its zeros, else Windows-1252: what Excel writes in Brazil.
    """
    with path.open("rb") as file:
        head = file.read(_UTF16_SAMPLE)
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), None) or _utf16_without_mark(head)
    if encoding and encoding.startswith("utf-16"):
        _check_lines(path, file_name, limits, b"\n\x00" if encoding != "utf-16-be" else b"\x00\n")
        return TextFacts(encoding, has_quotes=True, has_lone_returns=True)
    facts = _scan(path, file_name, limits)
    return TextFacts(encoding or facts.encoding, facts.has_quotes, facts.has_lone_returns)


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a zero in every other byte."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    if head[1::2].count(0) > 0.7 * pairs and not head[0::2].count(0):
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > 0.7 * pairs and not head[1::2].count(0) else None


def _scan(path: Path, file_name: str, limits: Limits) -> TextFacts:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, letter_at, has_quotes, has_lone_returns, tail = True, None, False, False, b""
    line_bytes = position = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if b"\x00" in chunk:
                raise InputError("file_has_nul", file=file_name)
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            seam = tail + chunk
            if letter_at is None and (match := _UTF8_LETTER.search(seam)):
                letter_at = position - len(tail) + match.start()
            has_quotes = has_quotes or b'"' in chunk
            has_lone_returns = has_lone_returns or seam.count(b"\r", 0, -1) != seam.count(b"\r\n")
            line_bytes = _line_length(chunk, line_bytes, file_name, limits)
            position, tail = position + len(chunk), chunk[-1:]
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    if not is_utf8 and letter_at is not None:
        raise InputError("file_mixed_encodings", file=file_name, line=_line_of(path, letter_at))
    return TextFacts("utf-8" if is_utf8 else "cp1252", has_quotes, has_lone_returns or tail == b"\r")


def _line_length(chunk: bytes, before: int, file_name: str, limits: Limits) -> int:
    """Bytes since the last line break. Raises InputError when a line is longer than any row."""
    first = chunk.find(b"\n")
    if before + (len(chunk) if first < 0 else first) > limits.line_bytes:
        raise InputError("file_line_too_long", file=file_name, limit=limits.cell_characters)
    last = chunk.rfind(b"\n")
    return before + len(chunk) if last < 0 else len(chunk) - last - 1


def _check_lines(path: Path, file_name: str, limits: Limits, line_break: bytes) -> None:
    length = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            last = chunk.rfind(line_break)
            length = length + len(chunk) if last < 0 else len(chunk) - last
            if length > 2 * limits.line_bytes:
                raise InputError("file_line_too_long", file=file_name, limit=limits.cell_characters)


def _line_of(path: Path, offset: int) -> int:
    line = 1
    with path.open("rb") as file:
        while offset > 0 and (chunk := file.read(min(offset, _CHUNK_BYTES))):
            line += chunk.count(b"\n")
            offset -= len(chunk)
    return line


@contextlib.contextmanager
def as_utf8(path: Path, facts: TextFacts, file_name: str) -> Iterator[Path]:
    """`path` itself when it is UTF-8 without a mark, else a temporary UTF-8 copy."""
    if facts.encoding == "utf-8":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder:
        copy = Path(folder) / "copy.txt"
        try:
            with (
                path.open(encoding=facts.encoding, newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as out,
            ):
                while chunk := source.read(_CHUNK_BYTES):
                    if "\x00" in chunk:
                        raise InputError("file_has_nul", file=file_name)
                    out.write(chunk)
        except UnicodeError:
            raise InputError("file_not_text", file=file_name, encoding=facts.encoding) from None
        yield copy
