"""The whole product, live: Dagster as a subprocess, files dropped, runs followed through GraphQL."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import duckdb

from mensageria_pipeline_tests.fakes.dagster_server import DagsterServer, dagster_server
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.needs import DAGSTER
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST

pytestmark = DAGSTER


def _drop(server: DagsterServer, campaign: str, content: str, name: str = "lista.csv") -> None:
    target = server.data_dir / "input" / campaign / name
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{name}.part")
    part.write_text(content, encoding="utf-8")
    part.rename(target)


def _metrics(server: DagsterServer, campaign: str) -> list[tuple[object, ...]]:
    query = "SELECT mode, sum(messages)::INT, sum(accepted)::INT FROM campaign_metrics WHERE campaign = ? GROUP BY mode"
    with duckdb.connect(str(server.data_dir / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query, [campaign]).fetchall()


def test_files_dropped_into_a_running_dagster_become_runs(tmp_path: Path, provider_server: ProviderServer) -> None:
    """Sample, bad file and live campaign at once; each ends as it should, and the server stops cleanly."""
    environment = {"API_PROVIDER_URL": provider_server.url, "API_KEY": "segredo"}
    with dagster_server(tmp_path / "projeto", **environment) as server:
        campaigns = server.data_dir / "campaigns"
        (campaigns / "viva.yaml").write_text(SIMPLE_DEFINITION + "provider: http\nrelease: automatic\n", "utf-8")
        (campaigns / "segura.yaml").write_text(SIMPLE_DEFINITION + "provider: http\n", "utf-8")
        (campaigns / "quebrada.yaml").write_text("a: [\n", "utf-8")
        for campaign in ("viva", "segura", "quebrada"):
            _drop(server, campaign, SIMPLE_LIST)
        _drop(server, "ruim", "nome;cpf\nAna;1\n")
        sample = server.data_dir / "input" / "amostra" / "clientes.csv"
        sample.parent.mkdir(parents=True)
        with as_file(files("mensageria_pipeline.samples") / "demo-boas-vindas.csv") as source:
            shutil.copyfile(source, sample)

        assert server.wait_for_run("viva")["status"] == "SUCCESS"
        assert server.wait_for_run("amostra")["status"] == "SUCCESS"
        assert server.wait_for_run("segura")["status"] == "SUCCESS"
        assert server.wait_for_run("ruim")["status"] == "FAILURE"
        assert server.runs("quebrada") == []
        assert _metrics(server, "viva") == [("live", 3, 3)]
        assert _metrics(server, "amostra")[0][0] == "simulated"
        assert _metrics(server, "segura") == [], "prepared only: a person releases it"
        assert len(provider_server.accepted()) == 3

        _drop(server, "viva", SIMPLE_LIST, "copia.csv")
        _drop(server, "viva", SIMPLE_LIST + "4;Davi;tok-davi\n", "nova.csv")
        assert server.wait_for_run("viva", count=2)["status"] == "SUCCESS"
        assert _metrics(server, "viva") == [("live", 4, 4)]
        assert len(provider_server.accepted()) == 4
        words = server.wait_for_words("input_files", "copia.csv já processado, mesmo conteúdo de lista.csv")
        assert "quebrada.yaml não é um YAML válido" in words
        assert "coluna de endereço" in words
        assert server.stop() == 0
