"""Data folders that earlier versions wrote are read as they were: same counts, nobody messaged again, nobody forgotten.

Each archive holds a simulated campaign, a live one over three channels with receipts (one delivered, one bounced), a
live one with a person on the opt-out list, and `status.json`: what the version that wrote them said of each.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.settings import Settings
from mensageria_pipeline_tests.fakes.mixed import Mixed
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.fakes.smtp_server import SmtpServer
from mensageria_pipeline_tests.workbench import Workbench

ARCHIVES = sorted(Path(__file__).parent.glob("*.tar.gz"))
CAMPAIGNS = ("avisos", "mista", "simulada")


@pytest.fixture(params=ARCHIVES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Workbench:
    with tarfile.open(request.param) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # not in every Python 3.11
        archive.extractall(tmp_path)
    return Workbench(Project(Settings(root=tmp_path, data_dir=tmp_path / "data", input_settle_s=0)))


def _said(bench: Workbench) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((bench.project.settings.root / "status.json").read_text(encoding="utf-8"))
    return said


def _says(bench: Workbench) -> dict[str, Any]:
    """The status of today, without what later versions say beside it."""
    later = {"in_flight", "state", "until"}
    found = {name: campaign_status(bench.project, name).as_json() for name in CAMPAIGNS}
    return {name: {key: value for key, value in each.items() if key not in later} for name, each in found.items()}


def test_the_counts_are_what_they_were(older: Workbench) -> None:
    """Also after the ledger's files were brought to today's version."""
    for _ in range(2):
        assert _says(older) == _said(older)


def test_a_second_run_sends_nothing(older: Workbench, provider_server: ProviderServer) -> None:
    """Message ids, plan and journal mean what they meant."""
    with SmtpServer() as mail:
        mixed = Mixed(older, provider_server, mail)
        older.run("mista", **mixed.settings)
        older.run("avisos", api_provider_url=provider_server.url, api_key="segredo", timeout_s=2.0)
        older.run("simulada")
        assert not mail.taken
    assert not provider_server.accepted()
    assert _says(older) == _said(older)


def test_who_must_not_be_messaged_stays_so(older: Workbench) -> None:
    """The opt-out of a list, and the number that a receipt said does not exist."""
    rules = set(older.project.ledger.suppressions.suppression_set(Mode.LIVE, "outra").addresses.values())
    assert rules == {"suppressed_by_list", "dead_address"}


def test_what_came_back_is_still_known(older: Workbench) -> None:
    """Receipts stand beside the results, and are not taken for new ones."""
    assert process_receipts(older.project).taken == 0
    publish(older.layout)
    with open_warehouse(older.layout) as warehouse:
        rows = warehouse.sql("SELECT delivery, count(*) FROM send_results WHERE delivery <> '' GROUP BY 1 ORDER BY 1")
        assert rows.fetchall() == [("bounced", 1), ("delivered", 1)]
