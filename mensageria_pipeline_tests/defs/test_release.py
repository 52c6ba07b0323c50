"""A live campaign leaves when a person said so for exactly its messages, and by nothing that a page could launch."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.receipts import OptOutRequest
from mensageria_pipeline.defs.release import RELEASE_TAG, how_to_release, is_released
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.services import control
from mensageria_pipeline.services.release import is_released_here, may_leave, note_planned, releasing
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.defs.test_flow import go_live
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION

LATER_LIST = "id;nome;token\n9;Eva;t9\n"
FORGED: tuple[dict[str, str], ...] = (
    {},
    {"dagster/sensor_name": "agenda", "dagster/run_key": "a:resume:1"},
    {"dagster/parent_run_id": "0000", "dagster/root_run_id": "0000"},
    {"dagster/schedule_name": "nightly_retention"},
    {"dagster/backfill": "abcdefgh"},
    {"dagster/from_ui": "true", "dagster/will_retry": "true"},
    {"mensageria/trigger": "cli", "mensageria/campaign": "a"},
    {"mensageria/continuation": "1"},
    {RELEASE_TAG: "true"},
    {RELEASE_TAG: "a"},
    {RELEASE_TAG: ""},
)


@pytest.fixture
def campaign(shell: Shell, provider_server: ProviderServer) -> Shell:
    """The live campaign `a`, with a list, under `release: manual`."""
    go_live(shell, provider_server.url)
    shell.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    shell.bench.drop("a")
    return shell


def plan_of(shell: Shell) -> str:
    stamp = read_stamp(shell.bench.layout.table(Asset.MESSAGES, "a"))
    assert stamp
    return stamp.fingerprint


def complete_check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    return next(check for check in result.get_asset_check_evaluations() if check.check_name == "complete")


def test_no_launch_is_a_release_whatever_tags_it_bears(campaign: Shell, provider_server: ProviderServer) -> None:
    """Any web page makes a browser launch runs, with tags of its choice; also over send_results alone."""
    everything = {name: value for tags in FORGED for name, value in tags.items()}
    assert campaign.materialize("a", tags=everything).success
    for tags in FORGED:
        assert campaign.materialize("a", "send_results", tags=tags).success, tags
        assert not provider_server.requests, tags
    assert not campaign.bench.project.ledger.is_released("a", plan_of(campaign))


def test_a_launch_without_a_release_ends_green_after_messages_and_teaches(campaign: Shell) -> None:
    """Nothing went wrong: the steps after it are skipped, and the check says how to release."""
    result = campaign.materialize("a")
    assert result.success
    made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
    assert made == {"raw_base", "validated_recipients", "rejected_recipients", "messages"}
    check = complete_check(result)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    words = str(check.metadata["motivo"].value)
    assert "mensageria run a" in words
    assert f"{RELEASE_TAG}={plan_of(campaign)}" in words
    assert check.metadata["pendentes"].value == 3


def test_a_launch_that_names_the_plan_releases_it_and_no_other(
    campaign: Shell, provider_server: ProviderServer
) -> None:
    """An engineer looked at `messages` in the UI; what a later list brings they have not seen."""
    assert campaign.materialize("a").success
    seen = plan_of(campaign)
    assert campaign.materialize("a", "send_results", tags={RELEASE_TAG: seen}).success
    assert len(provider_server.accepted()) == 3
    assert campaign.bench.project.ledger.is_released("a", seen)
    campaign.bench.drop("a", LATER_LIST, "nova.csv")
    assert campaign.materialize("a", tags={RELEASE_TAG: seen}).success, "a re-execution copies the tag"
    assert len(provider_server.accepted()) == 3


def test_an_interface_without_a_guard_takes_no_tag(campaign: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a bare `dagster dev` a page that passes for it (DNS rebinding) reads the fingerprint and could name it."""
    assert campaign.materialize("a").success
    project, plan = campaign.bench.project, plan_of(campaign)
    definition = campaign.bench.definition("a")
    run = SimpleNamespace(tags={RELEASE_TAG: plan}, remote_job_origin="launched through the interface")
    context: Any = SimpleNamespace(run=run)
    assert not is_released(context, project, "a", definition, plan)
    assert "mensageria dev" in how_to_release(context, "a", plan)
    monkeypatch.setenv("MENSAGERIA_INTERFACE_GUARDED", "1")
    assert is_released(context, project, "a", definition, plan)
    assert project.ledger.is_released("a", plan)


def test_what_was_released_goes_on_by_itself_and_what_came_later_waits(
    campaign: Shell, provider_server: ProviderServer
) -> None:
    """A sensor resumes a released plan; new messages need another word."""
    assert campaign.materialize("a", by_person=True).success
    assert campaign.materialize("a", tags={"dagster/sensor_name": "agenda"}).success
    campaign.bench.drop("a", LATER_LIST, "nova.csv")
    assert campaign.materialize("a").success
    assert len(provider_server.accepted()) == 3
    control.release(campaign.bench.project, "a", plan_of(campaign))
    assert campaign.materialize("a", "send_results").success
    assert len(provider_server.accepted()) == 4


def test_a_release_is_of_the_plan_that_was_looked_at(campaign: Shell) -> None:
    """Between the look and the word a list may come in."""
    assert campaign.materialize("a").success
    seen = plan_of(campaign)
    campaign.bench.drop("a", LATER_LIST, "nova.csv")
    assert campaign.materialize("a").success
    with pytest.raises(InputError, match="mudaram"):
        control.release(campaign.bench.project, "a", seen)
    assert not campaign.bench.project.ledger.is_released("a", plan_of(campaign))


def test_the_word_of_the_command_line_is_for_one_campaign_and_ends_with_its_run() -> None:
    """Held in memory: no tag, no file, nothing that another process could set."""
    with releasing("a"):
        assert not is_released_here("a", "plan"), "it has planned nothing yet"
        note_planned("b", "plan")
        note_planned("a", "plan")
        assert is_released_here("a", "plan")
        assert not is_released_here("a", "another")
        assert not is_released_here("b", "plan")
        assert not is_released_here("", "")
    assert not is_released_here("a", "plan")


def test_automatic_is_for_lists_and_due_times_and_for_no_occurrence_that_a_launch_makes_up(
    campaign: Shell, provider_server: ProviderServer
) -> None:
    """Each occurrence messages everybody once more: a launch of any other would be a second campaign."""
    automatic = SIMPLE_DEFINITION + "provider: http\nrelease: automatic\n"
    campaign.bench.define("a", automatic + "cron: 0 9 * * *\n")
    for partition in ("a", "a--20991123t1200z", "a--20991123t1201z"):
        assert campaign.materialize(partition).success
        assert not provider_server.requests, partition
    campaign.bench.define("a", automatic)
    assert campaign.materialize("a--20991123t1200z").success
    assert not provider_server.requests, "an occurrence without a schedule"
    assert campaign.materialize("a").success
    assert len(provider_server.accepted()) == 3


def test_a_due_occurrence_of_an_automatic_campaign_may_leave(campaign: Shell) -> None:
    """In the schedule's own time zone, from its moment on, and only with a list that was there by then."""
    definition = campaign.bench.define("a", SIMPLE_DEFINITION + "provider: http\nrelease: automatic\ncron: 0 9 * * *\n")
    project, due = campaign.bench.project, datetime(2099, 11, 23, 12, tzinfo=UTC)
    partition = Partition.of_occurrence("a", due).key
    project.registry.schedule_known_since("a", "0 9 * * *", due - timedelta(days=2))
    assert not may_leave(project, partition, definition, now=due), "no list"
    assert campaign.materialize("a", "raw_base").success
    assert may_leave(project, partition, definition, now=due)
    assert not may_leave(project, partition, definition, now=due - timedelta(seconds=1))


def test_a_due_time_that_nobody_asked_for_in_time_needs_a_person(campaign: Shell) -> None:
    """A launch may name any moment of the schedule's past; only those that the schedule has asked for may go on."""
    definition = campaign.bench.define("a", SIMPLE_DEFINITION + "provider: http\nrelease: automatic\ncron: 0 9 * * *\n")
    project, due = campaign.bench.project, datetime(2099, 11, 23, 12, tzinfo=UTC)
    partition = Partition.of_occurrence("a", due)
    assert campaign.materialize("a", "raw_base").success
    project.registry.schedule_known_since("a", "0 9 * * *", due - timedelta(days=2))
    later = due + timedelta(hours=2)
    assert not may_leave(project, partition.key, definition, now=later)
    project.registry.note_due("a", partition.occurrence)
    assert may_leave(project, partition.key, definition, now=later)


def test_a_due_time_of_before_the_schedule_needs_a_person(campaign: Shell) -> None:
    """Whoever writes `0 9 * * *` at half past nine means tomorrow."""
    definition = campaign.bench.define("a", SIMPLE_DEFINITION + "provider: http\nrelease: automatic\ncron: 0 9 * * *\n")
    project, due = campaign.bench.project, datetime(2099, 11, 23, 12, tzinfo=UTC)
    assert campaign.materialize("a", "raw_base").success
    project.registry.schedule_known_since("a", "0 9 * * *", due + timedelta(minutes=20))
    partition = Partition.of_occurrence("a", due).key
    assert not may_leave(project, partition, definition, now=due + timedelta(minutes=30))


def test_asking_whether_it_may_leave_begins_no_schedule(campaign: Shell) -> None:
    """The dashboard asks, too: only the sensor says since when a schedule is known."""
    cron, due = "0 9 * * *", datetime(2099, 11, 23, 12, tzinfo=UTC)
    definition = campaign.bench.define("a", SIMPLE_DEFINITION + f"provider: http\nrelease: automatic\ncron: {cron}\n")
    project = campaign.bench.project
    assert not may_leave(project, Partition.of_occurrence("a", due).key, definition, now=due)
    assert project.registry.schedule_since("a", cron, due) is None


def test_messages_show_the_plan_and_what_would_leave(campaign: Shell) -> None:
    """What a person looks at before they release: by provider and mode, without what is already sent."""
    first = campaign.materialize("a")
    assert "| http | push | real | 3 |" in _metadata(first, "sairiam")
    assert _metadata(first, "plano (impressão digital)") == plan_of(campaign)
    assert campaign.materialize("a", by_person=True).success
    campaign.bench.drop("a", LATER_LIST, "nova.csv")
    assert "| http | push | real | 1 |" in _metadata(campaign.materialize("a"), "sairiam")


def _metadata(result: dg.ExecuteInProcessResult, name: str) -> str:
    made = result.asset_materializations_for_node("messages")
    return str(made[0].metadata[name].value)


def test_who_asked_to_leave_a_moment_ago_is_left_alone(campaign: Shell, provider_server: ProviderServer) -> None:
    """Where no sensor has looked at the wish yet: the next run does so before it sends."""
    bench = campaign.bench
    assert campaign.materialize("a", by_person=True).success
    message_id = bench.rows(Asset.MESSAGES, "a")[0]["message_id"]
    wish = StoredReceipt(
        "link", "a/x/1", code="one_click", wish=OptOutRequest.LEAVE, message_id=message_id, campaign="a", channel="push"
    )
    bench.project.ledger.receipts.append([wish])
    bench.define("b", SIMPLE_DEFINITION + "provider: http\n")
    bench.drop("b")
    sent = len(provider_server.accepted())
    campaign.materialize("b", by_person=True)
    assert len(provider_server.accepted()) - sent == 2
