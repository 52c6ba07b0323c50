"""Another page of the operator's browser against Dagster's interface: it starts, reads and sends nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Page, expect

from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import load_settings
from mensageria_pipeline_tests.fakes.dagster_server import BARE, DagsterServer, dagster_server
from mensageria_pipeline_tests.fakes.foreign_page import REBOUND, attack, foreign_page
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.needs import DAGSTER
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST

pytestmark = DAGSTER
_LAUNCH = """
mutation { launchPipelineExecution(executionParams: {mode: "default", selector: {jobName: "campaign",
  repositoryName: "__repository__", repositoryLocationName: "mensageria_pipeline",
  assetSelection: [{path: ["send_results"]}]},
  executionMetadata: {tags: [{key: "dagster/partition", value: "a"}, %s]}}) { __typename } }
"""
_PLAN = """
{ assetNodeOrError(assetKey: {path: ["messages"]}) { ... on AssetNode {
  assetMaterializations(partitions: ["a"], limit: 1) {
    metadataEntries { label ... on TextMetadataEntry { text } } } } } }
"""


def launch_mutation(tag: str = "mensageria/trigger", value: str = "cli") -> str:
    return _LAUNCH % f"{{key: {json.dumps(tag)}, value: {json.dumps(value)}}}"


@dataclass(frozen=True)
class Live:
    """Dagster with the live campaign `a`, prepared and not released."""

    server: DagsterServer
    provider: ProviderServer

    def releases(self) -> bool:
        settings = load_settings(self.server.data_dir.parent, {})
        return Project(settings).ledger.is_released("a", self.plan())

    def plan(self) -> str:
        node = self.server.graphql(_PLAN)["assetNodeOrError"]
        entries: list[dict[str, Any]] = node["assetMaterializations"][0]["metadataEntries"]
        return next(str(entry["text"]) for entry in entries if entry["label"].startswith("plano"))


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderServer]:
    with ProviderServer(tmp_path_factory.mktemp("provider") / "accepted.jsonl") as server:
        yield server


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, provider: ProviderServer) -> Iterator[Live]:
    environment = {"API_PROVIDER_URL": provider.url, "API_KEY": "x"}
    with dagster_server(tmp_path_factory.mktemp("dev"), **environment) as server:
        yield prepared(server, provider)


def prepared(server: DagsterServer, provider: ProviderServer) -> Live:
    campaigns = server.data_dir / "campaigns"
    campaigns.mkdir(parents=True, exist_ok=True)
    (campaigns / "a.yaml").write_text(SIMPLE_DEFINITION + "provider: http\n", "utf-8")
    folder = server.data_dir / "input" / "a"
    folder.mkdir(parents=True)
    (folder / "lista.csv").write_text(SIMPLE_LIST, "utf-8")
    assert server.wait_for_run("a")["status"] == "SUCCESS"
    return Live(server, provider)


@pytest.mark.parametrize("tag", ["mensageria/trigger", "mensageria/release"])
def test_a_foreign_page_neither_starts_nor_reads_anything(live: Live, page: Page, tag: str) -> None:
    """Picture, script, form, fetch and WebSocket, from another port of this very machine."""
    url = f"{live.server.url}/graphql"
    query = launch_mutation(tag, live.plan())
    with foreign_page() as address:
        page.goto(address)
        came = attack(page, url, f"{url}?query={quote(query)}", json.dumps({"query": query}))
    assert came["read"] == came["json"] == came["socket"] == came["image"] == came["script"] == "refused"
    assert len(live.server.runs("a")) == 1, "the preparation, and nothing else"
    assert not live.releases()
    assert not live.provider.requests


def test_a_page_that_dns_passes_off_as_the_interface_gets_nothing(live: Live, page: Page) -> None:
    """DNS rebinding: to the browser it is one origin, so that only the name tells."""
    port = live.server.url.rpartition(":")[2]
    rebound = f"http://{REBOUND}:{port}/"
    answer = page.goto(rebound)
    assert answer
    assert answer.status == 403
    query = launch_mutation()
    came = attack(page, f"{rebound}graphql", f"{rebound}graphql?query={quote(query)}", json.dumps({"query": query}))
    assert came["read"].startswith("read: Recusado")
    assert came["json"].startswith("read: Recusado")
    assert came["socket"] == "refused"
    assert len(live.server.runs("a")) == 1
    assert not live.provider.requests


def test_no_page_shows_the_interface_in_a_frame(live: Live, page: Page) -> None:
    """A button under a picture of something else is pressed by whoever wants the picture."""
    with foreign_page() as address:
        page.goto(address)
        page.evaluate(
            "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f); }",
            f"{live.server.url}/runs",
        )
        page.wait_for_timeout(1_500)
        assert all(live.server.url not in frame.url for frame in page.frames)


def test_the_interface_itself_works_and_releases_knowingly(live: Live, page: Page) -> None:
    """Runs are listed over HTTP and WebSocket; a launch alone sends nothing, one that names the plan sends it."""
    page.goto(f"{live.server.url}/runs")
    run_id = str(live.server.runs("a")[0]["runId"])
    expect(page.get_by_text(run_id[:8]).first).to_be_visible()
    page.goto(f"{live.server.url}/assets/send_results")
    expect(page.get_by_role("button", name="Materialize").first).to_be_visible()
    for number, query in ((2, launch_mutation()), (3, launch_mutation("mensageria/release", live.plan()))):
        assert not live.provider.requests
        said = page.evaluate(
            "query => fetch('/graphql', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({query})}).then(a => a.json())",
            query,
        )
        assert said["data"]["launchPipelineExecution"]["__typename"] == "LaunchRunSuccess", said
        assert live.server.wait_for_run("a", count=number)["status"] == "SUCCESS"
    assert len(live.provider.accepted()) == 3
    assert live.releases()


def test_without_the_guard_a_page_starts_runs_that_send_nothing(
    tmp_path: Path, provider_server: ProviderServer
) -> None:
    """`dagster dev -w workspace.yaml`, as documented: a picture's GET, even with the plan that a rebound page read."""
    environment = {"API_PROVIDER_URL": provider_server.url, "API_KEY": "x"}
    with dagster_server(tmp_path, BARE, **environment) as server:
        live = prepared(server, provider_server)
        for number, tag in ((2, "mensageria/trigger"), (3, "mensageria/release")):
            query = launch_mutation(tag, live.plan())
            assert requests.get(f"{server.url}/graphql", params={"query": query}, timeout=PATIENCE_S).ok
            assert server.wait_for_run("a", count=number)["status"] == "SUCCESS"
        assert not live.releases()
        assert not provider_server.requests
