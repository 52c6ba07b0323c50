"""Any table, by any program, with one thing wrong: right, rejected, refused or doubted; never silently other."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.grid import ROW_NUMBER
from mensageria_pipeline.intake.readers import open_sheet
from mensageria_pipeline_tests.intake.polluted import HEADERS, POLLUTIONS, WRITERS, Table

OF_REJECTED_ROWS = {"surplus", "short", "quotes", "cut"}
MANY = settings.default.max_examples > 1_000
EXAMPLES = settings.default.max_examples // 10 if MANY else 6
_NAMES = [
    "Ana",
    "'t Harde",
    "D'Ávila",
    "Silva, Ana",
    'Ana "Nana" Souza',
    "Ana\\",
    "São Paulo; SP",
    "Rua A, 12\nSão Paulo, SP",
]
_CELLS = st.one_of(
    st.sampled_from([*_NAMES, "", "A10", 'LED 15"', "a|b", "12,50"]),
    st.text(st.sampled_from("ab 1;,|\t\n\"'\\é"), max_size=8).map(str.strip),
)
TABLES = st.lists(st.tuples(_CELLS, _CELLS, _CELLS), min_size=1, max_size=6).map(
    lambda rows: [(f"p{number}q@x.com", *row) for number, row in enumerate(rows)]
)


@dataclass
class Found:
    """What was read of a file."""

    good: list[tuple[str, ...]] = field(default_factory=list)
    rejected: str = ""
    """All that is in the rejected rows, without signs."""
    doubts: set[str] = field(default_factory=set)
    refusal: str = ""


def read(path: Path) -> Found:
    found = Found()
    try:
        with open_sheet(path) as sheet:
            for batch in sheet.batches:
                faulty = set().union(*sheet.reading.faults.values())
                for row in batch.to_pylist():
                    number = row.pop(ROW_NUMBER)
                    cells = tuple((cell or "").strip() for cell in row.values())
                    if number in faulty:
                        found.rejected += bare("".join(cells))
                    else:
                        found.good.append(tuple(cells[: len(HEADERS)]) + tuple(filter(None, cells[len(HEADERS) :])))
            found.doubts = {doubt.name for doubt in sheet.reading.doubts}
    except InputError as error:
        found.refusal = error.text()
    return found


def bare(text: str) -> str:
    return re.sub(r"[^\w@.]", "", text)


def check(table: Table, found: Found) -> None:
    """Nothing is lost, and what was not as it was written is rejected, refused or doubted."""
    if found.refusal or found.doubts - OF_REJECTED_ROWS:
        return
    originals = [tuple(cell.strip() for cell in row) for row in table]
    assert [row for row in originals if row in found.good] == found.good
    for row in originals:
        assert row in found.good or bare(row[0]) in found.rejected
    assert bool(found.rejected) == bool(found.doubts)


_SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.parametrize("pollution", POLLUTIONS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=_SLOW)
@given(table=TABLES, writer=st.sampled_from(list(WRITERS)), share=st.floats(0, 1, exclude_max=True))
def test_nothing_is_silently_other_than_it_was_written(
    pollution: str, table: Table, writer: str, share: float, tmp_path: Path
) -> None:
    """A value that might be wrong is never sent silently, whoever wrote the file and whatever happened to it."""
    form = WRITERS[writer]
    path = tmp_path / "a.csv"
    path.write_bytes(POLLUTIONS[pollution](form.write(table), form, share).encode())
    check(table, read(path))
