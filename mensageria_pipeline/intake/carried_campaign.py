"""Which campaign a corrected workbook of rejected rows belongs to: it carries it in a property of the document."""

import re
import zipfile
from functools import lru_cache
from pathlib import Path

from mensageria_pipeline.contracts.columns import CAMPAIGN_PROPERTY
from mensageria_pipeline.contracts.partition import campaign_key
from mensageria_pipeline.errors import InputError

_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".ods")
_LARGEST_BYTES = 256 * 1024
"""Of the properties; those of a workbook take a few hundred bytes."""
_KEY = rb"([a-z0-9_-]+)"
_NAME = CAMPAIGN_PROPERTY.encode()
_PLACES = (
    ("docProps/custom.xml", re.compile(rb"name=[\"']" + _NAME + rb"[\"'][^>]*>\s*<vt:lpwstr[^>]*>" + _KEY + rb"</")),
    ("meta.xml", re.compile(rb"meta:name=[\"']" + _NAME + rb"[\"'][^>]*>" + _KEY + rb"</")),
)
"""Where Excel's formats and OpenDocument keep a document's own properties."""


def carried_campaign(path: Path, name: str = "") -> str | None:
    """The campaign that a workbook says it belongs to; None for every other file, and for what cannot be read.

    `name`: what the file is called, where `path` does not say it.
    """
    if not (name or path.name).lower().endswith(_WORKBOOKS):
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, _mtime_ns: int, _size: int) -> str | None:
    """Once for each content: the input folder is looked at every few seconds."""
    try:
        with zipfile.ZipFile(path) as archive:
            for place, pattern in _PLACES:
                if place in archive.namelist():
                    with archive.open(place) as part:
                        found = pattern.search(part.read(_LARGEST_BYTES))
                    if found and (key := found[1].decode()) == campaign_key(key):
                        return key
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, InputError):
        return None  # its reading will say what is wrong with it
    return None
