"""kill -9 while the warehouse is published, a report is written, receipts are folded and a backup is made.

At every moment each published file is whole: the one of before, or the one of after. The next run completes.
"""

import json
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import duckdb
import fastexcel
import openpyxl
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.recovery.backup import restore_state
from mensageria_pipeline.services import control
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.faults.field import FAST, Field
from mensageria_pipeline_tests.needs import CRASH
from mensageria_pipeline_tests.receipts.posts import zenvia_answer, zenvia_status
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

pytestmark = CRASH
_TRIES_A_KILL = 6
_SOONER = 0.7
_ROWS = 6_000
TOKEN = "um-token-bem-comprido"


@pytest.fixture(params=[pytest.param(2, id="short"), pytest.param(6, id="long", marks=pytest.mark.long)])
def kills(request: pytest.FixtureRequest) -> int:
    """How often a step is killed."""
    return int(request.param)


def _kill_in_the_middle(
    field: Field,
    kills: int,
    step: str,
    argument: str,
    check: Callable[[], None],
    before: Callable[[int], None] = lambda _attempt: None,
    waits_s: float = 0.0,
) -> None:
    """Kill a step `kills` times at random moments of its work, and look at what it left each time; then let it end.

    How long it takes is measured first, so that moments fall into its work on every machine; a run that was quicker
    than its moment counts as no kill, and the next moments come sooner. `before` is called before each attempt, with
    its number. `waits_s`: how long a step first waits for the lease of the one that was killed.
    """
    draw = Random(step)
    before(0)
    whole, began = field.decide(step, argument), time.monotonic()
    whole.end()
    takes_s = time.monotonic() - began
    check()
    killed = 0
    for attempt in range(1, 1 + kills * _TRIES_A_KILL):
        before(attempt)
        running = field.decide(step, argument)
        least_s = waits_s if killed and draw.random() < 0.7 else 0.0
        time.sleep(least_s + draw.uniform(0, takes_s))
        is_in_the_middle = running.is_running
        killed += is_in_the_middle
        takes_s *= 1 if is_in_the_middle else _SOONER
        running.kill()
        check()
        if killed == kills:
            break
    assert killed == kills, "it was killed in the middle"
    field.decide(step, argument).end()
    check()


@pytest.fixture
def sent(field: Field) -> Field:
    """A simulated campaign, sent, published and reported once."""
    prepare_root(field.root, INPUT_SETTLE_SECONDS="0")
    bench = Workbench(field.project)
    bench.define("a", SIMPLE_DEFINITION)
    rows = "".join(f"{n};Ana;{'' if n % 50 == 0 else f'tok-{n}'}\n" for n in range(_ROWS))
    bench.drop("a", "id;nome;token\n" + rows)
    bench.run("a")
    publish(bench.layout)
    control.report(field.project, "a")
    return field


def test_a_publication_that_is_killed_leaves_the_warehouse_whole(sent: Field, kills: int) -> None:
    """Analysts open the file of before or the one of after, with every campaign in it."""
    layout = sent.project.layout
    with open_warehouse(layout) as warehouse:
        expected = warehouse.sql("FROM campaign_metrics ORDER BY ALL").fetchall()

    def check() -> None:
        with duckdb.connect(layout.warehouse, read_only=True) as warehouse:
            assert warehouse.sql("FROM campaign_metrics ORDER BY ALL").fetchall() == expected
            counted = warehouse.sql("SELECT count(*) FROM send_results WHERE campaign = 'a'").fetchall()
        assert counted == [(_ROWS - _ROWS // 50,)]

    _kill_in_the_middle(sent, kills, "publish", "", check)
    assert [path.name for path in layout.data_dir.glob(".*.next*")] == [], "what a killed one left is gone"


def test_a_report_that_is_killed_leaves_every_file_whole(sent: Field, kills: int) -> None:
    """Whoever opens a workbook, CSV, Parquet file, page or picture finds the one of before or the one of after."""
    layout = sent.project.layout
    folder = layout.export_dir("a")
    names = {path.name for path in folder.glob("[!.]*")}

    def check() -> None:
        assert {path.name for path in folder.glob("[!.]*")} == names
        assert set(fastexcel.read_excel(folder / "relatorio.xlsx").sheet_names) >= {"Resumo", "Mensagens"}
        assert len(list(openpyxl.load_workbook(folder / "relatorio.xlsx")["Resumo"].values)) > 1
        assert pq.read_table(folder / "resultados.parquet").num_rows == _ROWS - _ROWS // 50
        assert pq.read_table(folder / "nao_receberam.parquet").num_rows == _ROWS // 50
        assert len((folder / "resultados.csv").read_text("utf-8-sig").splitlines()) == 1 + _ROWS - _ROWS // 50
        assert (folder / "relatorio.html").read_text("utf-8").rstrip().endswith("</html>")
        for path in layout.figs_dir("a").glob("[!.]*"):
            end = b"</svg>" if path.suffix == ".svg" else b"IEND\xaeB`\x82"
            assert path.read_bytes().rstrip().endswith(end), path.name

    _kill_in_the_middle(sent, kills, "report", "a", check)


def test_a_backup_that_is_killed_leaves_a_whole_archive_or_none(sent: Field, tmp_path: Path, kills: int) -> None:
    """The name of a backup is given to a whole one only; the ledger it was made of goes on as it was."""
    target = tmp_path / "copia.tar.gz"
    expected = campaign_status(sent.project, "a").as_json()
    seen = Counter[bool]()

    def check() -> None:
        seen[target.exists()] += 1
        if target.exists():
            _check_whole(target)
        assert campaign_status(sent.project, "a").as_json() == expected

    _kill_in_the_middle(sent, kills, "back_up", str(target), check, before=lambda _: target.unlink(missing_ok=True))
    assert seen[False], "killed before it was there"
    elsewhere = Layout(tmp_path / "outra")
    restore_state(elsewhere, target)
    ledger = Ledger(elsewhere.ledger_dir)
    assert ledger.key == sent.project.ledger.key
    assert ledger.journal("a").extent() == sent.project.ledger.journal("a").extent()


def _check_whole(target: Path) -> None:
    """Every file of the manifest is in the archive, to its last byte."""
    with tarfile.open(target, "r:gz") as archive:
        found = {member.name: len(archive.extractfile(member).read()) for member in archive if member.isfile()}  # type: ignore[union-attr]
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        assert set(json.loads(manifest.read())["sha256"]) == set(found) - {"manifest.json"}


def test_receipts_whose_folding_is_killed_are_all_in_the_result(field: Field, kills: int) -> None:
    """Placed, obeyed or half shown: the next look finishes it; counts are conserved at every moment, and once."""
    server, share = field.server, 100
    prepare_root(
        field.root,
        INPUT_SETTLE_SECONDS="0",
        ZENVIA_URL=server.base_url,
        ZENVIA_TOKEN="x",
        ZENVIA_FROM="loja",
        RECEIVER_TOKEN=TOKEN,
    )
    messages = share * (1 + kills * _TRIES_A_KILL)
    bench = Workbench(field.project)
    bench.define("a", "provider: zenvia\ntemplate: {body: Oi}\n")
    bench.drop("a", "id;telefone\n" + "".join(f"{n};119{80_000_000 + n}\n" for n in range(messages)))
    bench.run("a")
    publish(bench.layout)
    control.report(field.project, "a")
    plan = bench.rows(Asset.MESSAGES, "a")
    posted: set[int] = set()

    def post(attempt: int) -> None:
        """The provider reports on another share, and the first of them answers PARE: every attempt has work."""
        posted.add(attempt)
        headers = {"authorization": f"Bearer {TOKEN}"}
        mine = plan[attempt * share : (attempt + 1) * share]
        with TestClient(Receiver(field.project.ledger, TOKEN).application()) as client:
            bodies = [zenvia_status(f"e-{row['message_id']}", "DELIVERED", row["message_id"]) for row in mine]
            bodies.append(zenvia_answer(f"answer-{attempt}", "PARE", mine[0]["address"].removeprefix("+")))
            for body in bodies:
                assert client.post("/recibos/zenvia", content=body, headers=headers).status_code == 200

    results = bench.layout.partition_dir(Asset.SEND_RESULTS, "a") / "edition-1-live.parquet"

    def check() -> None:
        stamp = read_stamp(results)
        assert stamp is not None
        rows = pq.read_table(results, partitioning=None)
        assert rows.num_rows == stamp.row_count == messages
        assert set(rows["outcome"].to_pylist()) == {"accepted"}
        for path in bench.layout.partition_dir(Asset.RECEIPTS, "a").glob("[!.]*.parquet"):
            assert read_stamp(path) is not None
        with open_warehouse(bench.layout) as warehouse:
            assert warehouse.sql("SELECT sum(messages) FROM campaign_metrics").fetchall() == [(messages,)]
        openpyxl.load_workbook(bench.layout.export_dir("a") / "relatorio.xlsx", read_only=True).close()

    _kill_in_the_middle(field, kills, "fold", "", check, post, waits_s=FAST.lease_s)
    delivered = share * len(posted)
    found = process_receipts(field.project)
    assert (found.waiting, found.awaiting_match) == ({}, 0)
    rows = pq.read_table(results, partitioning=None)
    assert Counter(filter(None, rows["delivery"].to_pylist())) == {"delivered": delivered}
    receipts = pq.read_table(bench.layout.table(Asset.RECEIPTS, "a"), partitioning=None)
    assert len(set(receipts["message_id"].to_pylist())) == receipts.num_rows == delivered, "each once"
    with open_warehouse(bench.layout) as warehouse:
        assert warehouse.sql("SELECT sum(delivered) FROM campaign_metrics").fetchall() == [(delivered,)]
    forbidden = field.project.ledger.suppressions.suppression_set(Mode.LIVE, "a").addresses
    assert {plan[attempt * share]["address_key"] for attempt in posted} == set(forbidden)
