"""report, sql, export and note."""

import csv
from collections.abc import Callable

import duckdb
import fastexcel

from mensageria_pipeline_tests.fakes.terminal import Terminal


def test_what_analysts_and_operators_ask_for(terminal: Callable[..., Terminal]) -> None:
    """The same rows in three formats; a look that changes nothing; notes that come and go."""
    shell = terminal()
    assert shell.run("run", "a", shell.list_file()).code == 0
    for name in ("r.csv", "r.parquet", "r.xlsx"):
        done = shell.run("export", "send_results", "-c", "a", "-o", name)
        assert done.code == 0, done.err
    with (shell.root / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        written = {row["message_id"] for row in csv.DictReader(file, delimiter=";")}
    parquet = duckdb.execute("SELECT message_id FROM read_parquet(?)", [str(shell.root / "r.parquet")]).fetchall()
    sheet = fastexcel.read_excel(shell.root / "r.xlsx").load_sheet(0).to_arrow().to_pylist()
    assert written == {row[0] for row in parquet} == {row["message id"] for row in sheet}
    assert len(written) == 3
    assert "não tem nada" in shell.run("export", "nada", "-o", "r.csv").err
    assert "não diz o formato" in shell.run("export", "campaigns", "-o", "r.doc").err

    look = shell.run("sql", "SELECT accepted FROM campaign_metrics", "--json")
    assert look.last_json == {"columns": ["accepted"], "rows": [[3]]}
    assert "Só uma consulta" in shell.run("sql", "DROP TABLE campaigns").err
    assert shell.run("note", "a", "Lista revista").code == 0
    assert "Lista revista" in shell.run("note", "a").out
    assert shell.run("report", "a").code == 0
    page = shell.root / "data" / "reports" / "exports" / "a" / "relatorio.html"
    assert "Lista revista" in page.read_text(encoding="utf-8")
    assert shell.run("note", "a", "--remove", "1").code == 0
    assert "Lista revista" not in shell.run("note", "a").out


def test_an_answer_fits_the_terminal_and_is_taken_away_whole(terminal: Callable[..., Terminal]) -> None:
    """A table where no word of it is broken, else row by row; CSV and Parquet have all of it."""
    shell = terminal()
    assert shell.run("run", "a", shell.list_file()).code == 0
    narrow = shell.run("sql", "SELECT campaign, messages FROM campaigns").out.splitlines()
    assert [line.split() for line in narrow] == [["campaign", "messages"], ["a", "3"]]
    wide = shell.run("sql", "FROM campaigns").out.splitlines()
    assert ["base_campaign", "a"] in [line.split() for line in wide]
    assert not [line for line in wide if len(line) > 160]
    plain = shell.run("sql", "SELECT 'São, Paulo' AS city, 1.5 AS price, NULL AS nothing", "--csv").out
    assert plain == 'city,price,nothing\n"São, Paulo",1.5,\n'
    done = shell.run("sql", "FROM send_results", "--parquet", "r.parquet")
    assert done.code == 0, done.err
    kept = duckdb.execute(
        "SELECT count(*), typeof(any_value(decided_at)) FROM read_parquet(?)", [str(shell.root / "r.parquet")]
    )
    assert kept.fetchall() == [(3, "TIMESTAMP WITH TIME ZONE")]
    assert "Só uma consulta" in shell.run("sql", "DROP TABLE campaigns", "--parquet", "x.parquet").err
    assert not (shell.root / "x.parquet").exists()
    assert "data/" in shell.run("sql", "FROM campaigns", "--parquet", "data/warehouse.duckdb").err
