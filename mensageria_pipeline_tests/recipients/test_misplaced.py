"""Rows whose cells were out of place, sent back for correction as they were: still nobody's."""

from collections.abc import Callable

import openpyxl

from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.workbooks import workbook
from mensageria_pipeline_tests.workbench import Workbench

LIST = "nome;token;cidade\nAna;tok-ana;SP\nLima;Bia;tok-bia;RJ\nCaio;tok-caio;BH\n"
PUSH = "channel: push\ntemplate: {body: 'Oi {{ nome }}'}\n"
Row = list[str | None]


def addresses(bench: Workbench) -> list[str]:
    bench.prepare("a")
    return [row["address"] for row in bench.rows(Asset.MESSAGES, "a")]


def codes(bench: Workbench) -> list[str]:
    """Of the rows that nothing corrects."""
    return [row["code"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a") if not row["superseded_by"]]


def send_back(bench: Workbench, name: str, corrected: Callable[[Row], Row] = lambda row: row) -> None:
    """Drop the workbook of rejected rows into the campaign's folder, saved by another program."""
    (path,) = write_rejects(bench.layout, "a").paths
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    header, *rows = [[str(cell) if cell else None for cell in row] for row in sheet.iter_rows(values_only=True)]
    bench.drop("a", workbook([header, *map(corrected, rows)]), name)


def test_what_comes_back_as_it_was_is_refused_again_however_often(bench: Workbench) -> None:
    """In a workbook every row has as many cells: without a memory, `Bia` would be the token of Lima."""
    bench.define("a", PUSH)
    bench.drop("a", LIST)
    assert addresses(bench) == ["tok-ana", "tok-caio"]
    for name in ("volta.xlsx", "volta-de-novo.xlsx"):
        send_back(bench, name, lambda row: [*row[:-3], f"{row[-3]}!", *row[-2:]])
        assert addresses(bench) == ["tok-ana", "tok-caio"]
        assert codes(bench) == ["extra_cells"]


def test_what_was_corrected_is_sent(bench: Workbench) -> None:
    bench.define("a", PUSH)
    bench.drop("a", LIST)
    bench.prepare("a")
    send_back(bench, "volta.xlsx", lambda row: ["Bia Lima", "tok-bia", "RJ", None, *row[4:]])
    assert addresses(bench) == ["tok-ana", "tok-caio", "tok-bia"]
    assert not codes(bench)
