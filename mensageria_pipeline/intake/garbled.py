"""Accents that were broken before the file came: text that was read in one encoding and written in another."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.intake.grid import ROW_NUMBER

_PATTERN = (
    "Ã[¡-¿€ƒ‚‡‰Š“•šœˆ˜]|Ã”[A-Z]|[a-z]Ã\u00a0|Â[\u00a0-¿]"  # UTF-8 read as Windows-1252
    "|[a-z][‡Æ„ƒ¢¡‚][a-zÆ‡]|[A-Z][‡„ƒ¢¡‚€][A-ZÇ]|[a-z][‚ŽÆ¢¡](?:[^A-Za-z]|$)"  # cp850 or Mac Roman read as Windows-1252
    "|[\u0080-\u009f\ufffd]"  # controls that no text has; the sign for what could not be read
)
_GARBLED = re.compile(_PATTERN)
_ASCII = bytes(range(128))
_LEADS = re.compile(
    b"\xc3[\x82\x83\x86]|\xc2[\x80-\x9f\xa1\xa2]|\xc5\xbd|\xc6\x92|\xe2\x80[\x9a\x9e\xa1]|\xe2\x82\xac|\xef\xbf\xbd"
)
"""Signs of the pattern in UTF-8: a chunk without them is clean, and most are."""


def is_garbled(text: bytes) -> bool:
    """Whether a piece of UTF-8 text holds broken accents."""
    if text.isascii():
        return False
    if not _LEADS.search(text.translate(None, _ASCII)):
        return False
    return bool(_GARBLED.search(text.decode("utf-8", errors="ignore")))


def garbled_rows(batch: pa.RecordBatch) -> pa.BooleanArray:
    """Which rows of a batch hold broken accents."""
    return matching_rows(batch, _PATTERN)


def matching_rows(batch: pa.RecordBatch, pattern: str) -> pa.BooleanArray:
    found = pa.repeat(pa.scalar(value=False), batch.num_rows)
    for name in batch.schema.names:
        if name != ROW_NUMBER:
            found = pc.or_(found, pc.coalesce(pc.match_substring_regex(batch[name], pattern), pa.scalar(value=False)))
    return found
