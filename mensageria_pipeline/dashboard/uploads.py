"""Uploaded lists go to disk as they come in: Streamlit would keep each in memory for as long as its page is open.

Streamlit gets a ticket in the place of the content; a page finds the content by the upload's name.
"""

import contextlib
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.storage.layout import Layout

UPLOAD_MIB = 200
"""A larger list is copied into data/input/."""
_TICKET = b"on disk"
_KEPT_S = 12 * 3_600
_OVERHEAD_BYTES = 1 << 20
_PATH = re.compile(r"/_stcore/upload_file/[^/]+/(?P<upload>[0-9a-f-]{1,64})")


def most_mib(settings: Settings) -> int:
    """The largest upload: no larger than any list may be."""
    return min(UPLOAD_MIB, settings.limits.size_mib)


def uploads_folder(layout: Layout) -> Path:
    """Where this process keeps uploads; another one deletes it where this one was killed."""
    return layout.dry_runs_dir / f"{os.getpid()}-uploads"


def uploaded_file(layout: Layout, upload: str) -> Path:
    """The content of an upload. Raises InputError where it is gone: handed over, or older than half a day."""
    path = uploads_folder(layout) / upload
    if not re.fullmatch(r"[0-9a-f-]{1,64}", upload) or not path.is_file():
        raise InputError("upload_gone")
    return path


class UploadsOnDisk:
    """ASGI middleware before Streamlit's own handling of uploads, which still judges session, token and form."""

    def __init__(self, app: ASGIApp, folder: Path, most_bytes: int) -> None:
        self._app, self._folder, self._most_bytes = app, folder, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in {"PUT", "DELETE"}:
            await self._app(scope, receive, send)
            return
        path = self._folder / found["upload"]
        if scope["method"] == "DELETE":
            await self._app(scope, receive, send)
            path.unlink(missing_ok=True)
            return
        await self._app(scope, self._parked(scope, receive, path), send)

    def _parked(self, scope: Scope, receive: Receive, path: Path) -> Receive:
        """Receive that writes the whole body to disk when it is first asked for it, and hands on a ticket."""
        is_done = False

        async def parked() -> Message:
            nonlocal is_done
            if is_done:
                return await receive()
            is_done = True
            _sweep(self._folder)
            return {"type": "http.request", "body": await self._keep(scope, receive, path), "more_body": False}

        return parked

    async def _keep(self, scope: Scope, receive: Receive, path: Path) -> bytes:
        """The form with the ticket. Raises HTTPException, and leaves nothing, for a form that is none or too large."""
        boundary = parse_options_header(Headers(scope=scope).get("content-type"))[1].get(b"boundary", b"")
        is_kept = False
        try:
            with path.open("xb") as file:
                form = _Form(boundary, file)
                await _read(form, receive, self._most_bytes)
                ticket = form.ticket()
                is_kept = True
                return ticket
        except FileExistsError:
            is_kept = True  # another upload's
            raise HTTPException(409) from None
        except FormParserError:
            raise HTTPException(400) from None
        finally:
            if not is_kept:
                path.unlink(missing_ok=True)


class _Form:
    """A form of one file: its headers are kept, its content goes to disk. Raises FormParserError for another."""

    def __init__(self, boundary: bytes, file: BinaryIO) -> None:
        self._boundary, self._file = boundary, file
        self._head, self._name, self._value = b"", b"", b""
        self._parts, self._is_whole = 0, False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_part_data": self._write,
                "on_header_field": self._add_name,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_end": self._end,
            },
        )

    @property
    def size(self) -> int:
        """Bytes of content so far."""
        return self._file.tell()

    def read(self, chunk: bytes) -> None:
        self._parser.write(chunk)

    def ticket(self) -> bytes:
        """The same form around a ticket."""
        if not self._is_whole:
            raise FormParserError
        edge = b"--" + self._boundary
        return edge + b"\r\n" + self._head + b"\r\n" + _TICKET + b"\r\n" + edge + b"--\r\n"

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise FormParserError

    def _write(self, data: bytes, start: int, end: int) -> None:
        self._file.write(memoryview(data)[start:end])

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._head += self._name + b": " + self._value + b"\r\n"
        self._name = self._value = b""

    def _end(self) -> None:
        self._is_whole = True


async def _read(form: _Form, receive: Receive, most_bytes: int) -> None:
    """Raises HTTPException once more has come than a list may have."""
    size = 0
    async for chunk in _body(receive):
        size += len(chunk)
        if size > most_bytes + _OVERHEAD_BYTES:
            raise HTTPException(413)
        form.read(chunk)
    if form.size > most_bytes:
        raise HTTPException(413)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    is_more = True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise FormParserError
        yield message.get("body", b"")
        is_more = message.get("more_body", False)


def _sweep(folder: Path) -> None:
    """Delete what nobody handed over. Streamlit does not tell when a page is closed."""
    folder.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - _KEPT_S
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
