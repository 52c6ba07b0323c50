"""campaign_report: the workbook and the CSV files that people receive.

Below data/reports/exports/<campaign>/: `relatorio.xlsx` with summary, results, non-recipients and reasons,
and `resultados.csv` and `nao_receberam.csv` with every row. They hold personal data, for the people whose
list it is; nothing of it goes anywhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from mensageria_pipeline.contracts.dataset import read_stamp, replacing
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.queries import open_duckdb, query
from mensageria_pipeline.contracts.send_results import SEND_RESULTS
from mensageria_pipeline.errors import StaleInputError
from mensageria_pipeline.reports.workbook import Section, write_workbook

_PACKAGE = "mensageria_pipeline.reports"
_FETCH_ROWS = 5_000
SHEET_ROWS = 100_000
"""Rows of a detail sheet, at most; the CSV beside it has them all."""


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """What was written."""

    workbook: Path
    results_csv: Path
    non_recipients_csv: Path
    non_recipients: int


@dataclass(frozen=True, slots=True)
class _Detail:
    name: str
    """Of the SQL file."""
    title: str
    csv: str


_DETAILS = (
    _Detail("results", "Resultados", "resultados.csv"),
    _Detail("non_recipients", "Não receberam", "nao_receberam.csv"),
)
_SUMMARIES = (("summary", "Resumo"), ("reasons", "Motivos"))


def build_report(layout: Layout, partition: str) -> CampaignReport:
    """Write the report of a partition from its Parquet files. Safe to repeat: each file is replaced whole."""
    folder = layout.export_dir(partition)
    with open_duckdb() as connection:
        _create_views(connection, layout, partition)
        sections = [Section(title, *_fetched(connection.sql(query(_PACKAGE, name)))) for name, title in _SUMMARIES]
        counts = {}
        for detail in _DETAILS:
            relation = connection.sql(query(_PACKAGE, detail.name))
            counts[detail.name] = len(relation)
            _write_csv(connection, detail, folder / detail.csv)
            shown = _rows(relation.limit(SHEET_ROWS))
            cut = (counts[detail.name], detail.csv) if counts[detail.name] > SHEET_ROWS else None
            sections.append(Section(detail.title, relation.columns, shown, cut))
        with replacing(folder / "relatorio.xlsx") as temporary:
            write_workbook(temporary, [sections[0], *sections[2:], sections[1]])
    return CampaignReport(
        folder / "relatorio.xlsx",
        folder / "resultados.csv",
        folder / "nao_receberam.csv",
        counts["non_recipients"],
    )


def _create_views(connection: duckdb.DuckDBPyConnection, layout: Layout, partition: str) -> None:
    connection.execute("SET TimeZone = 'America/Sao_Paulo'")
    connection.execute(query(_PACKAGE, "reason_of"))
    for asset in (Asset.SEND_RESULTS, Asset.REJECTED_RECIPIENTS, Asset.VALIDATED_RECIPIENTS):
        folder = layout.partition_dir(asset, partition)
        if not any(folder.glob("*.parquet")):
            plan = read_stamp(layout.table(Asset.MESSAGES, partition))
            if asset is not Asset.SEND_RESULTS or plan is None or plan.row_count:
                raise StaleInputError("step_missing", asset=asset.value, campaign=partition)
            nothing = SEND_RESULTS.empty_table()  # noqa: F841 - DuckDB reads it; nobody was to be messaged
            connection.execute("CREATE TABLE nobody AS FROM nothing; CREATE VIEW send_results AS FROM nobody")
            continue
        pattern = str(folder / "*.parquet").replace("'", "''")
        connection.execute(f"CREATE VIEW {asset} AS SELECT * FROM read_parquet('{pattern}', hive_partitioning = false)")  # noqa: S608


def _fetched(relation: duckdb.DuckDBPyRelation) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    return relation.columns, relation.fetchall()


def _rows(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[object, ...]]:
    for batch in relation.to_arrow_reader(_FETCH_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write_csv(connection: duckdb.DuckDBPyConnection, detail: _Detail, path: Path) -> None:
    """Semicolons and a byte-order mark: what Excel in Brazil opens. Formulas are neutralized."""
    relation = connection.sql(query(_PACKAGE, detail.name))
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
