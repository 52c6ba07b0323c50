"""Whatever bytes come: rows, or one of the project's own sentences. `make fuzz` looks longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline_tests.intake.specimens import GROUPS, Specimen
from mensageria_pipeline_tests.waiting import PATIENCE_S

OPTIONS = ReadOptions(
    limits=Limits(size_mib=8, columns=60, cell_characters=5_000, memory_mib=2048, timeout_s=PATIENCE_S)
)
IN_OUR_PROCESS = (".csv", ".tsv", ".txt", ".jsonl", ".parquet")
SPECIMENS = [specimen for group in GROUPS.values() for specimen in group if len(specimen.content) < 50_000]
SNIPPETS = (
    b'"',
    b";",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"'",
    b",",
    b"\t",
    b"=1+1",
    b"{",
    b"PK",
)
MUCH, LITTLE = settings.default.max_examples, max(10, settings.default.max_examples // 5)


@dataclass(frozen=True)
class Change:
    """One thing done to a file, at a place given as a share of its length."""

    kind: str
    place: float
    content: bytes

    def apply(self, file: bytes) -> bytes:
        place = int(self.place * len(file))
        if self.kind == "insert":
            return file[:place] + self.content + file[place:]
        if self.kind == "overwrite":
            return file[:place] + self.content + file[place + len(self.content) :]
        if self.kind == "delete":
            return file[:place] + file[place + len(self.content) :]
        return file[:place] if self.kind == "truncate" else file + file[place:]


CHANGES = st.lists(
    st.builds(
        Change,
        st.sampled_from(["insert", "overwrite", "delete", "truncate", "repeat"]),
        st.floats(0, 1),
        st.one_of(st.sampled_from(SNIPPETS), st.binary(min_size=1, max_size=12)),
    ),
    max_size=5,
)


def read(specimen: Specimen, changes: Sequence[Change], folder: Path) -> int | None:
    """The rows of a changed file; None where a sentence refused it. Anything else that is raised is a defect."""
    content = specimen.content
    for change in changes:
        content = change.apply(content)
    path = folder / specimen.file
    path.write_bytes(content)
    try:
        with open_sheet(path, OPTIONS) as sheet:
            rows = 0
            for batch in sheet.batches:
                assert batch.schema.names == [*sheet.headers, "_row_number"]
                assert all(pa.types.is_string(batch.schema.field(header).type) for header in sheet.headers)
                rows += batch.num_rows
            return rows
    except InputError as refusal:
        return None if refusal.text() else 0
    finally:
        path.unlink()


_SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=MUCH, deadline=None, suppress_health_check=_SLOW)
@given(specimen=st.sampled_from([s for s in SPECIMENS if s.file.endswith(IN_OUR_PROCESS)]), changes=CHANGES)
def test_text_that_was_tampered_with(specimen: Specimen, changes: Sequence[Change], tmp_path: Path) -> None:
    read(specimen, changes, tmp_path)


@settings(max_examples=LITTLE, deadline=None, suppress_health_check=_SLOW)
@given(specimen=st.sampled_from([s for s in SPECIMENS if not s.file.endswith(IN_OUR_PROCESS)]), changes=CHANGES)
def test_workbooks_and_archives_that_were_tampered_with(
    specimen: Specimen, changes: Sequence[Change], tmp_path: Path
) -> None:
    read(specimen, changes, tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.xlsx", "a.ods", "a.zip", "a.csv.gz"])
@settings(max_examples=LITTLE, deadline=None, suppress_health_check=_SLOW)
@given(content=st.binary(max_size=2_000))
def test_bytes_of_no_meaning(name: str, content: bytes, tmp_path: Path) -> None:
    read(Specimen(name, "", content), [], tmp_path)
