"""Ticks: one run per new content and campaign, in words, whatever happened before."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.defs.alerts import post_alert
from mensageria_pipeline.defs.common_specs import campaigns
from mensageria_pipeline.defs.input_files import FILES_PER_TICK, input_files
from mensageria_pipeline.defs.schedule_sensor import agenda, occurrences, start_due
from mensageria_pipeline.defs.tick import Tick
from mensageria_pipeline.ledger.ledger import Wait
from mensageria_pipeline.services import disk_space
from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, SIMPLE_LIST, Workbench

PREPARATION = {"raw_base", "validated_recipients", "rejected_recipients", "messages"}


class Ticker:
    """Evaluates sensors over an instance, as the daemon would."""

    def __init__(self, bench: Workbench, instance: dg.DagsterInstance) -> None:
        self.bench, self.instance = bench, instance

    def tick(self, sensor: dg.SensorDefinition = input_files) -> dg.SensorResult:
        context = dg.build_sensor_context(instance=self.instance, resources={"project": self.bench.project})
        result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        return result

    def words(self, sensor: dg.SensorDefinition = input_files) -> str:
        result = self.tick(sensor)
        assert not result.run_requests, result.run_requests
        return str(result.skip_reason.skip_message if result.skip_reason else "")

    def launch(self, request: dg.RunRequest, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED) -> None:
        """What the daemon does with a request: the partition and a run that bears the key."""
        self.instance.add_dynamic_partitions(str(campaigns.name), [str(request.partition_key)])
        tags = {"dagster/run_key": str(request.run_key), "dagster/partition": str(request.partition_key)}
        self.instance.add_run(dg.DagsterRun(job_name="campaign", tags=tags, status=status))


@pytest.fixture
def ticker(bench: Workbench) -> Iterator[Ticker]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ticker(bench, instance)


def selection(request: dg.RunRequest) -> set[str]:
    return {key.to_user_string() for key in request.asset_selection or []}


def test_a_new_file_gets_a_partition_and_one_run(ticker: Ticker) -> None:
    """The run key is the content, so the next tick asks for nothing new."""
    ticker.bench.drop("Boas Vindas")
    result = ticker.tick()
    (request,) = result.run_requests or []
    assert request.partition_key == "boas-vindas"
    assert str(request.run_key).startswith("boas-vindas:")
    assert str(request.run_key).endswith(":1")
    assert not selection(request), "simulated: runs through"
    assert result.dynamic_partitions_requests
    assert [each.run_key for each in ticker.tick().run_requests or []] == [request.run_key]
    ticker.launch(request)
    assert "cuida deste conteúdo (STARTED)" in ticker.words()


def test_a_partition_that_exists_is_not_taken_for_a_run(ticker: Ticker) -> None:
    """A crash between adding the partition and launching must not lose the file."""
    ticker.bench.drop("a")
    ticker.instance.add_dynamic_partitions(str(campaigns.name), ["a"])
    assert len(ticker.tick().run_requests or []) == 1


def test_content_that_was_taken_in_is_named(ticker: Ticker) -> None:
    """The same content under another name: said in words, nothing started."""
    ticker.bench.drop("a")
    ticker.bench.prepare("a")
    ticker.bench.drop("a", name="copia.csv")
    assert "copia.csv já processado, mesmo conteúdo de lista.csv" in ticker.words()
    ticker.bench.drop("a", SIMPLE_LIST + "9;Eva;t9\n")
    assert len(ticker.tick().run_requests or []) == 1


def test_a_failed_run_is_said_and_not_repeated_by_itself(ticker: Ticker) -> None:
    """Tried once more, then a person decides; the tick says how."""
    ticker.bench.drop("a")
    for _ in range(2):
        (request,) = ticker.tick().run_requests or []
        ticker.launch(request, dg.DagsterRunStatus.FAILURE)
    assert "mensageria run a" in ticker.words()


def test_nothing_is_asked_while_a_run_is_under_way(ticker: Ticker) -> None:
    """Between its steps a run looks half done; a list that arrives meanwhile has its turn afterwards."""
    ticker.bench.drop("a")
    (first,) = ticker.tick().run_requests or []
    ticker.launch(first)
    ticker.bench.drop("a", SIMPLE_LIST + "9;Eva;t9\n", "nova.csv")
    assert "cuida deste conteúdo" in ticker.words()


def test_a_list_that_comes_back_after_the_data_folder_was_emptied_is_run_again(ticker: Ticker) -> None:
    """Dagster's history may lie elsewhere and knows the content: its key would start nothing, and no run had failed."""
    seen = set[str]()
    for _ in range(5):
        ticker.bench.drop("a")
        (request,) = ticker.tick().run_requests or []
        assert request.run_key not in seen
        seen.add(str(request.run_key))
        ticker.bench.prepare("a")
        ticker.launch(request, dg.DagsterRunStatus.SUCCESS)
        assert not ticker.tick().run_requests, "prepared"
        settings = ticker.bench.project.settings
        shutil.rmtree(settings.data_dir)
        ticker.bench = Workbench(Project(settings))
    ticker.bench.drop("a")
    (request,) = ticker.tick().run_requests or []
    ticker.launch(request, dg.DagsterRunStatus.FAILURE)
    (request,) = ticker.tick().run_requests or []
    ticker.launch(request, dg.DagsterRunStatus.FAILURE)
    assert "falhou" in ticker.words(), "a failed run is said as before"


def test_runs_that_succeed_and_leave_nothing_are_not_started_for_ever(shell: Shell) -> None:
    """Something empties the folder while they go: the tick says so instead of running all day."""
    ticker = Ticker(shell.bench, shell.instance)
    ticker.bench.drop("a")
    keys = list[str]()
    for _ in range(3):
        (request,) = ticker.tick().run_requests or []
        keys.append(str(request.run_key))
        assert shell.materialize("a", "raw_base", tags={"dagster/run_key": keys[-1]}).success
    assert len(set(keys)) == 3
    assert "terminou bem, mas o que ela preparou" in ticker.words()


def test_a_run_that_died_halfway_is_not_taken_for_done(ticker: Ticker) -> None:
    """Being in raw_base is not being prepared; a changed definition is a new reason, an unchanged one is said."""
    ticker.bench.drop("a")
    (first,) = ticker.tick().run_requests or []
    ticker.bench.ingest("a")
    ticker.launch(first, dg.DagsterRunStatus.FAILURE)
    (second,) = ticker.tick().run_requests or []
    assert second.run_key != first.run_key
    ticker.launch(second, dg.DagsterRunStatus.FAILURE)
    assert "mensageria run a" in ticker.words()
    ticker.bench.define("a", SIMPLE_DEFINITION + "rate_per_s: 7\n")
    assert len(ticker.tick().run_requests or []) == 1


def test_one_request_per_campaign_for_several_files(ticker: Ticker) -> None:
    """Two files of a campaign are one run; two campaigns are two."""
    for campaign, name in (("a", "1.csv"), ("a", "2.csv"), ("b", "1.csv")):
        ticker.bench.drop(campaign, SIMPLE_LIST + f"{campaign}{name};x;{name}\n", name)
    assert [request.partition_key for request in ticker.tick().run_requests or []] == ["a", "b"]


def test_a_live_campaign_is_only_prepared_until_released(ticker: Ticker) -> None:
    """Nothing is sent by accident; `release: automatic` and simulated campaigns run through."""
    ticker.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    ticker.bench.define("b", SIMPLE_DEFINITION + "provider: http\nrelease: automatic\n")
    ticker.bench.define("c", SIMPLE_DEFINITION + "cron: 0 9 * * *\n")
    for campaign in "abc":
        ticker.bench.drop(campaign)
    a, b, c = ticker.tick().run_requests or []
    assert selection(a) == PREPARATION
    assert not selection(b)
    assert selection(c) == PREPARATION


def test_bad_files_and_definitions_are_said_and_stop_nobody(ticker: Ticker) -> None:
    """Each with its reason; the good campaign starts."""
    ticker.bench.drop("ruim", b"x", "lista.pdf")
    ticker.bench.drop("quebrada")
    ticker.bench.layout.campaigns_dir.mkdir(parents=True)
    ticker.bench.layout.definition("quebrada").write_text("a: [\n", encoding="utf-8")
    words = ticker.words()
    assert "lista.pdf: recusado" in words
    assert "quebrada.yaml não é um YAML válido" in words
    ticker.bench.drop("boa")
    assert [request.partition_key for request in ticker.tick().run_requests or []] == ["boa"]


def test_a_refused_file_is_tried_again_when_the_definition_changes(ticker: Ticker) -> None:
    """The mapping was corrected: the same file, a new attempt."""
    ticker.bench.drop("a", "nome;chave\nAna;t1\n")
    (first,) = ticker.tick().run_requests or []
    ticker.launch(first, dg.DagsterRunStatus.FAILURE)
    with pytest.raises(Exception, match="coluna de endereço"):
        ticker.bench.ingest("a")
    assert "recusado. A base precisa de uma coluna de endereço" in ticker.words()
    ticker.bench.define("a", "columns: {token: chave}\n")
    (second,) = ticker.tick().run_requests or []
    assert second.run_key != first.run_key


def test_a_growing_file_waits(ticker: Ticker) -> None:
    """Half a list is not a list."""
    ticker.bench.project = Project(replace(ticker.bench.project.settings, input_settle_s=60))
    ticker.bench.drop("a")
    assert "ainda está sendo copiado" in ticker.words()


def test_a_tick_reads_only_so_many_files(ticker: Ticker) -> None:
    """A tick is short; the rest follows."""
    for number in range(FILES_PER_TICK + 5):
        ticker.bench.drop(f"c{number:02d}", SIMPLE_LIST + f"{number};x;t{number}\n")
    assert len(ticker.tick().run_requests or []) == FILES_PER_TICK
    assert len(ticker.tick().run_requests or []) == FILES_PER_TICK + 5


def test_a_file_that_vanishes_does_not_break_the_tick(ticker: Ticker) -> None:
    """Files come and go while the tick looks."""
    path = ticker.bench.drop("a")
    target = path.with_name("gone.csv")
    target.symlink_to(path.with_name("nowhere.csv"))
    assert len(ticker.tick().run_requests or []) == 1


def test_a_wait_that_is_over_is_resumed_once(ticker: Ticker) -> None:
    """Only sending and what follows; never before its time."""
    ticker.bench.define("a")
    ticker.bench.drop("a")
    ticker.bench.prepare("a")
    past, future = (datetime.now(UTC) + timedelta(seconds=s) for s in (-5, 600))
    ticker.bench.project.ledger.set_wait("a", Wait("a", future, "wait_window"))
    assert ticker.words(agenda) == "Nada vence agora."
    ticker.bench.project.ledger.set_wait("a", Wait("a", past, "wait_window"))
    (request,) = ticker.tick(agenda).run_requests or []
    assert selection(request) == {"send_results", "campaign_metrics", "campaign_report"}
    ticker.launch(request)
    assert not ticker.tick(agenda).run_requests


def test_a_resume_that_failed_is_tried_again_a_few_times(ticker: Ticker) -> None:
    """A killed resume must not leave the campaign waiting in silence, nor try for ever."""
    ticker.bench.define("a")
    ticker.bench.drop("a")
    ticker.bench.prepare("a")
    ticker.bench.project.ledger.set_wait("a", Wait("a", datetime.now(UTC), "wait_window"))
    for _ in range(3):
        (request,) = ticker.tick(agenda).run_requests or []
        ticker.launch(request, dg.DagsterRunStatus.FAILURE)
    assert "mensageria run a" in ticker.words(agenda)


def test_one_campaigns_trouble_does_not_stop_the_others(ticker: Ticker) -> None:
    """A date that does not exist, a file name that cannot be shown: said, and the good campaign starts."""
    ticker.bench.drop("ruim")
    ticker.bench.layout.campaigns_dir.mkdir(parents=True)
    ticker.bench.layout.definition("ruim").write_text("send_window: {not_before: 2026-11-31}\n", encoding="utf-8")
    folder = os.fsencode(ticker.bench.layout.input_dir / "latin")
    Path(os.fsdecode(folder)).mkdir()
    with open(folder + b"/promo\xe7\xe3o.csv", "wb") as file:  # noqa: PTH123 - a name that Path cannot spell
        file.write(b"id;token\n1;t\n")
    ticker.bench.drop("boa")
    assert [request.partition_key for request in ticker.tick().run_requests or []] == ["boa"]
    assert "ruim.yaml" in ticker.words(agenda)


def test_a_folder_whose_name_gives_the_key_of_another_is_said_at_each_tick(ticker: Ticker) -> None:
    """By folder, because the files may well have the same name."""
    ticker.bench.drop("Promoção")
    ticker.bench.project.registry.own_name("promocao", "Promoção")
    ticker.bench.prepare("promocao")
    ticker.bench.drop("promocao", "id;token\n9;t9\n")
    for _ in range(2):
        words = ticker.words()
        assert "promocao/lista.csv: recusado" in words
        assert "mesma chave que Promoção" in words


def test_no_run_is_asked_for_on_a_disk_that_is_nearly_full(ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would fail in Dagster's own records, and the list would count as tried."""
    ticker.bench.drop("a")
    monkeypatch.setattr(disk_space, "LEAST_FREE_MB", 10**9)
    assert "MB livres no disco" in ticker.words()
    monkeypatch.undo()
    assert len(ticker.tick().run_requests or []) == 1


def test_a_wait_of_a_live_campaign_needs_its_release(ticker: Ticker) -> None:
    """New messages since the release wait for a person."""
    ticker.bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    ticker.bench.drop("a")
    plan = ticker.bench.prepare("a").stamp.fingerprint
    ticker.bench.project.ledger.set_wait("a", Wait("a", datetime.now(UTC), "wait_window"))
    assert "libere de novo" in ticker.words(agenda)
    ticker.bench.project.ledger.release("a", plan)
    assert len(ticker.tick(agenda).run_requests or []) == 1


def test_each_due_occurrence_starts_once_and_the_past_is_not_made_up_for(ticker: Ticker) -> None:
    """A definition that is new at 12:10 does not send what was due at 12:00; downtime is made up for."""
    registry = ticker.bench.project.registry
    ticker.bench.define("a", SIMPLE_DEFINITION + "cron: '* * * * *'\n")
    ticker.bench.drop("a")
    ticker.bench.ingest("a")
    assert not ticker.tick(agenda).run_requests, "known only since now"
    registry.forget("a")
    registry.schedule_known_since("a", "* * * * *", datetime.now(UTC) - timedelta(days=2))
    words = ticker.words(agenda)
    assert "passou sem nenhuma base recebida" in words


def test_an_occurrence_gets_its_own_partition(ticker: Ticker) -> None:
    """Named after its due time in UTC; the run key makes it one run."""
    ticker.bench.define("a", SIMPLE_DEFINITION + "cron: '* * * * *'\n")
    ticker.bench.drop("a")
    ticker.bench.ingest("a")
    due = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    now = due + timedelta(seconds=1)
    ticker.bench.project.registry.schedule_known_since("a", "* * * * *", now - timedelta(seconds=30))
    tick = Tick(ticker.instance)
    start_due(tick, ticker.bench.project, "a", now)
    (request,) = tick.requests
    assert request.partition_key == f"a--{due:%Y%m%dt%H%Mz}"
    assert request.run_key == f"{request.partition_key}:cron:1"
    ticker.launch(request)
    again = Tick(ticker.instance)
    start_due(again, ticker.bench.project, "a", now)
    assert not again.requests


def test_cron_is_read_in_the_campaigns_time_zone() -> None:
    """Nine o'clock is nine o'clock in São Paulo."""
    definition = CampaignDefinition(cron="0 9 * * mon-fri")
    after = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    assert list(occurrences(definition, after, after + timedelta(days=4))) == [
        datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    ]


def test_alerts_reach_the_webhook_and_failures_are_quiet(provider_server: ProviderServer) -> None:
    """An alert that cannot be delivered must not raise: the exception would quote the URL, which may hold a key."""
    provider_server.script = lambda _: Answer(204)
    assert post_alert(provider_server.url, {"messages": []})  # type: ignore[dict-item]
    assert not post_alert("http://127.0.0.1:1/segredo", {"text": "x"})
