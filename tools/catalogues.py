"""The compiled catalogues, which are read at run time, from those that people edit."""

import io
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mensageria_pipeline.texts.catalogue import DOMAIN, LOCALES


def sources() -> Mapping[str, Path]:
    """Locale → its catalogue as people edit it."""
    return {path.parts[-3]: path for path in sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}


def read(path: Path) -> Catalog:
    """Raises babel's PoFileError where the file is none that translators' tools would read."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def compiled(path: Path) -> bytes:
    """The .mo file of a .po file."""
    written = io.BytesIO()
    write_mo(written, read(path))
    return written.getvalue()
