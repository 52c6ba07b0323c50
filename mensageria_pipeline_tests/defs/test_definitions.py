"""What Dagster is told: the names, the job and the sensors, equal on every route."""

import tomllib

import dagster as dg
import pytest
import yaml

from mensageria_pipeline.definitions import defs
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline_tests.fakes.dagster_server import ROOT


@pytest.fixture
def definitions(monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    monkeypatch.chdir(ROOT)
    loaded = defs()
    assert isinstance(loaded, dg.Definitions)
    dg.Definitions.validate_loadable(loaded)  # two names that clash are only found here
    return loaded


def test_the_assets_are_the_flow(definitions: dg.Definitions) -> None:
    """Stage by stage, in order; a changed key or group would lose its history."""
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()} == {
        "raw_base": "intake",
        "validated_recipients": "recipients",
        "rejected_recipients": "recipients",
        "messages": "messages",
        "send_results": "sending",
        "campaign_metrics": "analytics",
        "campaign_report": "reports",
        "suppressions": "people",
        "receipts": "receipts",
    }


def test_every_asset_is_described_and_owned(definitions: dg.Definitions) -> None:
    """A new colleague understands the graph from the UI alone."""
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert len(node.description or "") > 40
        assert node.owners
        assert node.kinds
        is_everybodys = key.to_user_string() in {"suppressions", "receipts"}
        assert is_everybodys or isinstance(node.partitions_def, dg.DynamicPartitionsDefinition)


def test_checks_guard_what_must_not_break(definitions: dg.Definitions) -> None:
    """Those that stop the flow are blocking; waits and bad files only warn."""
    graph = definitions.resolve_asset_graph()
    checks = {f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys}
    assert checks == {
        "raw_base:files_usable",
        "validated_recipients:contract",
        "validated_recipients:rows_conserved",
        "messages:placeholders",
        "messages:rows_conserved",
        "send_results:input_fingerprint",
        "send_results:messages_conserved",
        "send_results:complete",
        "suppressions:rows_understood",
        "receipts:reports_understood",
    }


def test_the_job_runs_in_one_process_and_never_retries_sending(definitions: dg.Definitions) -> None:
    """A step of its own could outlive a killed run; a retry policy would restart a cancelled send."""
    job = definitions.resolve_job_def("campaign")
    assert job.executor_def.name == "in_process"
    assert all(node.retry_policy is None for node in job.all_node_defs)  # type: ignore[attr-defined]
    assert all(node.retry_policy is None for node in job.nodes)


def test_sensors_run_from_the_start(definitions: dg.Definitions) -> None:
    """`make dev` starts with everything on."""
    sensors = {sensor.name: sensor.default_status for sensor in definitions.sensors or []}
    assert sensors == dict.fromkeys(
        ("input_files", "suppression_lists", "agenda", "receipts_arrived", "reconcile", "alert_on_failure"),
        dg.DefaultSensorStatus.RUNNING,
    )
    schedules = definitions.schedules or []
    assert len(schedules) == 2
    assert {each.default_status for each in schedules} == {dg.DefaultScheduleStatus.RUNNING}  # type: ignore[union-attr]


def test_the_location_has_one_name_on_every_route() -> None:
    """Sensors keep their memory under the location's name."""
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"][0]["python_module"]
    dg_project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    assert workspace["location_name"] == dg_project["code_location_name"] == "mensageria_pipeline"
    assert workspace["module_name"] == dg_project["code_location_target_module"] == "mensageria_pipeline.definitions"


def test_another_dagster_state_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two histories of one ledger would disagree about what was launched."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DAGSTER_HOME", "/somewhere/else")
    with pytest.raises(SettingsError, match="make dev"):
        defs()
