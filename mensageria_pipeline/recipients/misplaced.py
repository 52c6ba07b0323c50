"""Rows whose cells stood under the wrong headers, and that come back for correction without having been corrected.

A workbook has as many cells in every row, so that nothing shows there any more what was wrong with such a row.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import Role
from mensageria_pipeline.contracts.partition import column_key
from mensageria_pipeline.contracts.raw_base import ROW_FIELDS, RowFault, origin_of


@dataclass(slots=True)
class Misplaced:
    """The rows with such faults seen so far. Personal: out of `repr`."""

    _rows: dict[str, tuple[RowFault, dict[str, str]]] = field(default_factory=dict, repr=False)
    """As `linha_original` names a row → its fault, and what it holds."""

    def remember(self, content_hash: str, rows: pa.Table, fault: RowFault, mask: "np.ndarray[Any, Any]") -> None:
        """Keep the rows of a list that `mask` marks. `rows` has row numbers and the cells as JSON."""
        kept = rows.select(["_row_number", ROW_FIELDS]).filter(pa.array(mask))
        for number, fields in zip(*(column.to_pylist() for column in kept.columns), strict=True):
            self._rows[origin_of(content_hash, number)] = fault, _bare(fields)

    def uncorrected(
        self, rows: pa.Table, origins: Sequence[str]
    ) -> Iterator[tuple[RowFault, "np.ndarray[Any, np.dtype[np.bool_]]"]]:
        """Per fault, which of `rows` are such a row as it was."""
        if not self._rows or not any(origins):
            return
        found = [self._fault_of(origin, fields) for origin, fields in zip(origins, _texts(rows), strict=True)]
        for fault in {each for each in found if each}:
            yield fault, np.array([each is fault for each in found])

    def _fault_of(self, origin: str, fields: str) -> RowFault | None:
        fault, before = self._rows.get(origin, (None, {}))
        return fault if fault and _bare(fields) == before else None


def _texts(rows: pa.Table) -> list[str]:
    texts: list[str] = pc.fill_null(rows[ROW_FIELDS], "{}").to_pylist()
    return texts


def _bare(fields: str) -> dict[str, str]:
    """The filled cells of a row, as they compare after a spreadsheet had them in its hands."""
    ours = column_key(Role.ORIGIN.value)
    return {key: " ".join(str(text).split()) for key, text in json.loads(fields).items() if text and key != ours}
