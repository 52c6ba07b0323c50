"""The report: what people receive, readable by their programs, and nothing that runs."""

import csv
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import fastexcel
import openpyxl
import pytest

from mensageria_pipeline.errors import StaleInputError
from mensageria_pipeline.reports import build
from mensageria_pipeline.reports.build import build_report
from mensageria_pipeline.reports.workbook import Section, write_workbook
from mensageria_pipeline_tests.needs import need
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

LIST = "id;nome;token\n1;Ana;t1\n2;Bia;\n=1+1;Caio;t3\n4;Davi;t4\n"


@pytest.fixture
def reported(bench: Workbench) -> Workbench:
    bench.define("a", SIMPLE_DEFINITION + "simulation: {seed: 4, rejected: 0.4}\n")
    bench.drop("a", LIST)
    bench.run("a")
    build_report(bench.layout, "a")
    return bench


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_the_workbook_has_summary_results_and_reasons(reported: Workbench) -> None:
    """Read back with another library than the one that wrote it."""
    book = fastexcel.read_excel(reported.layout.export_dir("a") / "relatorio.xlsx")
    assert book.sheet_names == [
        "Resumo",
        "Gráficos",
        "Resultados",
        "Por provedor",
        "Motivos",
        "Falhas",
        "Não receberam",
        "Mensagens",
    ]
    rows = openpyxl.load_workbook(reported.layout.export_dir("a") / "relatorio.xlsx")["Resumo"].iter_rows(min_row=2)
    summary = {row[0].value: row[1] for row in rows}
    assert list(summary)[:5] == ["Campanha", "Modo", "Primeiro envio", "Último envio", "Taxa de sucesso"]
    assert (summary["Campanha"].value, summary["Modo"].value) == ("a", "simulação")
    assert summary["Primeiro envio"].is_date
    assert summary["Taxa de sucesso"].number_format == "0.0%"
    assert summary["Linhas recebidas"].value == 4
    assert summary["Linhas planejadas"].value == 3
    counts = {name: cell.value for name, cell in summary.items() if name.startswith("Mensagens")}
    assert sum(counts.values()) == 3
    accepted = sum(count for name, count in counts.items() if name.startswith("Mensagens aceitas"))
    assert summary["Taxa de sucesso"].value == accepted / 3
    results = book.load_sheet("Mensagens").to_arrow().to_pylist()
    assert [row["linha"] for row in results] == [2, 4, 5]


def test_instants_are_those_of_the_campaigns_zone(bench: Workbench) -> None:
    """In summary, sheets and files; which zone it is is said where it is not that of most."""
    bench.define("a", SIMPLE_DEFINITION + "send_window: {timezone: America/Manaus}\n")
    bench.drop("a")
    bench.run("a")
    build_report(bench.layout, "a")
    folder = bench.layout.export_dir("a")
    summary = openpyxl.load_workbook(folder / "relatorio.xlsx")["Resumo"]
    shown = {str(row[0].value): row[1].value for row in summary.iter_rows(min_row=2)}
    assert shown["Horários de"] == "Manaus"
    zone = ZoneInfo("America/Manaus")
    now = datetime.now(zone)
    assert abs(shown["Último envio"].replace(tzinfo=zone) - now) < timedelta(minutes=10)
    decided_at = datetime.strptime(_csv(folder / "resultados.csv")[0]["decidida_em"] + " -0400", "%d/%m/%Y %H:%M:%S %z")
    assert abs(decided_at - now) < timedelta(minutes=10)
    assert "(Manaus)" in (folder / "relatorio.html").read_text(encoding="utf-8")


def test_every_sheet_prints_on_a4_with_lines(reported: Workbench) -> None:
    """As wide as its columns, across; no cell runs into the next one."""
    book = openpyxl.load_workbook(reported.layout.export_dir("a") / "relatorio.xlsx")
    for sheet in book.worksheets:
        if sheet.title == "Gráficos":
            continue
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize or 0)) == ("landscape", 9), sheet.title
        assert sheet.print_options.gridLines, sheet.title
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                width = sheet.column_dimensions[cell.column_letter].width
                assert len(str(cell.value or "")) < width or cell.alignment.wrap_text or cell.is_date, cell.coordinate


def test_non_recipients_are_refused_rows_and_failed_messages(reported: Workbench) -> None:
    """'Who did not receive it, and why' in one list."""
    folder = reported.layout.export_dir("a")
    missing = _csv(folder / "nao_receberam.csv")
    accepted = {row["linha"] for row in _csv(folder / "resultados.csv") if row["resultado"] == "aceita"}
    assert {row["linha"] for row in missing} == {"2", "3", "4", "5"} - accepted
    assert next(row for row in missing if row["linha"] == "3")["motivo"].startswith("A coluna token está vazia")


def test_values_are_never_formulas(reported: Workbench) -> None:
    """A cell that begins with = must not run in the operator's spreadsheet."""
    folder = reported.layout.export_dir("a")
    sheet = openpyxl.load_workbook(folder / "relatorio.xlsx")["Mensagens"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == "=1+1" for cell in cells)
    assert "'=1+1" in {row["pessoa"] for row in _csv(folder / "resultados.csv")}


def test_sheets_are_frozen_and_filtered(reported: Workbench) -> None:
    """Long lists stay usable."""
    book = openpyxl.load_workbook(reported.layout.export_dir("a") / "relatorio.xlsx")
    for sheet in book:
        if sheet.title == "Gráficos":
            assert len(sheet._charts) >= 3
            continue
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")


def test_a_cut_sheet_says_where_the_rest_is(tmp_path: Path) -> None:
    """A million rows do not fit; the sentence does."""
    write_workbook(tmp_path / "a.xlsx", [Section("Resultados", ["linha"], [[2], [3]], (1_000_000, "resultados.csv"))])
    last = list(openpyxl.load_workbook(tmp_path / "a.xlsx")["Resultados"].values)[-1][0]
    assert last == "Esta aba mostra só o começo. As 1.000.000 linhas estão em resultados.csv."


def test_a_report_without_results_names_the_missing_step(bench: Workbench) -> None:
    """Launched alone, too early."""
    with pytest.raises(StaleInputError, match="send_results de a"):
        build_report(bench.layout, "a")


def test_a_campaign_in_which_nobody_is_messaged_has_a_report(bench: Workbench) -> None:
    """It says why nobody is."""
    bench.define("a")
    bench.drop("a", "id;nome;email\n1;Ana;ana@\n")
    bench.run("a")
    assert build_report(bench.layout, "a").non_recipients == 1


def test_an_office_suite_shows_the_workbook_with_its_charts(reported: Workbench, tmp_path: Path) -> None:
    """Printed by LibreOffice: sheets, accents and the charts' own texts are on the pages."""
    need("" if shutil.which("soffice") else "LibreOffice is not installed: apt-get install libreoffice-calc")
    need("" if shutil.which("pdftotext") else "poppler-utils is not installed: apt-get install poppler-utils")
    workbook = reported.layout.export_dir("a") / "relatorio.xlsx"
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(workbook),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    shown = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "relatorio.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
    for words in ("Linhas recebidas", "Mensagens por resultado", "A coluna token está vazia", "=1+1"):
        assert words in shown, words


def test_long_sheets_are_cut_and_short_ones_whole(reported: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CSV has every row all the same."""
    monkeypatch.setattr(build, "WHOLE_ROWS", 2)
    monkeypatch.setattr(build, "CUT_ROWS", 1)
    build_report(reported.layout, "a")
    folder = reported.layout.export_dir("a")
    book = openpyxl.load_workbook(folder / "relatorio.xlsx")
    assert [row[0] for row in book["Mensagens"].values][2].endswith("As 3 linhas estão em resultados.csv.")
    assert book["Resultados"].max_row == 1 + len({row["resultado"] for row in _csv(folder / "resultados.csv")})
    assert len(_csv(folder / "resultados.csv")) == 3
