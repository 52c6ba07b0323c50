"""What the analysts' page says runs, and so does the notebook."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import nbformat
import pytest
from nbclient import NotebookClient

from mensageria_pipeline.analytics.questions import ask_freely
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.errors import InputError
from mensageria_pipeline_tests.fakes.dagster_server import ROOT
from mensageria_pipeline_tests.fakes.mixed import Mixed
from mensageria_pipeline_tests.receipts.posts import ses_bounce, zenvia_status
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import Workbench

PAGE = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"^## ([^\n]+)\n\n```sql\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
CAN_BE_EMPTY = {"Is every row in exactly one place?", "When did requests fail?"}
"""The first must be; the second needs a larger campaign."""


@pytest.fixture
def rich(mixed: Mixed) -> Mixed:
    """A campaign over three channels with receipts and costs, and one with refusals, failures and retries."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    mixed.post("smtp", ses_bounce(ids["3"]))
    in_an_hour = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}".encode()
    later = zenvia_status("e1", "DELIVERED", ids["5"]).replace(b"2026-11-25T12:00:01Z", in_an_hour)
    mixed.post("zenvia", later)
    mixed.process_receipts()
    bench = mixed.bench
    bench.define(
        "boas-vindas", "template: {body: Oi}\nsimulation: {seed: 2, rejected: 0.3, throttled: 0.3, latency_ms: 1}\n"
    )
    bench.drop("boas-vindas", "id;email\n" + "".join(f"{n};p{n}@exemplo.com.br\n" for n in range(40)) + "99;ruim\n")
    bench.run("boas-vindas")
    publish(bench.layout)
    return mixed


def test_there_are_at_least_ten() -> None:
    """One per question that people really ask."""
    assert len(QUERIES) >= 10


def test_every_query_runs_and_finds_something(rich: Mixed) -> None:
    """As an analyst would run it, read-only, over a base that has what it asks for."""
    for question, statement in QUERIES.items():
        columns, rows = ask_freely(rich.bench.layout, statement)
        assert columns, question
        assert rows or question in CAN_BE_EMPTY, question
    assert ask_freely(rich.bench.layout, QUERIES["Is every row in exactly one place?"])[1] == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM campaign_metrics",
        "COPY campaigns TO 'x.csv'",
        "FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "ATTACH 'x.db'",
        "SET enable_external_access = true",
        "SELEC",
    ],
)
def test_a_query_can_only_look(bench: Workbench, statement: str) -> None:
    """Nothing is written, and nothing but the project's own tables is read; each refusal is a sentence."""
    bench.layout.data_dir.mkdir()
    publish(bench.layout)
    with pytest.raises(InputError):
        ask_freely(bench.layout, statement)


def test_the_notebook_runs_over_a_warehouse(rich: Mixed, tmp_path: Path) -> None:
    """Every cell, from the first to the last, in a kernel of its own."""
    folder = tmp_path / "notebook"
    folder.mkdir()
    shutil.copy(ROOT / "docs" / "analysts.ipynb", folder)
    notebook = nbformat.read(folder / "analysts.ipynb", as_version=4)
    (folder / "data").symlink_to(rich.bench.layout.data_dir)
    NotebookClient(
        notebook, timeout=int(PATIENCE_S), kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("boas-vindas" in str(output) for output in outputs)


def test_an_open_notebook_blocks_no_publication(rich: Mixed) -> None:
    """Left open over night."""
    with duckdb.connect(str(rich.bench.layout.warehouse), read_only=True) as connection:
        connection.execute("FROM campaigns").fetchall()
        publish(rich.bench.layout)
        assert connection.execute("SELECT count(*) FROM campaigns").fetchall()[0][0] >= 2
