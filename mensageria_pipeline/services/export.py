"""A table or view of the warehouse as a file: Parquet, CSV as Excel in Brazil opens it, or a workbook."""

from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from mensageria_pipeline.analytics.questions import ask_freely_table
from mensageria_pipeline.analytics.relations import TABLES, VIEWS
from mensageria_pipeline.analytics.warehouse import open_warehouse
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.reports.csv_file import write_csv
from mensageria_pipeline.reports.workbook import Section, write_workbook
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.duckdb import identifier, literal, rows_of
from mensageria_pipeline.storage.files import check_target
from mensageria_pipeline.storage.layout import Layout

_SHEET_ROWS = 1_000_000
"""A sheet holds 1,048,576."""


class Format(StrEnum):
    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"


def export(layout: Layout, name: str, path: Path, form: Format, campaign: str | None = None) -> int:
    """Write a relation, of one campaign or of all, to `path`; how many rows. Rows are in no particular order.

    Raises InputError for a relation that is not there, for more rows than a sheet holds, and for a place that is ours.
    """
    if name not in (*TABLES, *VIEWS):
        raise InputError("export_unknown", found=name[:60], known=", ".join((*TABLES, *VIEWS)))
    check_target(layout, path)
    with open_warehouse(layout) as warehouse:
        chosen = f" WHERE campaign = {literal(campaign)}" if campaign else ""
        relation = warehouse.sql(f"FROM {identifier(name)}{chosen}")
        count = len(relation) if form is Format.XLSX else relation.count("*").fetchall()[0][0]
        if form is Format.XLSX and count > _SHEET_ROWS:
            raise InputError("export_too_many_rows", count=count, most=_SHEET_ROWS)
        with replacing(path) as temporary:
            _write(warehouse, relation, temporary, form, name)
    return int(count)


def export_answer(layout: Layout, statement: str, path: Path) -> int:
    """Write what an analyst's own statement gives as Parquet, its types kept; how many rows.

    Raises InputError for a statement that does more than look, and for a place that is ours.
    """
    check_target(layout, path)
    with replacing(path) as temporary:
        answer = ask_freely_table(layout, statement)
        pq.write_table(answer, temporary, compression="zstd")
    return int(answer.num_rows)


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
