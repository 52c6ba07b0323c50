"""rejeitados.xlsx: the operator's own columns, what is wrong with each row, and the way back in, once."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.workbooks import workbook
from mensageria_pipeline_tests.workbench import Workbench

LIST = (
    "Nome do Cliente;E-mail;Obs\n"
    "Ana;ana@gmial.com;=SOMA(A1)\n"
    "Bia;bia@exemplo.com;\n"
    ";caio@exemplo.com;'+55\n"
    "Davi;davi@;\n"
)
DEFINITION = "columns: {nome: Nome do Cliente}\ntemplate: {body: 'Olá, {{ nome_do_cliente }}!'}\n"


def sheet_of(path: Path) -> list[list[str | None]]:
    """What a second program reads."""
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    return [[None if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def rejects(bench: Workbench) -> list[Path]:
    return list(write_rejects(bench.layout, "a").paths)


def correct(bench: Workbench, path: Path, changes: Mapping[int, Mapping[str, str]], name: str = "volta.xlsx") -> None:
    """Drop the workbook with some cells changed: number of the line below the header → header → value."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    header = [cell.value for cell in next(sheet.iter_rows(max_row=1))]
    for number, values in changes.items():
        for column, value in values.items():
            sheet.cell(number + 2, header.index(column) + 1).value = value
    saved = io.BytesIO()
    book.save(saved)
    bench.drop("a", saved.getvalue(), name)


def fates(bench: Workbench) -> dict[tuple[str, int], str]:
    """(file, row) → fate, with what superseded it."""
    bench.prepare("a")
    planned = {(row["file_name"], row["row_number"]): "planned" for row in bench.rows(Asset.VALIDATED_RECIPIENTS, "a")}
    refused = {
        (row["file_name"], row["row_number"]): f"{row['fate']}:{row['code']}" + ("→" if row["superseded_by"] else "")
        for row in bench.rows(Asset.REJECTED_RECIPIENTS, "a")
    }
    return planned | refused


@pytest.fixture
def prepared(bench: Workbench) -> Workbench:
    bench.define("a", DEFINITION)
    bench.drop("a", LIST)
    bench.prepare("a")
    return bench


def test_the_operators_columns_come_back_with_what_is_wrong(prepared: Workbench) -> None:
    """In their order, then erro, sugestao and the row; wrong cells coloured and explained; nothing is a formula."""
    (path,) = rejects(prepared)
    header, *rows = sheet_of(path)
    assert header == ["Nome do Cliente", "E-mail", "Obs", "erro", "sugestao", "linha_original"]
    assert [row[:3] for row in rows] == [
        ["Ana", "ana@gmial.com", "=SOMA(A1)"],
        [None, "caio@exemplo.com", "'+55"],
        ["Davi", "davi@", None],
    ]
    assert "ana@gmail.com" in str(rows[0][4])
    assert [str(row[5]).rpartition(":")[2] for row in rows] == ["2", "4", "5"]
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    wrong = sheet["B2"]
    assert wrong.fill.fgColor.rgb == "00F8CBAD"
    assert "digitado errado" in wrong.comment.text
    assert sheet["A3"].fill.fgColor.rgb == "00F8CBAD"
    assert sheet["C2"].data_type == "s"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F4")


def test_corrected_rows_come_in_once(prepared: Workbench) -> None:
    """Exactly those that were corrected; the rest stays to be corrected, without the rows counting twice."""
    (path,) = rejects(prepared)
    correct(prepared, path, {0: {"E-mail": "ana@gmail.com"}, 1: {"Nome do Cliente": "Caio"}})
    assert fates(prepared) == {
        ("lista.csv", 2): "rejected:email_typo→",
        ("lista.csv", 3): "planned",
        ("lista.csv", 4): "rejected:missing_field→",
        ("lista.csv", 5): "rejected:invalid_email→",
        ("volta.xlsx", 2): "planned",
        ("volta.xlsx", 3): "planned",
        ("volta.xlsx", 4): "rejected:invalid_email",
    }
    (path,) = rejects(prepared)
    header, *rows = sheet_of(path)
    assert header == ["Nome do Cliente", "E-mail", "Obs", "erro", "sugestao", "linha_original"]
    assert [row[1] for row in rows] == ["davi@"]
    assert prepared.run("a").tally.outcomes["accepted"] == 3
    correct(prepared, path, {0: {"E-mail": "davi@exemplo.com"}}, "volta-2.xlsx")
    assert prepared.run("a").tally.outcomes["accepted"] == 4
    assert rejects(prepared) == []
    assert not list(path.parent.glob("rejeitados*"))


def test_a_row_that_was_corrected_is_not_corrected_again(prepared: Workbench) -> None:
    """The same workbook with yet another address would message the person twice."""
    (path,) = rejects(prepared)
    content = path.read_bytes()
    correct(prepared, path, {0: {"E-mail": "ana@gmail.com"}})
    prepared.run("a")
    path.write_bytes(content)
    correct(prepared, path, {0: {"E-mail": "ana@hotmail.com"}}, "outra.xlsx")
    assert fates(prepared)["outra.xlsx", 2] == "repeated:already_corrected"


def test_the_workbook_dropped_as_it_is_changes_nothing_but_the_names(prepared: Workbench) -> None:
    """Every row is still to be corrected, once."""
    (path,) = rejects(prepared)
    prepared.drop("a", path.read_bytes(), "rejeitados.xlsx")
    found = fates(prepared)
    assert [fate for fate in found.values() if fate.startswith("rejected") and "→" not in fate] == [
        "rejected:email_typo",
        "rejected:missing_field",
        "rejected:invalid_email",
    ]
    assert [row[1] for row in sheet_of(rejects(prepared)[0])[1:]] == ["ana@gmial.com", "caio@exemplo.com", "davi@"]


def test_lists_with_other_columns_have_a_workbook_of_their_own(prepared: Workbench) -> None:
    prepared.drop("a", "email;Nome do Cliente\nx@;Eva\n", "outra.csv")
    prepared.prepare("a")
    assert [sheet_of(path)[0][:2] for path in rejects(prepared)] == [
        ["email", "Nome do Cliente"],
        ["Nome do Cliente", "E-mail"],
    ]


_MARKS = st.sampled_from("=+-@'\"\t\n;,_x000D 0179eE.áÇ€😀")
_CELLS = st.text(st.one_of(_MARKS, st.characters(codec="utf-8", categories=["L", "N", "P", "S"])), max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=8))
def test_every_row_comes_back_as_it_was(bench: Workbench, rows: Sequence[tuple[str, str]]) -> None:
    """List → workbook of rejected rows → list: the same cells, and each names its row."""
    for stale in (bench.layout.input_dir / "a").glob("*"):
        stale.unlink()
    for stale in bench.layout.partition_dir(Asset.RAW_BASE, "a").glob("*.parquet"):
        stale.unlink()
    table = [["email", "obs", "nota"], *(["sem arroba", *row] for row in rows)]
    bench.define("a")
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(table)
    bench.drop("a", text.getvalue())
    first = bench.ingest("a").intakes[0]
    bench.validate("a")
    (path,) = rejects(bench)
    bench.drop("a", path.read_bytes(), "rejeitados.xlsx")
    second = next(intake for intake in bench.ingest("a").intakes if intake.content_hash != first.content_hash)
    assert second.columns == ("email", "obs", "nota", "linha_original")
    before, after = (cells(intake.path, ["email", "obs", "nota"]) for intake in (first, second))
    assert after == before


def cells(path: Path, columns: Sequence[str]) -> list[list[str]]:
    import pyarrow.parquet as pq

    rows = pq.read_table(path, columns=list(columns), partitioning=None).to_pylist()
    return [[(row[column] or "").strip() for column in columns] for row in rows]


def test_columns_may_bear_any_name(bench: Workbench) -> None:
    """Also those of our own tables, and those that the workbook adds."""
    bench.define("a", "template: {body: 'Oi {{ sugestao }}'}\n")
    bench.drop(
        "a", "email;reason;origin;column;fate;sugestao\nana@gmial.com;x;site;y;z;azul\nbia@gmial.com;x;site;y;z;rosa\n"
    )
    bench.prepare("a")
    (path,) = rejects(bench)
    header, *rows = sheet_of(path)
    assert header[:6] == ["email", "reason", "origin", "column", "fate", "sugestao"]
    assert len({row[-1] for row in rows}) == 2
    correct(bench, path, {0: {"email": "ana@gmail.com"}, 1: {"email": "bia@gmail.com"}})
    bench.prepare("a")
    assert {row["body"] for row in bench.rows(Asset.MESSAGES, "a")} == {"Oi azul", "Oi rosa"}


def test_a_column_of_that_name_with_anything_else_in_it_corrects_nothing(bench: Workbench) -> None:
    """Three people whose list has a `linha_original` of its own."""
    bench.define("a", "template: {body: oi}\n")
    bench.drop("a", "email;linha_original\na@b.com;-\nc@d.com;-\ne@f.com;000000000000:2\n")
    assert set(fates(bench).values()) == {"planned"}


def test_a_row_that_passes_after_its_correction_was_sent_is_not_sent(bench: Workbench) -> None:
    """It would be the person's second message, at the address they had before."""
    bench.define("a", "template: {body: oi}\nrules: {allowed: {plano: [ouro]}}\n")
    bench.drop("a", "email;plano\nana.velha@exemplo.com;prata\n")
    (intake,) = bench.ingest("a").intakes
    bench.validate("a")
    bench.drop(
        "a", f"email;plano;linha_original\nana.nova@exemplo.com;ouro;{intake.content_hash[:12]}:2\n", "volta.csv"
    )
    assert bench.run("a").tally.outcomes["accepted"] == 1
    bench.define("a", "template: {body: oi}\n")
    assert fates(bench) == {("lista.csv", 2): "repeated:already_corrected", ("volta.csv", 2): "planned"}


def test_corrections_fit_a_campaign_that_names_its_sheet(bench: Workbench) -> None:
    """The workbook of rejected rows has a sheet of its own."""
    bench.define("a", "template: {body: oi}\nsheet: Sheet\n")
    bench.drop("a", workbook([["email"], ["ana@gmial.com"]]), "lista.xlsx")
    bench.prepare("a")
    (path,) = rejects(bench)
    bench.drop("a", path.read_bytes(), "rejeitados.xlsx")
    assert len(bench.ingest("a").new) == 1
