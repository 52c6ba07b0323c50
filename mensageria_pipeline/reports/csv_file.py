"""CSV as Excel in Brazil opens it: semicolons, a byte-order mark, dates as people write them, and nothing that runs."""

from pathlib import Path

import duckdb

from mensageria_pipeline.contracts.dataset import replacing


def write_csv(relation: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write a relation, whole. Text that a spreadsheet would take for a formula begins with an apostrophe."""
    shown = ", ".join(
        f"""CASE WHEN regexp_matches("{name}", '^[=+@\\t\\r-]') THEN '''' || "{name}" ELSE "{name}" END AS "{name}\""""
        if str(dtype) == "VARCHAR"
        else f'"{name}"'
        for name, dtype in zip(relation.columns, relation.types, strict=True)
    )
    with replacing(path) as temporary:
        body = temporary.with_name(f"{temporary.name}.body")
        try:
            relation.project(shown).write_csv(str(body), sep=";", header=True, timestamp_format="%d/%m/%Y %H:%M:%S")
            with temporary.open("wb") as out, body.open("rb") as source:
                out.write(b"\xef\xbb\xbf")
                while chunk := source.read(1 << 20):
                    out.write(chunk)
        finally:
            body.unlink(missing_ok=True)
