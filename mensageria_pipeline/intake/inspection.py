"""How a file is understood: what `mensageria inspect` shows, without taking anything in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.columns import find_roles, recognize
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.doubts import settle_doubts
from mensageria_pipeline.intake.empty_columns import EmptyColumns
from mensageria_pipeline.intake.grid import ROW_NUMBER, Reading
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.limits import Limits

FIRST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file."""

    reading: Reading
    columns: tuple[str, ...]
    roles: dict[str, str]
    """Column → the role it was given."""
    channel: str | None
    """The channel that all rows have; None where each row says its own."""
    row_count: int
    first_rows: list[dict[str, Any]]
    """By column, with `_row_number`."""
    problem: str | None
    """Why a campaign could not use it, though it can be read."""
    problem_key: str | None = None
    """The same as a key of the catalogue."""

    def as_json(self) -> dict[str, Any]:
        return self.reading.as_json() | {
            "rows": self.row_count,
            "columns": list(self.columns),
            "roles": self.roles,
            "channel": self.channel,
            "first_rows": self.first_rows,
            "problem": self.problem,
            "doubt_rows": {
                doubt.name: [{ROW_NUMBER: row.number, "cells": list(row.cells)} for row in doubt.rows]
                for doubt in self.reading.doubts
            },
        }


def inspect_file(
    path: Path,
    definition: CampaignDefinition,
    limits: Limits,
    parquet: Path | None = None,
    on_rows: Callable[[int], None] = lambda _rows: None,
) -> Inspection:
    """Read the whole file as a campaign would; with `parquet`, keep its rows there. Raises InputError."""
    options = ReadOptions(definition.sheet, tuple(definition.columns.values()), limits)
    count, first = 0, list[dict[str, Any]]()
    with open_sheet(path, options) as sheet:
        schema = pa.schema([(ROW_NUMBER, pa.int64()), *((header, pa.string()) for header in sheet.headers)])
        empty = EmptyColumns(sheet.headers)
        rows = empty.of(pa.Table.from_batches([batch]).select(schema.names) for batch in sheet.batches)
        if parquet:
            with replacing(parquet) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
                for table in rows:
                    writer.write_table(table)
                    count, first = count + len(table), first or table.slice(0, FIRST_ROWS).to_pylist()
                    on_rows(count)
        else:
            for table in rows:
                count, first = count + len(table), first or table.slice(0, FIRST_ROWS).to_pylist()
                on_rows(count)
        columns, roles, channel, problem, key = sheet.columns, dict[str, str](), None, None, None
        try:
            roles = {
                header: role.value for role, header in find_roles(columns, definition.columns, empty.names).items()
            }
            found = recognize(columns, definition.columns, definition.channel, empty.names)
            channel = found.default_channel.value if found.default_channel else None
            settle_doubts(sheet.reading, definition, path.name)
        except InputError as error:
            problem, key = error.text(), error.key
        shown = [{name: row[name] for name in (ROW_NUMBER, *columns)} for row in first]
        return Inspection(sheet.reading, columns, roles, channel, count, shown, problem, key)
