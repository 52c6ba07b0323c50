"""campaign_report: the workbook, the files and the pictures that people receive.

Below data/reports/exports/<campaign>/: `relatorio.xlsx` with summary, charts, outcomes, reasons, failures,
non-recipients and results; `resultados` and `nao_receberam` with every row as CSV and Parquet; `relatorio.html`, one
page that stands alone. The pictures are in data/reports/figs/<campaign>/ as PNG and SVG. Workbook and files hold
personal data, for the people whose list it is; page and pictures hold none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from mensageria_pipeline.analytics.campaign import CampaignRelations, open_campaign
from mensageria_pipeline.analytics.relations import SHOWN_METRICS
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError, StaleInputError
from mensageria_pipeline.reports.csv_file import write_csv
from mensageria_pipeline.reports.figures import LATENCIES, Figures, write_figures
from mensageria_pipeline.reports.page import Table, outcome_rows, page
from mensageria_pipeline.reports.words import headings, teach
from mensageria_pipeline.reports.workbook import Section, Share, write_workbook
from mensageria_pipeline.storage.dataset import read_stamp, replacing
from mensageria_pipeline.storage.duckdb import literal, query, rows_of
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import BRASILIA, number, place

_PACKAGE = "mensageria_pipeline.reports"
WHOLE_ROWS = 20_000
"""A detail sheet is whole up to so many rows. The CSV beside it is always."""
CUT_ROWS = 1_000
"""What a sheet shows of a longer one: its rows take openpyxl longer than all the rest of a large report."""


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
    """Key of its sheet's name."""
    file: str | None
    """Name of its CSV and Parquet; None: its rows are among the results."""


_DETAILS = (
    _Detail("failures", "sheet_failures", None),
    _Detail("non_recipients", "sheet_non_recipients", "nao_receberam"),
    _Detail("results", "sheet_messages", "resultados"),
)
_SUMMARIES = (("summary", "sheet_summary"), ("outcome_table", "sheet_outcomes"), ("reasons", "sheet_reasons"))


def build_report(layout: Layout, partition: str, notes: Sequence[tuple[datetime, str]] = ()) -> CampaignReport:
    """Write the report of a partition from its Parquet files. Safe to repeat: each file is replaced whole."""
    folder = layout.export_dir(partition)
    _check_steps(layout, partition)
    with open_campaign(layout, partition) as campaign:
        connection = campaign.connection
        zone = _zone(layout, partition)
        _prepare(connection, zone)
        figures = Figures(campaign)
        sections = [_section(title, connection.sql(query(_PACKAGE, name))) for name, title in _SUMMARIES]
        sections[0] = replace(sections[0], rows=[*_heading(campaign, figures.mode, zone), *sections[0].rows])
        sections.insert(2, _metrics(campaign))
        counts = {}
        for detail in _DETAILS:
            counts[detail.name] = _write_detail(connection, detail, folder)
            relation = connection.table(detail.name)
            is_whole = counts[detail.name] <= WHOLE_ROWS
            shown = rows_of(relation if is_whole else relation.limit(CUT_ROWS))
            cut = None if is_whole else (counts[detail.name], f"{detail.file or 'resultados'}.csv")
            columns = relation.columns
            sections.append(Section(say(detail.title), columns, shown, cut, headings(columns)))
        with replacing(folder / "relatorio.xlsx") as temporary:
            write_workbook(temporary, sections, figures.plots())
    drawings = write_figures(figures, layout.figs_dir(partition))
    with replacing(folder / "relatorio.html") as temporary:
        temporary.write_text(_page(partition, figures, drawings, notes, zone), encoding="utf-8")
    return CampaignReport(
        folder / "relatorio.xlsx",
        folder / "relatorio.html",
        folder / "resultados.csv",
        folder / "nao_receberam.csv",
        layout.figs_dir(partition),
        counts["non_recipients"],
    )


def _page(
    partition: str,
    figures: Figures,
    drawings: Mapping[str, str],
    notes: Sequence[tuple[datetime, str]],
    zone: ZoneInfo,
) -> str:
    tables = [
        Table(say("chart_outcomes"), [say("label_outcome"), say("label_messages")], outcome_rows(figures.outcomes)),
        Table(
            say("chart_latency"),
            [say("label_provider"), "p50 (ms)", "p95 (ms)", "p99 (ms)"],
            [(row["provider"], *(number(row[name], 1) for name in LATENCIES)) for row in figures.latencies],
        ),
        Table(
            say("chart_reasons"),
            [say("label_reason"), say("label_rows")],
            [(ReasonCode(row["code"]).label, number(row["row_count"])) for row in figures.reasons],
        ),
    ]
    shown = [table for table in tables if table.rows]
    return page(partition, partition, datetime.now(UTC), list(drawings.values()), shown, notes, zone, "relatorio.xlsx")


def _check_steps(layout: Layout, partition: str) -> None:
    """Raises StaleInputError where a step that the report is made from was not done."""
    for asset in (Asset.SEND_RESULTS, Asset.REJECTED_RECIPIENTS, Asset.VALIDATED_RECIPIENTS):
        if any(layout.partition_dir(asset, partition).glob("*.parquet")):
            continue
        plan = read_stamp(layout.table(Asset.MESSAGES, partition))
        nobody_to_message = plan is not None and not plan.row_count
        if not (asset is Asset.SEND_RESULTS and nobody_to_message):
            raise StaleInputError("step_missing", asset=asset.value, campaign=partition)


def _zone(layout: Layout, partition: str) -> ZoneInfo:
    """Whose time the instants are in: the campaign's, or where its definition cannot be read, that of most."""
    try:
        return load_definition(layout, Partition.parse(partition).campaign).send_window.zone
    except DefinitionError:
        return BRASILIA


def _prepare(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    connection.execute(f"SET TimeZone = {literal(zone.key)}")
    teach(connection)


def _section(title: str, relation: duckdb.DuckDBPyRelation) -> Section:
    return Section(say(title), relation.columns, relation.fetchall(), headings=headings(relation.columns))


def _heading(campaign: CampaignRelations, mode: str, zone: ZoneInfo) -> list[tuple[str, object]]:
    """What the summary begins with: the campaign, its mode, when it was sent, and how much of it was accepted."""
    rows = [row for row in campaign.ask("metrics") if row["mode"] == mode]
    messages = sum(row["messages"] for row in rows)
    first = min((row["first_send_at"] for row in rows if row["first_send_at"]), default=None)
    last = max((row["last_send_at"] for row in rows if row["last_send_at"]), default=None)
    found: list[tuple[str, object]] = [
        (say("figure_campaign"), campaign.partition),
        (say("figure_mode"), say(f"mode_{mode}")),
        (say("figure_first_send"), first.astimezone(zone) if first else None),
        (say("figure_last_send"), last.astimezone(zone) if last else None),
        (say("figure_zone"), place(zone) if zone != BRASILIA else None),
        (say("figure_success"), Share(sum(row["accepted"] for row in rows) / messages) if messages else None),
    ]
    return [(name, value) for name, value in found if value is not None]


def _metrics(campaign: CampaignRelations) -> Section:
    """The campaign's metrics as Dagster and the dashboard show them, a row per mode, edition, provider and channel."""
    rows = [[row[name] for name in SHOWN_METRICS] for row in campaign.ask("metrics")]
    shown = [[say(f"mode_{mode}"), *(round(x, 2) if isinstance(x, float) else x for x in rest)] for mode, *rest in rows]
    heads = [say(f"metric_{name}") for name in SHOWN_METRICS]
    return Section(say("sheet_metrics"), SHOWN_METRICS, shown, headings=heads)


def _write_detail(connection: duckdb.DuckDBPyConnection, detail: _Detail, folder: Path) -> int:
    """The rows of a detail as a table of its name, and, where it has files of its own, those; how many rows."""
    connection.execute(f"CREATE TEMP TABLE {detail.name} AS {query(_PACKAGE, detail.name)}")
    if detail.file:
        with replacing(folder / f"{detail.file}.parquet") as temporary:
            connection.execute(f"COPY {detail.name} TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)")
        relation = connection.table(detail.name)
        write_csv(relation, folder / f"{detail.file}.csv", headings(relation.columns))
    return int(connection.execute(f"SELECT count(*) FROM {detail.name}").fetchall()[0][0])  # noqa: S608 - ours
