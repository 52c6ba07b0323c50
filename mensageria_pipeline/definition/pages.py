"""Files that belong to a campaign: HTML pages with what they extend or include, images, attachments."""

import re
from collections.abc import Sequence
from pathlib import Path

from mensageria_pipeline.definition.message import Page
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.storage.files import LARGEST_SMALL_BYTES, read_plain
from mensageria_pipeline.storage.limits import MEBIBYTE

_REFERS = re.compile(r"{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)[\"']")
_MOST_FILES = 50


def read_page(folders: Sequence[Path], name: str) -> Page:
    """An HTML file and all that it extends or includes, each from the first of `folders` that has it.

    Raises DefinitionError for one that is missing, is no UTF-8, or lies elsewhere.
    """
    files: dict[str, str] = {}
    wanted = [name]
    while wanted:
        each = wanted.pop()
        if each in files:
            continue
        files[each] = _read_text(find_file(folders, each))
        wanted += _REFERS.findall(files[each])
        if len(files) > _MOST_FILES:
            raise DefinitionError("page_too_many_files", file=name, most=_MOST_FILES)
    return Page(name=name, files=files)


def find_file(folders: Sequence[Path], name: str) -> Path:
    """The file called `name` in the first of `folders` that has it. Raises DefinitionError where none does.

    A link is none: it may lead to anything that this user can read.
    """
    is_plain = name == Path(name).name and not name.startswith(".") and "\0" not in name
    found = (folder / name for folder in folders if (folder / name).is_file() and not (folder / name).is_symlink())
    path = next(found, None) if is_plain else None
    if path is None:
        shown = " / ".join(f"{folder.parent.name}/{folder.name}" for folder in folders)
        raise DefinitionError("campaign_file_missing", file=name[:80], folders=shown)
    return path


def _read_text(path: Path) -> str:
    try:
        return read_plain(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DefinitionError("definition_encoding", file=path.name) from None
    except OSError:
        raise DefinitionError("campaign_file_unusable", file=path.name, most=LARGEST_SMALL_BYTES // MEBIBYTE) from None
