"""The warehouse: right figures, published so that nobody blocks anybody."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from mensageria_pipeline.analytics.relations import TABLES, VIEWS, relation
from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.dagster_server import ROOT
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

OLD_DUCKDB = ROOT / ".venv" / "duckdb-1.3"


def rows(bench: Workbench, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(bench.layout) as warehouse:
        return warehouse.execute(query).fetchall()


def send(bench: Workbench, campaign: str, definition: str = SIMPLE_DEFINITION) -> None:
    bench.define(campaign, definition)
    bench.drop(campaign, "id;nome;token\n1;Ana;t1\n2;Bia;t2\n3;;t3\n1;Ana;t1\n")
    bench.run(campaign)
    publish(bench.layout, [campaign])


def test_every_statement_runs_on_an_empty_base(bench: Workbench) -> None:
    """A new installation can be queried before its first campaign."""
    for name in (*TABLES, *VIEWS):
        assert rows(bench, f"SELECT * FROM {name}") == []


def test_figures_of_a_small_campaign(bench: Workbench) -> None:
    """Counts by outcome, fate and window that a person can check by hand."""
    send(bench, "a", SIMPLE_DEFINITION + "simulation: {seed: 1, throttled: 0.5}\n")
    (metrics,) = rows(
        bench,
        "SELECT campaign, mode, provider, channel, messages, accepted, total_processed, total_failed, unknown, "
        "pending, attempts - messages = retries, retries = throttled, latency_p50_ms > 0, messages_per_minute > 0, "
        "first_send_at < last_send_at FROM campaign_metrics",
    )
    assert metrics == (
        "a",
        "simulated",
        "simulated",
        "push",
        2,
        2,
        2,
        0,
        0,
        0,
        True,
        True,
        True,
        True,
        True,
    )
    assert rows(bench, "SELECT fate, code, row_count FROM row_fates ORDER BY ALL") == [
        ("duplicate", "duplicate_person", 1),
        ("planned", "", 2),
        ("rejected", "missing_field", 1),
    ]
    windows = "SELECT sum(attempts) = (SELECT count(*) FROM attempts), sum(errors) FROM error_rate_by_window"
    assert rows(bench, windows) == [(True, 0)]
    assert rows(bench, "SELECT row_count, messages, success_rate, is_complete FROM campaigns") == [(4, 2, 1.0, True)]
    assert rows(bench, "SELECT answered >= 2, latency_max_ms >= latency_p50_ms FROM latency_by_provider") == [
        (True, True)
    ]


def test_publishing_one_campaign_keeps_the_others(bench: Workbench) -> None:
    """Each run publishes its own campaign; the rest is taken over."""
    send(bench, "a")
    send(bench, "123")
    publish(bench.layout, ["123"])
    assert rows(bench, "SELECT campaign FROM campaign_metrics ORDER BY 1") == [("123",), ("a",)]


def test_everything_can_be_recomputed_from_parquet(bench: Workbench) -> None:
    """A lost or damaged file costs nothing, and nothing is sent."""
    send(bench, "a")
    send(bench, "b")
    before = rows(bench, "SELECT * FROM campaign_metrics ORDER BY ALL")
    bench.layout.warehouse.chmod(0o644)
    bench.layout.warehouse.write_bytes(b"broken")
    publish(bench.layout, ["a"])
    assert rows(bench, "SELECT * FROM campaign_metrics ORDER BY ALL") == before


def test_an_open_reader_keeps_its_snapshot_and_blocks_nobody(bench: Workbench) -> None:
    """An analyst leaves the file open all day; a new process sees the new figures."""
    send(bench, "a")
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(c.sql('SELECT count(*) FROM campaign_metrics').fetchall()[0][0], flush=True); sys.stdin.read()"  # noqa: E501
    command = [sys.executable, "-c", code, str(bench.layout.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as analyst:
        assert analyst.stdin
        assert analyst.stdout
        assert analyst.stdout.readline() == "1\n"
        send(bench, "b")
        fresh = subprocess.run(command, input="", capture_output=True, text=True, check=True)
        assert fresh.stdout == "2\n"
        analyst.stdin.close()
    assert analyst.returncode == 0


def test_the_file_is_published_read_only_and_without_leftovers(bench: Workbench) -> None:
    """A client that writes would lock out the others; a stale .wal would break the next file."""
    send(bench, "a")
    stale = bench.layout.warehouse.with_name("warehouse.duckdb.wal")
    stale.write_bytes(b"stale")
    leftover = bench.layout.data_dir / ".warehouse.duckdb.next"
    leftover.write_bytes(b"half a file of a killed process")
    publish(bench.layout, ["a"])
    assert bench.layout.warehouse.stat().st_mode & 0o222 == 0
    assert not stale.exists()
    assert not leftover.exists()


def test_an_older_client_opens_it(bench: Workbench) -> None:
    """Analysts' tools lag behind: DuckDB 1.3 reads tables and views."""
    if not OLD_DUCKDB.is_dir():
        pytest.fail(f"DuckDB 1.3 is not in {OLD_DUCKDB.relative_to(ROOT)}: run the tests with `make test`.")
    send(bench, "a")
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(duckdb.__version__, "
        "c.execute('SELECT count(*) FROM campaign_metrics').fetchone()[0], "
        "c.execute('SELECT count(*) FROM send_results').fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bench.layout.warehouse)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(OLD_DUCKDB)},
    )
    assert done.stdout.split() == ["1.3.2", "1", "2"], done.stderr


def test_every_column_is_described_in_the_database(bench: Workbench) -> None:
    """What the dictionary says is in the file that analysts have open."""
    missing = rows(
        bench,
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'warehouse' AND comment IS NULL",
    )
    assert missing == []
    for name in TABLES:
        assert list(relation(name).columns) == [row[0] for row in rows(bench, f"DESCRIBE {name}")]


def test_views_work_from_any_folder(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths would break in another working directory."""
    send(bench, "a")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(str(bench.layout.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM send_results").fetchall() == [(2,)]


def test_metrics_follow_the_ledger_after_a_rerun(bench: Workbench) -> None:
    """A message that was pending and is accepted later moves from one count to the other."""
    held = "send_window: {not_before: '2099-01-01'}\n"
    send(bench, "a", SIMPLE_DEFINITION + held)
    assert rows(bench, "SELECT pending, accepted, messages_per_minute FROM campaign_metrics") == [(2, 0, None)]
    send(bench, "a")
    assert rows(bench, "SELECT pending, accepted FROM campaign_metrics") == [(0, 2)]
    assert (bench.layout.partition_dir(Asset.SEND_RESULTS, "a") / "edition-1-simulated.parquet").exists()
