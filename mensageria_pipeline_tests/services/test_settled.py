"""A campaign that is done costs a look, and every sign that it is not done starts a whole run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.ledger.campaign_lease import lease_campaign, take_shard
from mensageria_pipeline.ledger.journal import Line, now_us
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.services import control, settled
from mensageria_pipeline.services.status import campaign_status, campaign_statuses
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench


@pytest.fixture
def done(bench: Workbench) -> Workbench:
    """A campaign that was sent and reported."""
    bench.define("a")
    bench.drop("a")
    bench.run("a")
    publish(bench.layout, ["a"])
    control.report(bench.project, "a")
    return bench


def _write_line(bench: Workbench) -> None:
    """Somebody decides something over a message."""
    message_id = bench.rows(Asset.MESSAGES, "a")[0]["message_id"]
    with lease_campaign(bench.project.ledger, "a", new_owner()) as campaign_lease:
        lease = take_shard(bench.project.ledger, campaign_lease, 0)
        shard = bench.project.ledger.journal("a").shard(0, lease.token)
        shard.append([Line(message_id, "simulated", 0, "reopened", now_us())])
        shard.close()
        bench.project.ledger.leases.release(lease)


def test_a_campaign_that_is_done_is_told_without_its_journal(done: Workbench) -> None:
    """`run` and `status` of a million settled messages must not read them."""
    before = campaign_status(done.project, "a")
    assert settled.is_settled(done.project, "a")
    for path in done.layout.ledger_dir.glob("a/*.db*"):
        path.chmod(0)
        path.rename(path.with_name(f"away-{path.name}"))
    assert campaign_status(done.project, "a") == before
    assert next(found.tally for found in campaign_statuses(done.project, ["a", "b"])) == before.tally


def test_whatever_is_written_makes_the_tally_void(done: Workbench) -> None:
    """The next look counts again, and keeps what it counted."""
    _write_line(done)
    assert done.project.ledger.tallies.of("a", "") is None
    assert campaign_status(done.project, "a").tally.pending == 1
    kept = done.project.ledger.tallies.of("a", "")
    assert kept is not None
    assert kept.counts["pending"] == 1
    assert not settled.is_settled(done.project, "a")


def test_nothing_is_kept_of_what_was_counted_while_somebody_wrote(done: Workbench) -> None:
    """A tally that was overtaken would be shown for ever."""
    tallies = done.project.ledger.tallies
    kept = tallies.of("a", "")
    assert kept is not None
    with lease_campaign(done.project.ledger, "a", new_owner()) as campaign_lease:
        before = tallies.mark("a")
        lease = take_shard(done.project.ledger, campaign_lease, 0)
        assert tallies.mark("a") is None, "somebody may be writing"
        tallies.keep("a", "", kept, before)
        done.project.ledger.leases.release(lease)
        tallies.keep("a", "", kept, before)
    assert tallies.of("a", "") is None


def _new_list(bench: Workbench) -> None:
    bench.drop("a", "id;nome;token\n9;Zoe;t9\n", "nova.csv")


def _new_text(bench: Workbench) -> None:
    bench.define("a", SIMPLE_DEFINITION.replace("Oi", "Olá"))


def _new_opt_out(bench: Workbench) -> None:
    bench.project.ledger.suppressions.suppress(
        [OptOut("k", Subject.ADDRESS, "push", EVERY_CAMPAIGN, OptOutReason.OPTED_OUT, "x")]
    )


def _results_are_of_before(bench: Workbench) -> None:
    for path in bench.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet"):
        path.unlink()


CHANGES: list[Callable[[Workbench], object]] = [
    _new_list,
    _new_text,
    _new_opt_out,
    _write_line,
    _results_are_of_before,
    lambda bench: bench.suppress("telefone\n11987654321\n"),
    lambda bench: bench.project.ledger.set_command("a", OperatorCommand.PAUSE),
    lambda bench: bench.prepare("a") and bench.define("a", "edition: 2\n" + SIMPLE_DEFINITION),
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_means_a_whole_run(done: Workbench, change: Callable[[Workbench], object]) -> None:
    """What looks done and is not would wait for ever."""
    assert settled.is_settled(done.project, "a")
    change(done)
    assert not settled.is_settled(done.project, "a")


def test_a_lookup_table_is_part_of_what_rows_are_judged_by(bench: Workbench) -> None:
    """A table that learnt a key makes its rows messages."""
    table = bench.layout.lookup_dir / "planos.csv"
    table.parent.mkdir(parents=True)
    table.write_text("id;plano\n1;A\n2;B\n3;C\n".replace(";", ","), encoding="utf-8")
    bench.define("a", SIMPLE_DEFINITION + "enrich: [{table: planos.csv, key: id, columns: [plano], missing: reject}]\n")
    bench.drop("a")
    bench.run("a")
    publish(bench.layout, ["a"])
    control.report(bench.project, "a")
    assert settled.is_settled(bench.project, "a")
    table.write_text("id,plano\n1,A\n2,B\n3,D\n", encoding="utf-8")
    assert not settled.is_settled(bench.project, "a")


def test_results_that_do_not_add_up_are_not_believed(done: Workbench, tmp_path: Path) -> None:
    """The tally is held against the file it stands for."""
    (path,) = done.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet")
    stored = done.project.ledger.tallies
    known, mark = stored.of("a", ""), stored.mark("a")
    assert known is not None
    wrong = {**known.counts, "outcomes": {**known.counts["outcomes"], "accepted": 2, "rejected": 1}}
    stored.keep("a", "", type(known)(known.plan, wrong), mark)
    assert path.exists()
    assert not settled.is_settled(done.project, "a")


def test_a_row_that_waits_for_another_to_fail_is_not_forgotten(
    bench: Workbench, live: Callable[..., SendSummary], provider_server: ProviderServer
) -> None:
    """Two addresses of one person: the second becomes a message once the first is found dead, in the next run."""
    bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    bench.drop("a")
    bench.drop("a", "id;nome;token\n1;Ana;outro-ana\n2;Bia;outro-bia\n", "nova.csv")
    provider_server.statuses = lambda m: {"status": "invalid_address" if m["to"] == "tok-ana" else "accepted"}
    for accepted, is_settled in ((2, False), (3, True)):
        assert live("a").tally.outcomes["accepted"] == accepted
        publish(bench.layout, ["a"])
        control.report(bench.project, "a")
        assert settled.is_settled(bench.project, "a") is is_settled
