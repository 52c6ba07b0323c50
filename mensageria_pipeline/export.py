"""A table or view of the warehouse as a file: Parquet, CSV as Excel in Brazil opens it, or a workbook."""

from enum import StrEnum
from pathlib import Path

import duckdb

from mensageria_pipeline.analytics.relations import TABLES, VIEWS
from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.contracts.dataset import replacing
from mensageria_pipeline.contracts.layout import Layout
from mensageria_pipeline.contracts.queries import identifier, literal, rows_of
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.reports.csv_file import write_csv
from mensageria_pipeline.reports.workbook import Section, write_workbook

_SHEET_ROWS = 1_000_000
"""A sheet holds 1,048,576."""


class Format(StrEnum):
    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"


def export(layout: Layout, name: str, path: Path, form: Format, campaign: str | None = None) -> int:
    """Write a relation, of one campaign or of all, to `path`; how many rows. Rows are in no particular order.

    Raises InputError for a relation that is not there, and for more rows than a sheet holds.
    """
    if name not in (*TABLES, *VIEWS):
        raise InputError("export_unknown", found=name[:60], known=", ".join((*TABLES, *VIEWS)))
    with open_warehouse(layout) as warehouse:
        chosen = f" WHERE campaign = {literal(campaign)}" if campaign else ""
        relation = warehouse.sql(f"FROM {identifier(name)}{chosen}")
        count = len(relation) if form is Format.XLSX else relation.count("*").fetchall()[0][0]
        if form is Format.XLSX and count > _SHEET_ROWS:
            raise InputError("export_too_many_rows", count=count, most=_SHEET_ROWS)
        with replacing(path) as temporary:
            _write(warehouse, relation, temporary, form, name)
    return int(count)


def _write(
    warehouse: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation, path: Path, form: Format, name: str
) -> None:
    if form is Format.PARQUET:
        relation.write_parquet(str(path), compression="zstd")
    elif form is Format.CSV:
        warehouse.execute("SET TimeZone = 'America/Sao_Paulo'")
        write_csv(relation, path)
    else:
        warehouse.execute("SET TimeZone = 'America/Sao_Paulo'")
        write_workbook(path, [Section(name[:31], relation.columns, rows_of(relation))])
