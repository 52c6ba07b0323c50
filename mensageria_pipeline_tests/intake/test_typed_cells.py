"""Typed cells of any workbook: each arrives as what a person sees, or in a form that no id and no text may have."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mensageria_pipeline.contracts.values import LOST_DIGITS
from mensageria_pipeline.intake.readers import open_sheet
from mensageria_pipeline_tests.fakes.workbooks import ods, workbook, xls, xlsb

Cell = int | str | timedelta
_NUMBERS = st.integers(0, 10**20)
_DIGITS = st.text("0123456789", min_size=1, max_size=20)
_DURATIONS = st.timedeltas(timedelta(0), timedelta(hours=20_000)).map(
    lambda each: timedelta(seconds=each.seconds + each.days * 86_400)
)
_SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def _is_right(cell: Cell, text: str) -> bool:
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        shown = f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
        return text == shown
    if isinstance(cell, int) and cell >= 10**15:
        return bool(re.fullmatch(LOST_DIGITS, text)) and abs(float(text) - cell) <= cell * 1e-14
    return text == str(cell)


def _since_1904(rows: Sequence[Sequence[object]]) -> bytes:
    return workbook(rows, since_1904=True)


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.xlsx", workbook), ("b.xlsx", _since_1904), ("c.xls", xls), ("d.xlsb", xlsb), ("e.ods", ods)],
)
@settings(max_examples=6, deadline=None, suppress_health_check=_SLOW)
@example(cells=[10**15 - 1, 10**15, 2**53 + 1, "1234567890123456", "0012", "12.345", "2026-11-26"])
@given(cells=st.lists(st.one_of(_NUMBERS, _DIGITS, _DURATIONS), min_size=1, max_size=30))
def test_numbers_and_durations_arrive_as_they_are_seen(
    name: str, write: Callable[[Sequence[Sequence[object]]], bytes], cells: Sequence[Cell], tmp_path: Path
) -> None:
    """Text stays text beside numbers of the same digits; durations only where the writer of the test knows them."""
    if name in {"c.xls", "d.xlsb"}:
        cells = [cell for cell in cells if not isinstance(cell, timedelta)] or ["0"]
    path = tmp_path / name
    path.write_bytes(write([["valor", "nome"], *([cell, "Ana"] for cell in cells)]))
    with open_sheet(path) as sheet:
        found = [text for batch in sheet.batches for text in batch.column(0).to_pylist()]
    wrong = [(cell, text) for cell, text in zip(cells, found, strict=True) if not _is_right(cell, text or "")]
    assert not wrong
