"""`mensageria sql` and `export` write nothing that the pipeline reads, whatever is asked of them."""

import os
from pathlib import Path

import duckdb
import pytest

from mensageria_pipeline.analytics.looking import only_looks
from mensageria_pipeline.analytics.questions import ask_freely
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.services.export import Format, export
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

pytestmark = pytest.mark.xdist_group("looking")
"""They look at one project."""

WRITING = [
    "COPY campaigns TO '{target}'",
    "EXPLAIN ANALYZE COPY campaigns TO '{target}'",
    "EXPLAIN COPY campaigns TO '{target}'",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN (ANALYZE) SELECT 1",
    "/* only looking */ EXPLAIN -- really\n ANALYZE COPY campaigns TO '{target}'",
    "WITH x AS (COPY campaigns TO '{target}') FROM x",
    "EXPLAIN WITH x AS (COPY campaigns TO '{target}') FROM x",
    "SELECT * FROM (WITH x AS (COPY campaigns TO '{target}') SELECT 1)",
    "SELECT (WITH x AS (COPY campaigns TO '{target}') SELECT 1)",
    "SELECT 1 UNION ALL (WITH x AS (COPY campaigns TO '{target}') SELECT 1)",
    "WITH x AS (INSERT INTO memory.t VALUES (1) RETURNING *) FROM x",
    "SELECT 1; COPY campaigns TO '{target}'",
    "FROM query('COPY campaigns TO ''{target}''')",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "FROM enable_logging(storage := 'file', storage_path := '{target}')",
    "FROM enable_profiling(save_location := '{target}')",
    "CALL enable_profiling(save_location := '{target}')",
    "PREPARE x AS COPY campaigns TO '{target}'",
    "EXPORT DATABASE '{target}'",
    "ATTACH '{target}' AS another",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "PRAGMA version",
    "CHECKPOINT",
    "CREATE TABLE memory.t AS FROM campaigns",
    "DELETE FROM campaigns",
    "USE memory",
    "RESET ALL",
    "FROM force_checkpoint()",
    "FROM arrow_scan(1, 2, 3)",
    "FROM python_map_function(1)",
    "",
]
READING_OUTSIDE = [
    "FROM read_text('/etc/hostname')",
    "FROM read_csv('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM glob('/etc/*')",
    "FROM read_parquet('{outside}/*.parquet')",
    "FROM '{outside}/x.parquet'",
    "FROM read_blob('{outside}/x.parquet')",
    "FROM 'https://exemplo.com.br/x.parquet'",
    "SELECT getenv('HOME')",
    "FROM sqlite_scan('{ledger}', 'reports')",
    "FROM layout",
    "FROM statement",
]
READING = [
    "FROM campaigns",
    "SELECT count(*) FROM send_results",
    "DESCRIBE send_results",
    "SHOW TABLES",
    "SUMMARIZE campaign_metrics",
    "EXPLAIN FROM campaigns",
    "-- why?\nexplain SELECT 1",
    "VALUES (1)",
    "TABLE campaigns;",
    "WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM t WHERE a < 3) FROM t",
    "FROM range(3)",
    "SELECT * FROM campaigns JOIN campaign_metrics USING (campaign) QUALIFY row_number() OVER () = 1",
    "FROM duckdb_columns()",
    "SELECT unnest([1, 2])",
    "FROM campaign_metrics PIVOT (sum(accepted) FOR provider IN ('x'))",
    "FROM read_parquet('{processed}/send_results/*/*.parquet')",
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    from mensageria_pipeline.services.project import Project
    from mensageria_pipeline.settings import Settings

    folder = tmp_path_factory.mktemp("project")
    made = Workbench(Project(Settings(root=folder, data_dir=folder / "data", input_settle_s=0)))
    made.define("a")
    made.drop("a")
    made.run("a")
    publish(made.layout)
    return made


def filled(bench: Workbench, statement: str) -> str:
    places = {
        "target": bench.layout.table(Asset.MESSAGES, "a"),
        "outside": bench.layout.data_dir.parent,
        "processed": bench.layout.processed_dir,
        "ledger": bench.layout.ledger_dir / "control.db",
    }
    return statement.format(**places) if "{" in statement else statement


@pytest.mark.parametrize("statement", WRITING)
def test_what_does_more_than_look_is_known_as_such(bench: Workbench, statement: str) -> None:
    """Whatever the parser calls it."""
    with pytest.raises((InputError, duckdb.Error)) as caught:
        only_looks(filled(bench, statement))
    assert not isinstance(caught.value, InputError) or caught.value.key == "sql_only_looks"


def test_nothing_that_is_refused_has_happened(bench: Workbench) -> None:
    """The pipeline's files are as they were, and the refusal is a sentence."""
    before = {path: path.read_bytes() for path in bench.layout.processed_dir.rglob("*.parquet")}
    for statement in WRITING[:7]:
        with pytest.raises(InputError):
            ask_freely(bench.layout, filled(bench, statement))
    assert {path: path.read_bytes() for path in bench.layout.processed_dir.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("statement", READING_OUTSIDE)
def test_nothing_outside_is_read(bench: Workbench, statement: str) -> None:
    """Neither other files nor what the program itself holds; a pattern that may not be followed matches nothing."""
    try:
        _, rows = ask_freely(bench.layout, filled(bench, statement))
    except InputError:
        return
    assert rows == []


def test_what_only_looks_is_answered(bench: Workbench) -> None:
    """Every way to ask that analysts know."""
    for statement in READING:
        only_looks(filled(bench, statement))
    for statement in READING[-4:]:
        columns, _ = ask_freely(bench.layout, filled(bench, statement))
        assert columns


@pytest.mark.parametrize(
    "name",
    [
        "processed/messages/campaign=a/part-0.parquet",
        "state/x.csv",
        "state/ledger/x.csv",
        "logs/x.csv",
        "processed/../processed/x.parquet",
        "link/x.parquet",
        "raw.csv/x.csv",
    ],
)
def test_an_export_goes_nowhere_that_the_pipeline_keeps(bench: Workbench, name: str) -> None:
    """It would overwrite what is to be sent; a link leads there too."""
    link = bench.layout.data_dir / "link"
    if not link.exists():
        link.symlink_to(bench.layout.processed_dir)
    before = bench.rows(Asset.MESSAGES, "a")
    if name.startswith("raw.csv"):
        (bench.layout.data_dir / "raw.csv").write_text("a file, no folder")
    with pytest.raises(InputError):
        export(bench.layout, "campaign_metrics", bench.layout.data_dir / name, Format.CSV)
    assert bench.rows(Asset.MESSAGES, "a") == before
    assert export(bench.layout, "campaign_metrics", bench.layout.exports_dir / "mine.csv", Format.CSV) == 1


def test_an_export_replaces_no_pipe_and_no_device(bench: Workbench, tmp_path: Path) -> None:
    """By its rename it would take their place: as root, that of /dev/null itself."""
    target = tmp_path / "fifo.csv"
    os.mkfifo(target)
    with pytest.raises(InputError) as caught:
        export(bench.layout, "campaign_metrics", target, Format.CSV)
    assert caught.value.key == "output_not_a_file"
    assert target.is_fifo()
