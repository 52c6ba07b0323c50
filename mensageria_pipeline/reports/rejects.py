"""rejeitados.xlsx: the rows that an operator can correct, as they came, each with what is wrong.

Corrected and dropped into the campaign's folder it is a list like any other; its column `linha_original` says which
row each corrects. Lists with other columns, and more rows than a sheet should have, get a workbook of their own.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from mensageria_pipeline.contracts.columns import CAMPAIGN_PROPERTY, REJECT_COLUMNS, REJECTS_SHEET
from mensageria_pipeline.contracts.partition import Partition, header_key
from mensageria_pipeline.contracts.raw_base import Intake, list_intakes
from mensageria_pipeline.errors import StaleInputError
from mensageria_pipeline.reports.words import teach
from mensageria_pipeline.reports.workbook import freeze_and_filter, header_cell, text_cell
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.duckdb import FETCH_ROWS, literal, open_duckdb, query
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline.texts import say

_PACKAGE = "mensageria_pipeline.reports"
_NAME = "rejeitados"
WORKBOOK_ROWS = 100_000
_COMMENTS = 2_000
"""Comments are kept in memory until a workbook is saved, and slow to open: the first rows have them."""
_MEASURED = 500
_WRONG = PatternFill("solid", fgColor="F8CBAD")
_OURS = 5
"""Columns of the query that are ours; the list's follow."""
_OUR_FONT = Font(name="Calibri", italic=True, color="595959")
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_WIDTHS = {"erro": 60, "sugestao": 44, "linha_original": 20}
_ERROR, _SUGGESTION, _ORIGIN = REJECT_COLUMNS


@dataclass(frozen=True, slots=True)
class Rejects:
    """What was written. Empty `paths`: there is nothing to correct."""

    paths: Sequence[Path]
    row_count: int


@dataclass(frozen=True, slots=True, repr=False)
class _Rejection:
    cells: Mapping[str, str | None]
    faults: frozenset[str]
    """Headers of the cells that are wrong."""
    error: str
    suggestion: str
    origin: str


def write_rejects(layout: Layout, partition: str) -> Rejects:
    """Write the workbooks of a partition's open rejections, and delete those that are of the past.

    Raises StaleInputError where the rows were not judged yet.
    """
    if not layout.table(Asset.REJECTED_RECIPIENTS, partition).exists():
        raise StaleInputError("step_missing", asset=Asset.REJECTED_RECIPIENTS.value, campaign=partition)
    folder = layout.export_dir(partition)
    paths, row_count = list[Path](), 0
    for columns, intakes in _by_columns(list_intakes(layout, partition)).items():
        rows = itertools.chain.from_iterable(_rejections(layout, partition, intake) for intake in intakes)
        while chunk := list(itertools.islice(rows, WORKBOOK_ROWS)):
            path = folder / (f"{_NAME}-{len(paths) + 1}.xlsx" if paths else f"{_NAME}.xlsx")
            with replacing(path) as temporary:
                _write(temporary, Partition.parse(partition).campaign, columns, chunk)
            paths.append(path)
            row_count += len(chunk)
    for old in set(folder.glob(f"{_NAME}*.xlsx")) - set(paths):
        old.unlink()
    return Rejects(paths, row_count)


def _by_columns(intakes: Sequence[Intake]) -> dict[tuple[str, ...], list[Intake]]:
    """Intakes by the operator's own columns, those of the latest list first."""
    groups: dict[tuple[str, ...], list[Intake]] = {}
    for intake in reversed(intakes):
        own = tuple(header for header in intake.columns if header_key(header) != header_key(_ORIGIN))
        groups.setdefault(own, []).insert(0, intake)
    return groups


def _rejections(layout: Layout, partition: str, intake: Intake) -> Iterator[_Rejection]:
    table = literal(layout.table(Asset.REJECTED_RECIPIENTS, partition))
    with open_duckdb() as connection:
        teach(connection)
        for name, source in (("rejected_recipients", table), ("raw", literal(intake.path))):
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet({source}, hive_partitioning = false)")
        relation = connection.sql(query(_PACKAGE, "open_rejections"), params={"intake": intake.content_hash})
        for batch in relation.to_arrow_reader(FETCH_ROWS):
            ours, cells = batch.columns[:_OURS], batch.select(range(_OURS, batch.num_columns)).select(intake.columns)
            for values, row in zip(
                zip(*(column.to_pylist() for column in ours), strict=True), cells.to_pylist(), strict=True
            ):
                fault, reason, suggestion, correction, origin = values
                if correction:
                    suggestion = say("rejects_proposal", suggestion=suggestion, correction=correction)
                yield _Rejection(row, frozenset(fault.split(", ")) | {fault}, reason, suggestion, origin)


def _write(path: Path, campaign: str, columns: Sequence[str], rows: Sequence[_Rejection]) -> None:
    workbook = Workbook(write_only=True)
    workbook.custom_doc_props.append(StringProperty(name=CAMPAIGN_PROPERTY, value=campaign))  # type: ignore[attr-defined]
    sheet = workbook.create_sheet(REJECTS_SHEET)
    headers = [*columns, *REJECT_COLUMNS]
    for position, header in enumerate(headers, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = _WIDTHS.get(header) or _width(header, rows)
    freeze_and_filter(sheet, len(headers), len(rows) + 1)
    sheet.append([header_cell(sheet, header) for header in headers])
    for number, row in enumerate(rows):
        sheet.append([*_own_cells(sheet, columns, row, has_comment=number < _COMMENTS), *_our_cells(sheet, row)])
    workbook.save(path)


def _width(header: str, rows: Sequence[_Rejection]) -> int:
    """As wide as the longest of the first cells, within reason."""
    longest = max(len(row.cells.get(header) or "") for row in rows[:_MEASURED])
    return min(40, max(10, len(header) + 4, longest + 2))


def _own_cells(sheet: Any, columns: Sequence[str], row: _Rejection, *, has_comment: bool) -> Iterator[Any]:
    for header in columns:
        cell = text_cell(sheet, row.cells.get(header))
        if header in row.faults:
            cell.fill = _WRONG
            if has_comment:
                cell.comment = Comment(f"{row.error}\n{row.suggestion}", "Mensageria", width=320, height=90)
        yield cell


def _our_cells(sheet: Any, row: _Rejection) -> Iterator[Any]:
    for value in (row.error, row.suggestion, row.origin):
        cell = text_cell(sheet, value)
        cell.font, cell.alignment = _OUR_FONT, _WRAPPED
        yield cell
