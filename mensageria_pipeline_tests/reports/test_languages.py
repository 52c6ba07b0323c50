"""A report in one language: sheets, headings, words in cells, page and CSV."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from mensageria_pipeline.reports.build import build_report
from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.reports.words import SUGGESTIONS, suggestion_of, words
from mensageria_pipeline.texts import Language, current, say, use
from mensageria_pipeline_tests.fakes.dagster_server import ROOT
from mensageria_pipeline_tests.texts.catalogues import KEYS
from mensageria_pipeline_tests.texts.languages import ENGLISH_WORDS, PORTUGUESE_WORDS, words_of
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

LIST = "id;token\n1;t1\n2;\n3;t3\n4;t4\n4;t4\n"
STATEMENTS = [path.read_text(encoding="utf-8") for path in (ROOT / "mensageria_pipeline/reports/sql").glob("*.sql")]


@pytest.fixture(autouse=True)
def _language_as_found() -> Iterator[None]:
    found = current()
    yield
    use(found)
    suggestion_of.cache_clear()


@pytest.fixture
def prepared(bench: Workbench) -> Workbench:
    bench.define("a", SIMPLE_DEFINITION.replace("nome", "id") + "simulation: {seed: 4, rejected: 0.4}\n")
    bench.drop("a", LIST)
    bench.run("a")
    return bench


def _workbook(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    cells = (cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    return "\n".join([*book.sheetnames, *(cell for cell in cells if isinstance(cell, str))])


def _page(path: Path) -> str:
    """The texts of a page, those of its drawings included."""
    return re.sub(r"<style>.*?</style>|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def _csv(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = csv.reader(file, delimiter=";")
    return "\n".join([*(head.replace("_", " ") for head in heads), *(cell for row in rows for cell in row)])


@pytest.mark.parametrize(
    ("language", "foreign"), [(Language.PT_BR, ENGLISH_WORDS), (Language.EN, PORTUGUESE_WORDS)], ids=["pt-BR", "en"]
)
def test_a_report_is_in_one_language(language: Language, foreign: frozenset[str], prepared: Workbench) -> None:
    """What was kept in Portuguese when the list was judged is told in English too."""
    use(language)
    made = build_report(prepared.layout, "a")
    texts = [_workbook(made.workbook), _page(made.page), _csv(made.results_csv), _csv(made.non_recipients_csv)]
    for text in texts:
        assert words_of(text) & foreign == set()


def test_rejected_rows_are_explained_in_english(prepared: Workbench) -> None:
    """Its own three columns keep their names, by which a corrected list is known again."""
    use(Language.EN)
    (path,) = write_rejects(prepared.layout, "a").paths
    rows = list(openpyxl.load_workbook(path)["Rejeitados"].values)
    assert rows[0][-3:] == ("erro", "sugestao", "linha_original")
    assert rows[1][-3:-1] == ("Column token is empty: there is nowhere to send to.", "Fill in column token.")


def test_a_parquet_file_has_the_same_columns_in_both(prepared: Workbench) -> None:
    """Programs read it."""
    import pyarrow.parquet as pq

    use(Language.EN)
    made = build_report(prepared.layout, "a")
    assert pq.read_schema(made.results_csv.with_suffix(".parquet")).names[:4] == ["linha", "arquivo", "pessoa", "canal"]


@pytest.mark.parametrize("key", SUGGESTIONS)
def test_a_kept_suggestion_is_told_in_english(key: str) -> None:
    """With the values it was kept with."""
    use(Language.EN)
    values = {"column": "valor, em R$", "expected": "≥ 1, ≤ 5"}
    assert suggestion_of(say(key, Language.PT_BR, **values)) == say(key, **values)
    assert suggestion_of("Um conselho de outra versão.") == "Um conselho de outra versão."


def test_statements_ask_for_words_that_they_get() -> None:
    """A word that is not there would leave a cell empty."""
    written = {key for text in STATEMENTS for key in re.findall(r"\('((?:figure|origin|reason|suggest)_\w+)'\)", text)}
    chosen = {key for text in STATEMENTS for key in re.findall(r"'(suggest_\w+)'", text)}
    prefixes = {prefix for text in STATEMENTS for prefix in re.findall(r"word\('(\w+_)' \|\|", text)}
    assert written | chosen <= set(words()) <= KEYS
    assert prefixes == {"delivery_", "figure_messages_", "figure_rows_", "mode_", "reason_", "result_", "row_"}
    assert all(any(key.startswith(prefix) for key in words()) for prefix in prefixes)
