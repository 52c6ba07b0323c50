"""CSV as Excel in Brazil opens it: semicolons, a byte-order mark, dates as people write them, and nothing that runs."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.texts import Language, current

_MOMENT = {Language.PT_BR: "%d/%m/%Y %H:%M:%S", Language.EN: "%Y-%m-%d %H:%M:%S"}


def write_csv(relation: duckdb.DuckDBPyRelation, path: Path, headings: Sequence[str] = ()) -> None:
    """Write a relation, whole, under `headings`, or the names of its columns."""
    columns = zip(relation.columns, relation.types, headings or relation.columns, strict=True)
    shown = ", ".join(f'{_shown(name, str(dtype))} AS "{heading}"' for name, dtype, heading in columns)
    with replacing(path) as temporary:
        body = temporary.with_name(f"{temporary.name}.body")
        try:
            relation.project(shown).write_csv(str(body), sep=";", header=True, timestamp_format=_MOMENT[current()])
            with temporary.open("wb") as out, body.open("rb") as source:
                out.write(b"\xef\xbb\xbf")
                while chunk := source.read(1 << 20):
                    out.write(chunk)
        finally:
            body.unlink(missing_ok=True)


def _shown(name: str, dtype: str) -> str:
    """A column. Text that a spreadsheet would take for a formula begins with an apostrophe."""
    if dtype != "VARCHAR":
        return f'"{name}"'
    return f"""CASE WHEN regexp_matches("{name}", '^[=+@\\t\\r-]') THEN '''' || "{name}" ELSE "{name}" END"""
