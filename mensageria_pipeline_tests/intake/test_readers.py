"""Files as they come: every cell is text, and row numbers are the spreadsheet's."""

from pathlib import Path
from typing import Any

import pytest

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.header import unique_headers
from mensageria_pipeline.intake.readers import open_sheet
from mensageria_pipeline_tests.fakes.workbooks import PASSWORD_PROTECTED, workbook


def read(tmp_path: Path, name: str, content: bytes) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    path = tmp_path / name
    path.write_bytes(content)
    with open_sheet(path) as sheet:
        return sheet.headers, [row for batch in sheet.batches for row in batch.to_pylist()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_csv_in_the_encodings_and_delimiters_of_brazil(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Excel in Brazil writes semicolons and Windows-1252; others do not."""
    text = f"id{delimiter}Endereço\r\n007{delimiter}ação\r\n"
    headers, rows = read(tmp_path, "a.csv", text.encode(encoding))
    assert headers == ("id", "Endereço")
    assert rows == [{"id": "007", "Endereço": "ação", "_row_number": 2}]


def test_quotes_newlines_and_ragged_rows(tmp_path: Path) -> None:
    """A cell may hold the delimiter and a line break; a short row has empty cells."""
    _, rows = read(tmp_path, "a.csv", b'id;nome\n1;"A;\n""B"""\n2\n')
    assert [row["nome"] for row in rows] == ['A;\n"B"', None]


def test_blank_lines_count_as_rows_and_lose_nothing(tmp_path: Path) -> None:
    """A spreadsheet shows them; leading ones are no header."""
    _, rows = read(tmp_path, "a.csv", b";;\n\nid;nome;v\n1;Ana;\n\n\n2;Bia;x\n")
    assert [(row["id"], row["_row_number"]) for row in rows] == [("1", 4), ("2", 7)]


def test_a_quote_within_a_cell_is_a_character(tmp_path: Path) -> None:
    """Fifteen inches; and a doubled quote within a quoted cell is one."""
    _, rows = read(tmp_path, "a.csv", b'id;tela\n1;LED 15"\n\n2;"TV ""55"""\n3;"duas\nlinhas"\n4;x\n')
    assert [(row["_row_number"], row["tela"]) for row in rows] == [
        (2, 'LED 15"'),
        (4, 'TV "55"'),
        (5, "duas\nlinhas"),
        (6, "x"),
    ]


def test_a_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    """It would swallow the rest of the list into one cell."""
    with pytest.raises(InputError, match="abrem e não fecham"):
        read(tmp_path, "a.csv", b'id;nome\n1;"Ana\n2;Bia\n3;Caio\n')


def test_excel_numbers_keep_their_stored_value_and_rows_their_number(tmp_path: Path) -> None:
    """A phone stored as a number is not 5.5E+12, and an empty row counts as a row."""
    _, rows = read(tmp_path, "a.xlsx", workbook([["id", "tel"], [1, 5511999998888], [], ["02", "x"]]))
    assert rows == [
        {"id": "1", "tel": "5511999998888", "_row_number": 2},
        {"id": "02", "tel": "x", "_row_number": 4},
    ]


def test_the_first_sheet_with_anything_in_it_is_read(tmp_path: Path) -> None:
    """People leave empty sheets in front."""
    headers, rows = read(tmp_path, "a.xlsx", workbook([["id", "token"], ["1", "t"]], first_sheet_empty=True))
    assert headers == ("id", "token")
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "está vazio"),
        ("a.csv", b"\n\n", "está vazio"),
        ("a.csv", b"id,token\n", "nenhuma linha de dados"),
        ("a.xlsx", b"", "está vazio"),
        ("a.xlsx", workbook([]), "está vazio"),
        ("a.xlsx", workbook([["id", "token"]]), "nenhuma linha de dados"),
        ("a.xlsx", PASSWORD_PROTECTED, "protegida por senha"),
        ("a.xlsx", b"id;token\n1;a\n", "nome de Excel, mas"),
        ("a.xlsx", b"PK\x03\x04 broken", "danificado"),
        ("a.csv", workbook([["id"], ["1"]]), "nome de CSV, mas"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """Bad input never becomes a traceback."""
    with pytest.raises(InputError, match=words) as error:
        read(tmp_path, name, content)
    assert name in str(error.value)


def test_headers_become_unique() -> None:
    """Two columns never share a name, and none takes one of ours."""
    assert unique_headers(["Nome", "nome", "", " a \n b", "_intake"]) == (
        "Nome",
        "nome_2",
        "coluna_3",
        "a b",
        "_intake_2",
    )
