"""What assets tell the UI: schemas, lineage, counts and masked previews."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandera.pandas as pa
import pyarrow
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.recipients import arrow_schema, descriptions
from mensageria_pipeline.texts import say

PREVIEW_ROWS = 5


def table_schema(source: pyarrow.Schema | type[pa.DataFrameModel]) -> dg.TableSchema:
    """Dagster's view of an Arrow schema or a pandera model, with each column's meaning."""
    if isinstance(source, pyarrow.Schema):
        meanings = {f.name: (f.metadata or {}).get(b"comment", b"").decode() for f in source}
        schema = source
    else:
        meanings, schema = descriptions(source), arrow_schema(source)
    return dg.TableSchema(
        [
            dg.TableColumn(
                field.name,
                str(field.type),
                meanings[field.name] or None,
                dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in schema
        ]
    )


def lineage(upstream: str, columns: Mapping[str, Sequence[str]]) -> dg.TableColumnLineage:
    """Column → the columns of `upstream` it is made of."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=dg.AssetKey(str(upstream)), column_name=name) for name in names]
            for column, names in columns.items()
        }
    )


def table_metadata(rows: int, path: Path, preview: str | None = None) -> dict[str, Any]:
    """Counts and links every table has."""
    metadata: dict[str, Any] = {
        "dagster/partition_row_count": rows,
        "dagster/storage_kind": "parquet",
        say("meta_file"): dg.MetadataValue.path(str(path)),
    }
    return metadata | ({say("meta_sample"): dg.MetadataValue.md(preview)} if preview else {})


def masked_preview(path: Path, shown: Sequence[str], masked: Iterable[str]) -> str:
    """The first rows of a Parquet file as a Markdown table; the columns of `masked` are masked."""
    hidden = frozenset(masked)
    with pq.ParquetFile(path) as file:
        batch = next(file.iter_batches(PREVIEW_ROWS, columns=list(shown)), None)
    rows = batch.to_pylist() if batch else []
    return markdown_table(shown, [[mask(str(row[c])) if c in hidden else row[c] for c in shown] for row in rows])


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [list(header), ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join("" if cell is None else str(cell) for cell in line) + " |" for line in lines)


_BAR_CELLS = 24


def counts_chart(counts: Mapping[str, int], title: str) -> str:
    """Counts as a table with bars, the largest first: a chart that every version of the UI draws."""
    shown = sorted(((name, count) for name, count in counts.items() if count), key=lambda each: -each[1])
    most = max((count for _, count in shown), default=1)
    rows = [(name, "█" * max(1, round(count / most * _BAR_CELLS)), count) for name, count in shown]
    return markdown_table([title, "", say("meta_count")], rows)


def counts_table(counts: Mapping[str, int], title: str) -> str:
    """Counts as a Markdown table, the largest first, zeros left out."""
    shown = sorted(((name, count) for name, count in counts.items() if count), key=lambda each: -each[1])
    return markdown_table([title, say("meta_count")], shown)
