"""campaign_report: the workbook, the files and the pictures that people receive.

Below data/reports/exports/<campaign>/: `relatorio.xlsx` with summary, charts, outcomes, reasons, failures,
non-recipients and results; `resultados` and `nao_receberam` with every row as CSV and Parquet; `relatorio.html`, one
page that stands alone. The pictures are in data/reports/figs/<campaign>/ as PNG and SVG. Workbook and files hold
personal data, for the people whose list it is; page and pictures hold none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from mensageria_pipeline.contracts.dataset import read_stamp, replacing
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.queries import literal, open_duckdb, query, rows_of
from mensageria_pipeline.contracts.send_results import SEND_RESULTS
from mensageria_pipeline.errors import StaleInputError
from mensageria_pipeline.reports.csv_file import write_csv
from mensageria_pipeline.reports.figures import Figures, write_figures
from mensageria_pipeline.reports.page import Table, number, outcome_rows, page
from mensageria_pipeline.reports.workbook import Section, write_workbook
from mensageria_pipeline.texts import say

_PACKAGE = "mensageria_pipeline.reports"
WHOLE_ROWS = 20_000
"""A detail sheet is whole up to so many rows. The CSV beside it is always."""
CUT_ROWS = 1_000
"""What a sheet shows of a longer one: its rows take openpyxl longer than all the rest of a large report."""
_ZONE = "America/Sao_Paulo"


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """What was written."""

    workbook: Path
    page: Path
    results_csv: Path
    non_recipients_csv: Path
    figures: Path
    """The folder of the pictures."""
    non_recipients: int


@dataclass(frozen=True, slots=True)
class _Detail:
    name: str
    """Of the SQL file."""
    title: str
    file: str | None
    """Name of its CSV and Parquet; None: its rows are among the results."""


_DETAILS = (
    _Detail("failures", "Falhas", None),
    _Detail("non_recipients", "Não receberam", "nao_receberam"),
    _Detail("results", "Mensagens", "resultados"),
)
_SUMMARIES = (("summary", "Resumo"), ("outcome_table", "Resultados"), ("reasons", "Motivos"))


def build_report(layout: Layout, partition: str, notes: Sequence[tuple[datetime, str]] = ()) -> CampaignReport:
    """Write the report of a partition from its Parquet files. Safe to repeat: each file is replaced whole."""
    folder = layout.export_dir(partition)
    with open_duckdb() as connection:
        _create_views(connection, layout, partition)
        figures = Figures(connection)
        sections = [Section(title, *_fetched(connection.sql(query(_PACKAGE, name)))) for name, title in _SUMMARIES]
        counts = {}
        for detail in _DETAILS:
            counts[detail.name] = _write_detail(connection, detail, folder)
            relation = connection.table(detail.name)
            is_whole = counts[detail.name] <= WHOLE_ROWS
            shown = rows_of(relation if is_whole else relation.limit(CUT_ROWS))
            cut = None if is_whole else (counts[detail.name], f"{detail.file or 'resultados'}.csv")
            sections.append(Section(detail.title, relation.columns, shown, cut))
        with replacing(folder / "relatorio.xlsx") as temporary:
            write_workbook(temporary, sections, figures.plots())
    drawings = write_figures(figures, layout.figs_dir(partition))
    with replacing(folder / "relatorio.html") as temporary:
        temporary.write_text(_page(partition, figures, drawings, notes), encoding="utf-8")
    return CampaignReport(
        folder / "relatorio.xlsx", folder / "relatorio.html", folder / "resultados.csv", folder / "nao_receberam.csv",
        layout.figs_dir(partition), counts["non_recipients"],
    )  # fmt: skip


def _page(partition: str, figures: Figures, drawings: Mapping[str, str], notes: Sequence[tuple[datetime, str]]) -> str:
    tables = [
        Table(say("chart_outcomes"), [say("label_outcome"), say("label_messages")], outcome_rows(figures.outcomes)),
        Table(
            say("chart_latency"), [say("label_provider"), "p50 (ms)", "p95 (ms)", "p99 (ms)"],
            [(row["provider"], *(number(row[name], 1) for name in ("p50_ms", "p95_ms", "p99_ms")))
             for row in figures.latencies],
        ),
        Table(
            say("chart_reasons"), [say("label_reason"), say("label_rows")],
            [(say(f"code_{row['code']}"), number(row["row_count"])) for row in figures.reasons],
        ),
    ]  # fmt: skip
    shown = [table for table in tables if table.rows]
    now = datetime.now(ZoneInfo(_ZONE))
    local = [(at.astimezone(ZoneInfo(_ZONE)), text) for at, text in notes]
    return page(partition, partition, now, list(drawings.values()), shown, local, "relatorio.xlsx")


def _create_views(connection: duckdb.DuckDBPyConnection, layout: Layout, partition: str) -> None:
    connection.execute("SET TimeZone = 'America/Sao_Paulo'")
    for macro in ("reason_of", "outcome_of", "delivery_of"):
        connection.execute(query(_PACKAGE, macro))
    for asset in (Asset.SEND_RESULTS, Asset.REJECTED_RECIPIENTS, Asset.VALIDATED_RECIPIENTS):
        folder = layout.partition_dir(asset, partition)
        if not any(folder.glob("*.parquet")):
            plan = read_stamp(layout.table(Asset.MESSAGES, partition))
            if asset is not Asset.SEND_RESULTS or plan is None or plan.row_count:
                raise StaleInputError("step_missing", asset=asset.value, campaign=partition)
            nothing = SEND_RESULTS.empty_table()  # noqa: F841 - DuckDB reads it; nobody was to be messaged
            connection.execute("CREATE TABLE nobody AS FROM nothing; CREATE VIEW send_results AS FROM nobody")
            continue
        source = f"read_parquet({literal(folder / '*.parquet')}, hive_partitioning = false, union_by_name = true)"
        if asset is Asset.SEND_RESULTS:  # older files have fewer columns
            none = SEND_RESULTS.empty_table()  # noqa: F841 - DuckDB reads it
            connection.execute("CREATE TABLE columns_of AS FROM none")
            source = f"{source} UNION ALL BY NAME FROM columns_of"
        connection.execute(f"CREATE VIEW {asset} AS FROM {source}")


def _fetched(relation: duckdb.DuckDBPyRelation) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    return relation.columns, relation.fetchall()


def _write_detail(connection: duckdb.DuckDBPyConnection, detail: _Detail, folder: Path) -> int:
    """The rows of a detail as a table of its name, and, where it has files of its own, those; how many rows."""
    connection.execute(f"CREATE TEMP TABLE {detail.name} AS {query(_PACKAGE, detail.name)}")
    if detail.file:
        with replacing(folder / f"{detail.file}.parquet") as temporary:
            connection.execute(f"COPY {detail.name} TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)")
        write_csv(connection.table(detail.name), folder / f"{detail.file}.csv")
    return int(connection.execute(f"SELECT count(*) FROM {detail.name}").fetchall()[0][0])  # noqa: S608 - ours
