"""Which encoding a text file is in, found in one pass, with what makes it unreadable refused by a sentence."""

import codecs
import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.code_pages import CodePage, code_page_of, words_of
from mensageria_pipeline.intake.garbled import is_garbled
from mensageria_pipeline.storage.limits import MEBIBYTE, Limits

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK_BYTES = MEBIBYTE
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\x84\x86-\x90\x98-\x9f\xa1-\xbf]")
"""An accented letter in UTF-8. In Windows-1252 it would be Ã beside a sign that follows no Ã in Portuguese."""
_UTF16_SAMPLE = 4096
_END_MARK = b"\x1a"
_SEAM_BYTES = 16
"""Of the chunk before, so that nothing is missed where two meet."""


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one pass over the bytes tells."""

    encoding: str
    has_quotes: bool
    has_lone_returns: bool
    """A carriage return that no line feed follows: old Macs, or a cell with a line break."""
    is_garbled: bool = False
    """True where accents were broken before the file came."""
    has_end_mark: bool = False
    """True where the file ends in the sign with which DOS ended texts (Ctrl+Z)."""
    is_certain: bool = True
    """False where its words may be meant in another code page."""


def examine(path: Path, file_name: str, limits: Limits) -> TextFacts:
    """Find the encoding. Raises InputError for NUL bytes, mixed encodings and endless lines.

    UTF-8 when every byte fits it, UTF-16 by its mark or its zeros, else the code page in which its words make sense.
    """
    with path.open("rb") as file:
        head = file.read(_UTF16_SAMPLE)
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), None) or _utf16_without_mark(head)
    if encoding and encoding.startswith("utf-16"):
        _check_lines(path, file_name, limits, b"\n\x00" if encoding != "utf-16-be" else b"\x00\n")
        return TextFacts(encoding, has_quotes=True, has_lone_returns=True)
    facts = _scan(path, file_name, limits)
    return replace(facts, encoding=encoding or facts.encoding, has_end_mark=_text_end(path) < path.stat().st_size)


def _text_end(path: Path) -> int:
    """Where a text ends before a mark of DOS and what follows it; the size of the file where there is none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - _SEAM_BYTES))
        tail = file.read()
    bare = tail.rstrip(b"\r\n")
    return start + len(bare.rstrip(_END_MARK)) if bare.endswith(_END_MARK) else size


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a zero in every other byte."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    if head[1::2].count(0) > 0.7 * pairs and not head[0::2].count(0):
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > 0.7 * pairs and not head[1::2].count(0) else None


def _scan(path: Path, file_name: str, limits: Limits) -> TextFacts:
    scan = _Scan(path, file_name, limits)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            scan.feed(chunk)
    if scan.is_utf8():
        return TextFacts("utf-8", scan.has_quotes, scan.has_lone_returns(), scan.garbled)
    if scan.letter_at is not None:
        raise InputError("file_mixed_encodings", file=file_name, line=_line_of(path, scan.letter_at))
    page = _code_page(path)
    return TextFacts(page.name, scan.has_quotes, scan.has_lone_returns(), is_certain=page.is_certain)


@dataclass
class _Scan:
    """What the bytes seen so far tell."""

    path: Path
    file_name: str
    limits: Limits
    has_quotes: bool = False
    garbled: bool = False
    letter_at: int | None = None
    """Where the first accented letter in UTF-8 is."""
    _decoder: codecs.IncrementalDecoder | None = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    _lone_returns: bool = False
    _tail: bytes = b""
    _position: int = 0
    _line_bytes: int = 0

    def feed(self, chunk: bytes) -> None:
        """Raises InputError for NUL bytes and endless lines."""
        if b"\x00" in chunk:
            raise InputError("file_has_nul", file=self.file_name)
        self._decode(chunk)
        seam = self._tail + chunk
        if self.letter_at is None and (match := _UTF8_LETTER.search(seam)):
            self.letter_at = self._position - len(self._tail) + match.start()
        self.has_quotes = self.has_quotes or b'"' in chunk
        self.garbled = self.garbled or is_garbled(seam)
        returns = chunk.count(b"\r", 0, -1) + self._tail.endswith(b"\r")
        if returns:
            pairs = chunk.count(b"\r\n") + (self._tail[-1:] + chunk[:1] == b"\r\n")
            self._lone_returns = self._lone_returns or returns != pairs
        self._line_bytes = _line_length(chunk, self._line_bytes, self.file_name, self.limits)
        self._position, self._tail = self._position + len(chunk), chunk[-_SEAM_BYTES:]

    def _decode(self, chunk: bytes, *, final: bool = False) -> None:
        if self._decoder:
            try:
                self._decoder.decode(chunk, final=final)
            except UnicodeDecodeError:
                self._decoder = None

    def is_utf8(self) -> bool:
        """To be asked after the last chunk."""
        self._decode(b"", final=True)
        return self._decoder is not None

    def has_lone_returns(self) -> bool:
        return self._lone_returns or self._tail.endswith(b"\r")


def _code_page(path: Path) -> CodePage:
    words: set[bytes] = set()
    with path.open("rb") as file:
        while chunk := file.readlines(_CHUNK_BYTES):
            words_of(b"".join(chunk), words)
    return code_page_of(words)


def _line_length(chunk: bytes, before: int, file_name: str, limits: Limits) -> int:
    """Bytes since the last line break. Raises InputError when a line is longer than any row."""
    breaks = [place for sign in (b"\n", b"\r") if (place := chunk.find(sign)) >= 0]
    if before + min(breaks, default=len(chunk)) > limits.line_bytes:
        raise InputError("file_line_too_long", file=file_name, limit=limits.cell_characters)
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
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
    """`path` itself when it is UTF-8 without marks, else a temporary UTF-8 copy."""
    if facts.encoding == "utf-8" and not facts.has_end_mark:
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
        os.truncate(copy, _text_end(copy))
        yield copy
