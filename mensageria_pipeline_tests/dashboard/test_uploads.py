"""Uploads go to disk piece by piece; what Streamlit keeps in memory is a ticket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mensageria_pipeline.dashboard.uploads import UploadsOnDisk, uploaded_file, uploads_folder
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.layout import Layout

ADDRESS = "/_stcore/upload_file/session/0aa1-22"
MOST_BYTES = 100_000
NAME = "lista 'de' março; x.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return uploads_folder(Layout(tmp_path / "data"))


@pytest.fixture
def server(folder: Path) -> TestClient:
    """What stands where Streamlit does: it reads the form, and says what it got."""

    async def upload(request: Request) -> JSONResponse:
        if request.path_params["upload"] == ".env":
            raise HTTPException(404)
        if request.headers.get("X-Session") == "none":
            raise HTTPException(400, "no session")
        async with request.form() as form:
            (file,) = form.values()
            assert isinstance(file, UploadFile)
            return JSONResponse({"name": file.filename, "content": (await file.read()).decode()})

    async def other(request: Request) -> JSONResponse:
        return JSONResponse({"size": len(await request.body())})

    path = "/_stcore/upload_file/{session}/{upload}"
    routes = [Route(path, upload, methods=["PUT"]), Route("/{path:path}", other, methods=["PUT", "POST", "DELETE"])]
    return TestClient(UploadsOnDisk(Starlette(routes=routes), folder, MOST_BYTES))


def put(server: TestClient, content: bytes, **options: Any) -> Any:
    return server.put(ADDRESS, files={"file": (NAME, content, "text/csv")}, **options)


@pytest.mark.parametrize(
    "content",
    [b"id;nome\r\n1;Ana\r\n", b"", b"\r\n--", b"\x00\xff" * 40_000, b"--\r\n\r\n--x--\r\n", b"x" * MOST_BYTES],
)
def test_a_list_is_on_disk_byte_by_byte_and_only_a_ticket_goes_on(
    server: TestClient, folder: Path, content: bytes
) -> None:
    """Its name arrives as it was."""
    answer = put(server, content)
    assert answer.json() == {"name": NAME, "content": "on disk"}
    assert (folder / "0aa1-22").read_bytes() == content


def test_a_list_that_is_too_large_is_refused_while_it_comes_in(server: TestClient, folder: Path) -> None:
    """Also where it does not say its size."""
    assert put(server, b"x" * (MOST_BYTES + 1)).status_code == 413
    assert list(folder.glob("*")) == []

    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(60):
            yield b"x" * 65_536

    answer = server.put(ADDRESS, content=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413
    assert list(folder.glob("*")) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=b", b"no form"),
        ("multipart/form-data; boundary=b", b"--b\r\nA: b\r\n\r\nhalf"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=" + "b" * 500, b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nA: b\r\n\r\n1\r\n--b\r\nA: b\r\n\r\n2\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"A: b\r\n" * 5_000),
    ],
)
def test_what_is_no_form_of_one_file_leaves_nothing(server: TestClient, folder: Path, kind: str, body: bytes) -> None:
    """Cut, without a boundary, with two files, or endless headers."""
    assert server.put(ADDRESS, content=body, headers={"Content-Type": kind}).status_code == 400
    assert list(folder.glob("*")) == []


def test_nothing_is_written_for_whom_the_application_refuses(server: TestClient, folder: Path) -> None:
    """Session and token are judged before the body is read."""
    assert put(server, b"x", headers={"X-Session": "none"}).status_code == 400
    assert not folder.exists()


def test_an_upload_is_not_written_over_and_goes_when_it_is_taken_away(server: TestClient, folder: Path) -> None:
    """As the cross beside its name does."""
    assert put(server, b"one").status_code == 200
    assert put(server, b"two").status_code == 409
    assert (folder / "0aa1-22").read_bytes() == b"one"
    assert server.delete(ADDRESS).status_code == 200
    assert list(folder.glob("*")) == []


def test_other_requests_pass_as_they_are(server: TestClient, folder: Path) -> None:
    """Only uploads are touched, and only names that Streamlit gives."""
    assert server.put("/other", content=b"12345").json() == {"size": 5}
    assert server.post(ADDRESS, content=b"12345").status_code in {200, 405}
    for name in ("..%2f..%2fx", "x%2fy", ".env"):
        server.put(f"/_stcore/upload_file/session/{name}", content=b"12345")
    assert not folder.exists()


def test_an_upload_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    """Handed over already, or half a day old; no name leads elsewhere."""
    for name in ("0aa1-22", "../../input/a/lista.csv", "", ".", "/etc/passwd"):
        with pytest.raises(InputError, match="Carregue-a de novo"):
            uploaded_file(Layout(tmp_path / "data"), name)
