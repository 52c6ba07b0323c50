"""raw_base: every row of every intake as it came. One Parquet file per intake.

The operator's own columns keep their headers and are text. Beside them stand the columns of `PROVENANCE`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from mensageria_pipeline.storage.dataset import Stamp, fingerprint_of, read_stamp
from mensageria_pipeline.storage.layout import Asset, Layout

PROVENANCE = (
    pa.field("_intake", pa.string(), nullable=False, metadata={"comment": "sha256 of the file's content"}),
    pa.field("_file_name", pa.string(), nullable=False, metadata={"comment": "name the file arrived under"}),
    pa.field("_sheet", pa.string(), metadata={"comment": "sheet of the workbook; null for CSV"}),
    pa.field("_row_number", pa.int64(), nullable=False, metadata={"comment": "row as a spreadsheet shows it"}),
)
ROW_FIELDS = "_fields"
"""What the next stage calls a row's cells taken together; no header may bear it either."""
PROVENANCE_NAMES = tuple(field.name for field in PROVENANCE)


class RowFault(StrEnum):
    """Why the cells of a row may stand under the wrong headers; the code that the row is rejected with."""

    EXTRA_CELLS = "extra_cells"
    MISSING_CELLS = "missing_cells"
    CUT_ROW = "cut_row"
    """The line before or after it has a single cell, which may be the rest of its last or first one."""
    BROKEN_QUOTES = "broken_quotes"


def origin_of(content_hash: str, row_number: int) -> str:
    """How `linha_original` names a row: by the beginning of its list's hash (`left(…, 12)` in SQL) and its number."""
    return f"{content_hash[:12]}:{row_number}"


@dataclass(frozen=True, slots=True)
class Intake:
    """One file content that came in, once."""

    content_hash: str
    file_name: str
    received_at: datetime
    row_count: int
    columns: tuple[str, ...]
    """The operator's headers, in the file's order."""
    path: Path
    """Where its rows are."""
    surplus: tuple[str, ...] = ()
    """Columns beyond the header, which only rows with too many cells have."""
    faults: Mapping[RowFault, frozenset[int]] = field(default_factory=dict)
    """Numbers of the rows whose cells may be out of place."""
    empty: tuple[str, ...] = ()
    """Columns without a value in any row."""
    erased: frozenset[int] = frozenset()
    """Numbers of the rows whose cells were erased at a person's request."""
    purged_at: str = ""
    """When all its cells were deleted because their time was over; empty where they were not."""


def schema_of(headers: Sequence[str]) -> pa.Schema:
    return pa.schema([*PROVENANCE, *(pa.field(header, pa.string()) for header in headers)])


def intake_path(layout: Layout, partition: str, content_hash: str) -> Path:
    return layout.partition_dir(Asset.RAW_BASE, partition) / f"{content_hash}.parquet"


def facts_of(
    file_name: str,
    received_at: datetime,
    columns: Sequence[str],
    surplus: Sequence[str],
    faults: Mapping[RowFault, Iterable[int]],
    empty: Sequence[str],
    reading: Mapping[str, Any],
) -> dict[str, Any]:
    """What the file of an intake remembers. `reading` says how the list was understood."""
    return {
        "file_name": file_name,
        "received_at": received_at.isoformat(),
        "columns": list(columns),
        "surplus": list(surplus),
        "faults": {fault.value: sorted(rows) for fault, rows in faults.items()},
        "empty": list(empty),
        "reading": dict(reading),
    }


def list_intakes(layout: Layout, partition: str) -> list[Intake]:
    """The intakes of a partition in the order they were received; the folder is the record."""
    folder = layout.partition_dir(Asset.RAW_BASE, partition)
    stamped = [(path, stamp) for path in folder.glob("*.parquet") if (stamp := read_stamp(path))]
    return sorted((_intake(path, stamp) for path, stamp in stamped), key=lambda i: (i.received_at, i.content_hash))


def raw_fingerprint(intakes: Sequence[Intake]) -> str:
    """What later steps remember of the raw base they read."""
    return fingerprint_of({"intakes": [intake.content_hash for intake in intakes]})


def _intake(path: Path, stamp: Stamp) -> Intake:
    return Intake(
        content_hash=path.stem,
        file_name=stamp.facts["file_name"],
        received_at=datetime.fromisoformat(stamp.facts["received_at"]),
        row_count=stamp.row_count,
        columns=tuple(stamp.facts["columns"]),
        path=path,
        surplus=tuple(stamp.facts.get("surplus", ())),
        faults={RowFault(fault): frozenset(rows) for fault, rows in stamp.facts.get("faults", {}).items()},
        empty=tuple(stamp.facts.get("empty", ())),
        erased=frozenset(stamp.facts.get("erased", ())),
        purged_at=stamp.facts.get("purged_at", ""),
    )
