"""`mensageria dev` in a terminal: quiet, found by the dashboard, ended at once, and nothing is lost by ending it."""

import time
from collections import Counter
from pathlib import Path

import pytest

from mensageria_pipeline.dashboard.runs import launch
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.services.dagster_home import interface_url
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline_tests.fakes.dagster_server import dagster_server
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer, Rates
from mensageria_pipeline_tests.needs import DAGSTER
from mensageria_pipeline_tests.waiting import wait_until
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST

pytestmark = DAGSTER
MESSAGES = 600
PATIENCE_S = 30
"""For the end of all processes; on an idle machine it takes two to three."""


def test_ctrl_c_in_the_middle_of_a_sending(tmp_path: Path, provider_server: ProviderServer) -> None:
    """What is under way is recorded, the next start goes on by itself, nobody gets two. The terminal: its own lines."""
    provider_server.play(Rates(slow_s=0.1))
    environment = {"API_PROVIDER_URL": provider_server.url, "API_KEY": "x", "DEFAULT_BATCH_SIZE": "1"}
    root = tmp_path / "projeto"
    layout = Layout(root / "data")
    with dagster_server(root, **environment) as server:
        assert interface_url(layout, "http://127.0.0.1:1") == server.url
        campaign = server.data_dir / "campaigns" / "a.yaml"
        campaign.write_text(SIMPLE_DEFINITION + "provider: http\nrelease: automatic\nrate_per_s: 60\n", "utf-8")
        folder = server.data_dir / "input" / "a"
        folder.mkdir(parents=True)
        rows = "".join(f"{n};Ana;t{n}\n" for n in range(MESSAGES))
        (folder / "lista.csv").write_text("id;nome;token\n" + rows, encoding="utf-8")
        wait_until(lambda: len(provider_server.began) > 50)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < PATIENCE_S
    assert interface_url(layout, "http://127.0.0.1:1") == "http://127.0.0.1:1"
    said = (root / "dagster.log").read_text(encoding="utf-8").split("\n")
    first, ready, *others, last = [line for line in said if line]
    assert first == "Iniciando o Dagster…"
    assert ready.startswith("Pronto em ")
    assert last.startswith("Encerrado.")
    assert not [line for line in others if "DEBUG" in line or "Warning" in line or "Traceback" in line], said
    sent = len(provider_server.accepted())
    assert 50 < sent < MESSAGES
    campaign.write_text(campaign.read_text("utf-8").replace("rate_per_s: 60", "rate_per_s: 600"), "utf-8")
    with dagster_server(root, **environment):
        wait_until(lambda: len(provider_server.accepted()) == MESSAGES)
    assert Counter(provider_server.accepted_ids()).most_common(1)[0][1] == 1


def test_a_changed_definition_is_prepared_anew_by_a_run(tmp_path: Path) -> None:
    """What the dashboard asks for; of a recurring campaign nothing more than its messages."""
    with dagster_server(tmp_path / "projeto", INPUT_SETTLE_SECONDS="0") as server:
        for campaign, more in (("a", ""), ("semanal", "cron: 0 9 1 1 *\n")):
            (server.data_dir / "campaigns" / f"{campaign}.yaml").write_text(SIMPLE_DEFINITION + more, "utf-8")
            folder = server.data_dir / "input" / campaign
            folder.mkdir(parents=True)
            (folder / "lista.csv").write_text(SIMPLE_LIST, encoding="utf-8")
            assert server.wait_for_run(campaign)["status"] == "SUCCESS"
            launch(server.url, campaign, is_recurring=bool(more))
            assert server.wait_for_run(campaign, count=2)["status"] == "SUCCESS"
        results = server.data_dir / "processed" / "send_results"
        assert {path.parent.name for path in results.rglob("*.parquet")} - {"campaign=_"} == {"campaign=a"}
    with pytest.raises(InputError):
        launch(server.url, "a", is_recurring=False)
