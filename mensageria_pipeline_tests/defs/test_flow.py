"""The flow as Dagster runs it: checks, metadata, failures in sentences, and nothing sent twice."""

from dataclasses import replace

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from mensageria_pipeline.defs.alerts import alert_on_failure
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer
from mensageria_pipeline_tests.fakes.workbooks import PASSWORD_PROTECTED
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST, with_variables


def go_live(shell: Shell, url: str, key: str = "segredo") -> None:
    settings = with_variables(shell.bench.project.settings, api_provider_url=url, api_key=key, timeout_s=PATIENCE_S)
    shell.bench.project = Project(settings)


def test_a_partition_runs_from_file_to_report(shell: Shell) -> None:
    """All assets materialize, all checks pass, and the report is there."""
    shell.bench.define("a")
    shell.bench.drop("a")
    result = shell.materialize("a")
    assert result.success, shell.failure(result)
    keys = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
    assert len(keys) == 7
    assert all(check.passed for check in result.get_asset_check_evaluations())
    assert len(result.get_asset_check_evaluations()) == 8
    assert (shell.bench.layout.export_dir("a") / "relatorio.xlsx").exists()


def test_materializing_again_sends_nothing(shell: Shell, provider_server: ProviderServer) -> None:
    """A data engineer may click at any time."""
    go_live(shell, provider_server.url)
    shell.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    shell.bench.drop("a")
    assert shell.materialize("a", by_person=True).success
    for _ in range(2):
        assert shell.materialize("a").success
    assert shell.materialize("a", "send_results").success
    assert len(provider_server.accepted()) == 3


def test_the_ui_gets_schema_lineage_counts_and_a_masked_preview(shell: Shell) -> None:
    """What an engineer looks for, and no personal data."""
    shell.bench.define("a")
    shell.bench.drop("a", "id;nome;email\n1;Fulano Secreto;secreto@exemplo.com\n")
    result = shell.materialize("a")
    assert result.success, shell.failure(result)
    metadata = {
        event.asset_key.to_user_string(): event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    for asset in ("raw_base", "validated_recipients", "rejected_recipients", "messages", "send_results"):
        assert metadata[asset]["dagster/partition_row_count"].value == (0 if asset == "rejected_recipients" else 1)
        assert metadata[asset]["dagster/column_schema"]
    assert metadata["validated_recipients"]["dagster/column_lineage"]
    assert "s…@e…" in str(metadata["validated_recipients"]["amostra (mascarada)"])
    assert "Secreto" not in shell.events_text(result)
    assert "secreto@" not in shell.events_text(result)


@pytest.mark.parametrize(
    ("name", "content", "definition", "words"),
    [
        ("a.csv", b"", None, "está vazio"),
        ("a.csv", b"nome;cpf\nAna;1\n", None, "Ela tem: nome, cpf"),
        ("a.xlsx", PASSWORD_PROTECTED, None, "protegida por senha"),
        ("a.xlsx", b"id;token\n1;t\n", None, "nome de Excel, mas"),
        ("a.csv", SIMPLE_LIST.encode(), "a: [\n", "não é um YAML válido"),
        ("a.csv", SIMPLE_LIST.encode(), "provider: pombo\n", "pede o provedor pombo"),
        ("a.csv", SIMPLE_LIST.encode(), "template: {body: '{{ saldo }}'}\n", "usa saldo, que a base não tem"),
        ("a.csv", SIMPLE_LIST.encode(), "template: {body: '{{ nome'}\n", "não pôde ser lido"),
        ("a.csv", SIMPLE_LIST.encode(), "provider: http\ntemplate: {body: Oi}\n", "Falta a variável API_PROVIDER_URL"),
    ],
)
def test_every_refusal_teaches_and_sends_nothing(
    shell: Shell, name: str, content: bytes, definition: str | None, words: str
) -> None:
    """The run fails with one sentence an operator understands; the next campaign is unaffected."""
    if definition:
        path = shell.bench.layout.definition("a")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(definition, encoding="utf-8")
    shell.bench.drop("a", content, name)
    result = shell.materialize("a", by_person=True)
    assert not result.success
    assert words in shell.failure(result)
    assert campaign_status(shell.bench.project, "a").tally.attempts == 0
    shell.bench.define("b")
    shell.bench.drop("b")
    assert shell.materialize("b").success


def test_a_missing_placeholder_fails_its_check(shell: Shell) -> None:
    """The check is red, not only the run."""
    shell.bench.define("a", "template: {body: '{{ saldo }}'}\n")
    shell.bench.drop("a")
    result = shell.materialize("a")
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert [check.check_name for check in failed] == ["placeholders"]
    assert failed[0].severity is dg.AssetCheckSeverity.ERROR


def test_stale_messages_are_not_sent_by_a_lone_launch(shell: Shell) -> None:
    """send_results verifies its own input; its check says so."""
    shell.bench.define("a")
    shell.bench.drop("a")
    assert shell.materialize("a", "raw_base", "validated_recipients", "rejected_recipients", "messages").success
    shell.bench.define("a", SIMPLE_DEFINITION.replace("Olá", "Tchau"))
    result = shell.materialize("a", "send_results")
    assert "outra versão" in shell.failure(result)
    assert [c.check_name for c in result.get_asset_check_evaluations() if not c.passed] == ["input_fingerprint"]


def test_a_run_that_is_interrupted_paints_no_check_red(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its checks say what is known: nothing is lost, and what is pending is a warning."""

    def interrupted(*_: object) -> None:
        raise DagsterExecutionInterruptedError

    monkeypatch.setattr("mensageria_pipeline.defs.sending.send_messages", interrupted)
    shell.bench.define("a")
    shell.bench.drop("a")
    result = shell.materialize("a")
    assert not result.success
    found = [each for each in result.get_asset_check_evaluations() if each.asset_key.path == ["send_results"]]
    assert {each.check_name: (each.passed, each.severity) for each in found} == {
        "input_fingerprint": (True, dg.AssetCheckSeverity.ERROR),
        "messages_conserved": (True, dg.AssetCheckSeverity.ERROR),
        "complete": (False, dg.AssetCheckSeverity.WARN),
    }


def test_a_bad_day_still_reports_and_then_fails(shell: Shell, provider_server: ProviderServer) -> None:
    """Refused credentials: results, metrics and report are written; the run ends failed with the reason."""
    go_live(shell, provider_server.url)
    provider_server.script = lambda _: Answer(403)
    shell.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    shell.bench.drop("a")
    result = shell.materialize("a", by_person=True)
    assert not result.success
    assert "recusou as credenciais" in shell.failure(result)
    assert len({event.asset_key for event in result.get_asset_materialization_events()}) == 7
    alone = shell.materialize("a", "send_results")
    assert "recusou as credenciais" in shell.failure(alone)
    assert shell.materialize("a", "campaign_report").success, "a report alone only reports"


def test_waiting_is_a_warning_not_a_failure(shell: Shell) -> None:
    """The run is green, the check `complete` says until when."""
    shell.bench.define("a", SIMPLE_DEFINITION + "send_window: {not_before: '2099-01-01'}\n")
    shell.bench.drop("a")
    result = shell.materialize("a")
    assert result.success
    (complete,) = [check for check in result.get_asset_check_evaluations() if check.check_name == "complete"]
    assert not complete.passed
    assert complete.severity is dg.AssetCheckSeverity.WARN
    assert "2099" in str(complete.metadata["motivo"])


def test_internal_errors_show_their_place_and_no_value(shell: Shell) -> None:
    """A foreign exception may quote a name or an address."""
    shell.bench.define("a")
    shell.bench.drop("a")
    assert shell.materialize("a").success
    path = shell.bench.layout.processed_dir / "messages" / "campaign=a" / "part-0.parquet"
    path.write_bytes(path.read_bytes()[:-40] + b"segredo" * 4 + path.read_bytes()[-12:])
    result = shell.materialize("a", "send_results")
    assert not result.success
    assert "segredo" not in shell.events_text(result)


def test_an_occurrence_messages_the_list_again(shell: Shell, provider_server: ProviderServer) -> None:
    """Each due time of a recurring campaign is a partition of its own: the same people, other messages, once."""
    go_live(shell, provider_server.url)
    shell.bench.define("a", SIMPLE_DEFINITION + "provider: http\ncron: 0 9 * * *\n")
    shell.bench.drop("a")
    assert shell.materialize("a", "raw_base").success
    for _ in range(2):
        for partition in ("a--20991123t1200z", "a--20991124t1200z"):
            result = shell.materialize(partition, by_person=True)
            assert result.success, shell.failure(result)
    ids = provider_server.accepted_ids()
    assert len(ids) == len(set(ids)) == 6


def test_a_failed_run_is_alerted_without_personal_data(shell: Shell, provider_server: ProviderServer) -> None:
    """The webhook gets campaign, run and reason: what an operator needs at night, and nobody's data."""
    provider_server.script = lambda _: Answer(204)
    shell.bench.project = Project(replace(shell.bench.project.settings, alert_webhook_url=provider_server.url))
    shell.bench.drop("a", "nome;cpf\nFulano Secreto;12345678901\n")
    result = shell.materialize("a")
    context = dg.build_run_status_sensor_context(
        sensor_name="alert_on_failure",
        dagster_instance=shell.instance,
        dagster_run=result.dagster_run,
        dagster_event=result.get_run_failure_event(),
        resources={"project": shell.bench.project},
    ).for_run_failure()
    alert_on_failure(context)
    (request,) = provider_server.requests
    assert "Ela tem: nome, cpf" in request.content["text"]
    assert request.content["campaign"] == "a"
    assert "Secreto" not in str(request.content)
