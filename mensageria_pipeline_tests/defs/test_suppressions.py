"""Suppressions and retention in Dagster; hostile lists; and no personal data in anything it keeps."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest

from mensageria_pipeline.defs.input_files import input_files
from mensageria_pipeline.defs.retention import nightly_retention, retention_job
from mensageria_pipeline.defs.suppressions import suppression_lists, suppressions
from mensageria_pipeline.privacy.forget import forget_person
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.intake.specimens import GROUPS
from mensageria_pipeline_tests.workbench import Workbench


def tick(bench: Workbench, instance: dg.DagsterInstance) -> list[dg.RunRequest | dg.SkipReason]:
    context = dg.build_sensor_context(instance=instance, resources={"project": bench.project})
    result = suppression_lists(context)
    assert isinstance(result, Iterator)
    return list(result)


def test_a_new_list_asks_for_one_run_and_its_history_stays(shell: Shell) -> None:
    """Taken in once; rows that name nobody are a warning."""
    shell.bench.suppress("email\nana@exemplo.com\n;\n")
    (request,) = tick(shell.bench, shell.instance)
    assert isinstance(request, dg.RunRequest)
    assert [each.run_key for each in tick(shell.bench, shell.instance) if isinstance(each, dg.RunRequest)] == [
        request.run_key
    ]
    result = dg.materialize([suppressions], instance=shell.instance, resources={"project": shell.bench.project})
    metadata = result.asset_materializations_for_node("suppressions")[0].metadata
    assert metadata["listas novas"].value == 1
    assert "suppressed_by_list" in str(metadata["em vigor"].value)
    assert isinstance(tick(shell.bench, shell.instance)[0], dg.SkipReason)


def test_a_list_that_cannot_be_read_stops_the_campaign_in_a_sentence(shell: Shell) -> None:
    """And names no value of it."""
    shell.bench.suppress("nome\nAna\n")
    shell.bench.drop("a")
    result = shell.materialize("a")
    assert not result.success
    assert "lista.csv precisa de uma coluna" in shell.failure(result)


def test_hostile_lists_are_refused_and_the_next_one_comes_in(shell: Shell) -> None:
    """Every specimen in one folder: the sensor asks for a run, the run refuses each by name and takes the good ones."""
    for group in GROUPS.values():
        for specimen in group:
            shell.bench.drop("a", specimen.content, specimen.file)
    shell.bench.drop("b")
    shell.bench.define("a", "channel: push\n")
    context = dg.build_sensor_context(instance=shell.instance, resources={"project": shell.bench.project})
    requests = input_files(context).run_requests or []  # type: ignore[union-attr]
    assert {request.partition_key for request in requests} == {"a", "b"} or len(requests) == 1
    result = shell.materialize("a", "raw_base")
    assert result.success, shell.failure(result)
    refused = [each for each in result.get_asset_check_evaluations() if not each.passed]
    assert "nulos.csv" in str(refused[0].metadata)
    assert shell.materialize("b", "raw_base").success


def test_the_night_purges_only_where_it_was_asked_to(shell: Shell) -> None:
    """Without RETENTION_DAYS nothing; what a killed request left behind is finished either way."""
    bench = shell.bench
    context = dg.build_schedule_context(instance=shell.instance, resources={"project": bench.project})
    assert "RETENTION_DAYS" in str(nightly_retention(context).skip_message)  # type: ignore[union-attr]
    asked = Project(replace(bench.project.settings, retention_days=30))
    context = dg.build_schedule_context(instance=shell.instance, resources={"project": asked})
    assert isinstance(nightly_retention(context), dg.RunRequest)
    bench.drop("a")
    bench.run("a")
    result = retention_job.execute_in_process(resources={"project": asked}, instance=shell.instance)
    assert result.success
    assert known_partitions(asked) == ["a"]


SECRETS = (
    "ana.segredo@exemplo.com",
    "Anastácia Segredo",
    "52998224725",
    "529.982.247-25",
    "11987650001",
    "segredo@gmial",
)


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    """Every record of every logger, as it would be printed, tracebacks too."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(logging.Formatter().format(record))

    handler, root = Keep(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_nothing_that_enters_leaves_in_a_log(
    shell: Shell, everything_logged: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """A campaign with known personal data through every path, failures and erasure included."""
    bench = shell.bench
    bench.define(
        "a",
        "template: {title: 'Oi {{ nome }}', body: 'CPF {{ cpf }} {{ valor | moeda }}'}\n"
        "rules: {matches: {fone: '\\d+'}}\nsimulation: {rejected: 0.5, timeout: 0.2}\n",
    )
    bench.drop(
        "a",
        "nome;cpf;email;fone;valor\nAnastácia Segredo;529.982.247-25;ana.segredo@exemplo.com;11987650001;1\n"
        "Anastácia Segredo;529.982.247-26;segredo@gmial.com;(11)98765-0001;x\n"
        "Anastácia Segredo;;segredo@gmial.com;11987650001;dez\n",
    )
    bench.drop("a", "Anastácia Segredo;ana.segredo@exemplo.com;52998224725\n", "sem-cabecalho.csv")
    bench.drop("a", b"nome;email\nAnast\xe1cia Segredo;ana.segredo@exemplo.com\nJos\xc3\xa9;\x00\n", "ruim.csv")
    bench.suppress("telefone;email\n11987650001;\nx;\n")
    results = [shell.materialize("a")]
    bench.define("a", "template: {body: '{{ nada }}'}\n")
    results.append(shell.materialize("a", "validated_recipients", "rejected_recipients", "messages"))
    bench.define("a", "rules: {min: {nome: 1}}\n")
    results.append(shell.materialize("a", "validated_recipients", "rejected_recipients"))
    forget_person(bench.project, "52998224725")
    events = "\n".join(shell.events_text(result) for result in results)
    assert len(events) > 10_000
    printed = "".join(capfd.readouterr())
    for text in SECRETS:
        assert text not in events, text
        assert text not in "\n".join(everything_logged), text
        assert text not in printed, text
