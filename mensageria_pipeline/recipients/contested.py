"""Rows that share a person, an address or a correction: they are decided together, in order."""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from mensageria_pipeline.recipients.fates import Decision, Row
from mensageria_pipeline.storage.duckdb import query


@dataclass
class Decided:
    """Decisions over contested rows, by position, in order."""

    positions: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def add(self, positions: Sequence[int], decisions: Sequence[Decision]) -> None:
        self.positions += positions
        self.decisions += decisions

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put the decisions into a chunk of consecutive positions."""
        if frame.empty:
            return frame
        start, end = int(frame["position"].iloc[0]), int(frame["position"].iloc[-1])
        low, high = bisect.bisect_left(self.positions, start), bisect.bisect_right(self.positions, end)
        places = [position - start for position in self.positions[low:high]]
        if places:
            chosen = self.decisions[low:high]
            frame.loc[places, "fate"] = [decision.fate.value for decision in chosen]
            frame.loc[places, "code"] = [decision.code for decision in chosen]
            frame.loc[places, "revision"] = [decision.revision for decision in chosen]
            frame.loc[places, "refers_to"] = [decision.refers_to for decision in chosen]
        return frame


@dataclass
class Notes:
    """What refused rows say of other rows."""

    referred: dict[int, tuple[int, int]]
    """Position → (intake's number, row number) of rows that others duplicate or repeat."""
    superseded: dict[int, str] = field(default_factory=dict)
    """Position of a rejected row → intake:row of its correction."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, contested: Decided) -> "Notes":
        wanted = sorted({decision.refers_to for decision in contested.decisions if decision.refers_to >= 0})
        contested_fates = pa.table({"refers_to": pa.array(wanted, pa.int64())})  # noqa: F841 - DuckDB reads it
        rows = connection.execute(query("mensageria_pipeline.recipients", "referred")).fetchall()
        return cls({position: (intake, row_number) for position, intake, row_number in rows})


def rows_of(columns: Sequence[Sequence[Any]]) -> Iterator[Row]:
    """Rows from their columns: position, intake, channel, address, known_as, document, code."""
    for position, intake, channel, address, known_as, document, code in zip(*columns, strict=True):
        yield Row(position, intake, channel, address, known_as or address, known_as, document, code)
