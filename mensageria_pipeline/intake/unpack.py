"""Files inside .gz and .zip, taken out within limits."""

import contextlib
import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.formats import PACKED
from mensageria_pipeline.storage.limits import MEBIBYTE, Limits


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A file that is not packed: where it is, and the extension that says what it holds."""

    path: Path
    extension: str
    packed: str | None = None


@contextlib.contextmanager
def unpacked(path: Path, file: Path, limits: Limits) -> Iterator[Plain]:
    """The list itself: `path` is what it is called, `file` where it is read.

    Names inside an archive give an extension, never a path.
    """
    suffix = path.suffix.lower()
    try:
        size = file.stat().st_size
    except OSError:
        raise InputError("file_gone", file=path.name) from None
    if size > limits.size_bytes:
        raise InputError("file_too_large", file=path.name, limit=limits.size_mib)
    if suffix not in PACKED:
        yield Plain(file, suffix)
        return
    with tempfile.TemporaryDirectory(prefix="mensageria-") as folder:
        target = Path(folder) / "list"
        try:
            unpack = _from_gzip if suffix == ".gz" else _from_zip
            extension = unpack(path, file, target, limits)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError):
            raise InputError("file_archive_damaged", file=path.name) from None
        yield Plain(target, extension, suffix.removeprefix("."))


def _from_gzip(path: Path, file: Path, target: Path, limits: Limits) -> str:
    with gzip.open(file, "rb") as source:
        _copy(source, target, path.name, limits)
    return Path(path.stem).suffix.lower()


def _from_zip(path: Path, file: Path, target: Path, limits: Limits) -> str:
    with zipfile.ZipFile(file) as archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir()
            and not member.filename.startswith("__MACOSX/")
            and not PurePosixPath(member.filename).name.startswith(".")
        ]
        if len(members) != 1:
            raise InputError("file_archive_count", file=path.name, found=len(members))
        if members[0].flag_bits & 1:
            raise InputError("file_archive_encrypted", file=path.name)
        with archive.open(members[0]) as source:
            _copy(source, target, path.name, limits)
        return PurePosixPath(members[0].filename).suffix.lower()


def _copy(source: _Readable, target: Path, file_name: str, limits: Limits) -> None:
    written = 0
    with target.open("wb") as out:
        while chunk := source.read(MEBIBYTE):
            written += len(chunk)
            if written > limits.size_bytes:
                raise InputError("file_too_large", file=file_name, limit=limits.size_mib)
            out.write(chunk)
