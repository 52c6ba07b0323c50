"""Hostile lists end within limits, in a sentence that names the limit, and harm nobody else."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake import workbooks
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline_tests.fakes.workbooks import workbook, zipped
from mensageria_pipeline_tests.needs import MACHINE
from mensageria_pipeline_tests.waiting import PATIENCE_S

pytestmark = MACHINE

_DRIVER = """
import resource, sys
from pathlib import Path

def peak():  # not ru_maxrss: that one begins with the parent's
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.readers import open_sheet
try:
    with open_sheet(Path(sys.argv[1])) as sheet:
        rows = sum(batch.num_rows for batch in sheet.batches)
    said = f"rows {rows}"
except InputError as error:
    said = error.key
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(said, max(children, peak()))
"""


def read(path: Path) -> tuple[str, int, float]:
    """What a process of its own says of a file under the default limits, its peak memory (MiB) and seconds."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER, str(path)], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    said, peak = done.stdout.rsplit(" ", 1)
    return said, int(peak), time.monotonic() - started


def test_a_csv_that_is_one_line_of_500_mb(tmp_path: Path) -> None:
    path = tmp_path / "linha.csv"
    with path.open("wb") as file:
        file.write(b"id;nome;token\n")
        for _ in range(500):
            file.write(b"x" * (1 << 20))
    said, peak, seconds = read(path)
    assert said == "file_line_too_long"
    assert peak < 400
    assert seconds < 30


def test_a_cell_of_2_gb(tmp_path: Path) -> None:
    """Sparse on disk, whole for whoever reads it."""
    path = tmp_path / "celula.csv"
    with path.open("wb") as file:
        file.write(b'id;nome;token\n1;"')
        file.seek(2 << 30)
        file.write(b'";a\n')
    said, peak, _ = read(path)
    assert said in {"file_has_nul", "file_line_too_long", "file_cell_too_long"}
    assert peak < 400


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_16384_columns(tmp_path: Path, extension: str) -> None:
    """What Excel allows is more than a campaign has."""
    path = tmp_path / f"larga.{extension}"
    headers = [f"c{number}" for number in range(16_384)]
    path.write_bytes(workbook([headers, headers]) if extension == "xlsx" else ";".join(headers).encode() * 2)
    said, peak, _ = read(path)
    assert said == "file_too_wide"
    assert peak < 800


def test_a_bomb_inside_a_workbook_is_seen_by_what_it_says_of_itself(tmp_path: Path) -> None:
    """42 kB that unpack to more than the limit of 4 GiB."""
    path = tmp_path / "bomba.xlsx"
    zeros = b"0" * (1 << 20)
    with path.open("wb") as file:
        file.write(zipped({f"xl/{number}.xml": zeros for number in range(40)}))
    with (
        pytest.raises(InputError, match="INPUT_MAX_MEGABYTES"),
        open_sheet(path, ReadOptions(limits=Limits(size_mib=32))),
    ):
        pass


def test_a_workbook_that_needs_more_memory_than_allowed(tmp_path: Path) -> None:
    """The process that reads it ends, not ours."""
    path = tmp_path / "grande.xlsx"
    path.write_bytes(workbook([["token", "texto"], *([f"t{number}", "x" * 2_000] for number in range(20_000))]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        pytest.raises(InputError, match="INPUT_MEMORY_MEGABYTES"),
        open_sheet(path, ReadOptions(limits=Limits(memory_mib=200))),
    ):
        pass
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 100_000


def test_a_workbook_that_takes_too_long(tmp_path: Path) -> None:
    path = tmp_path / "lenta.xlsx"
    path.write_bytes(workbook([["token"], ["a"]]))
    with (
        pytest.raises(InputError, match="INPUT_TIMEOUT_SECONDS"),
        open_sheet(path, ReadOptions(limits=Limits(timeout_s=0.01))),
    ):
        pass


def test_a_reader_that_dies_beyond_catching_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a native library may."""
    path = tmp_path / "mortal.xlsx"
    path.write_bytes(workbook([["token"], ["a"]]))
    real = subprocess.run

    def killed(command: list[str], **options: object) -> object:
        return real([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(workbooks.subprocess, "run", killed)
    with pytest.raises(InputError), open_sheet(path):
        pass


def test_nothing_is_left_of_what_was_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the list is refused."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    for name, content in (
        ("a.zip", zipped({"a.csv": "token\na\n"})),
        ("b.zip", zipped({"b.csv": ""})),
        ("c.xlsx", workbook([["token"], ["a"]])),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            with open_sheet(path) as sheet:
                list(sheet.batches)
        except InputError:
            pass
    assert list(scratch.iterdir()) == []
