"""Decisions of people whose campaign went on without them: nothing is done that they were not shown."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import ChangedError, LeaseLostError
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, lease_campaign
from mensageria_pipeline.ledger.leases import CAMPAIGN, new_owner
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot
from mensageria_pipeline.sending.remaining import find_remaining
from mensageria_pipeline.sending.send import SendSummary, refresh_results, send_messages
from mensageria_pipeline.sending.settle import (
    cancel_remaining,
    doubts,
    failures,
    reopen,
    settle_doubts,
    settle_receipted,
)
from mensageria_pipeline.services import control
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Reset
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

Live = Callable[..., SendSummary]
LIVE = SIMPLE_DEFINITION + "provider: http\non_unknown: hold\n"
FAILED = (Outcome.REJECTED, Outcome.EXPIRED, Outcome.CANCELLED)


@pytest.fixture
def refused(bench: Workbench, live: Live, provider_server: ProviderServer) -> Workbench:
    """Three messages that were rejected, and a provider that takes them from now on."""
    bench.define("a", LIVE)
    bench.drop("a")
    provider_server.statuses = lambda _: {"status": "rejected", "code": "Q"}
    live("a")
    provider_server.statuses = lambda _: {"status": "accepted"}
    return bench


@pytest.fixture
def doubtful(bench: Workbench, live: Live, provider_server: ProviderServer) -> Workbench:
    """Three messages in doubt."""
    bench.define("a", LIVE)
    bench.drop("a")
    provider_server.script = lambda _: Reset(accepts=True)
    live("a")
    provider_server.script = lambda _: Answer()
    return bench


@contextmanager
def taken_over(bench: Workbench) -> Iterator[CampaignLease]:
    """A hold whose process slept until another one took the campaign, sent, and gave it back."""
    with lease_campaign(bench.project.ledger, "a", new_owner()) as hold:
        leases = bench.project.ledger.leases
        state = leases.states("a")[CAMPAIGN]
        hold.keeper.hand_over(hold.lease)  # asleep: it does not renew
        other = leases.claim("a", CAMPAIGN, "another", leases.states("a")[CAMPAIGN])
        assert other is not None
        assert other.token > state.token
        leases.release(other)
        yield hold


def _journal_size(bench: Workbench) -> int:
    return sum(bench.project.ledger.journal("a").extent().values())


def test_who_slept_through_a_takeover_reopens_nothing(refused: Workbench) -> None:
    """A stale `retry` would message everybody twice."""
    ledger, before = refused.project.ledger, _journal_size(refused)
    plan = refused.layout.table(Asset.MESSAGES, "a")
    found = failures(plan, ledger.journal("a"), FAILED, refused.definition("a").one_message_per)
    with taken_over(refused) as hold, pytest.raises(LeaseLostError):
        reopen(ledger, hold, [(name, mode) for name, mode, _ in found])
    assert _journal_size(refused) == before


def test_who_slept_through_a_takeover_settles_and_cancels_nothing(doubtful: Workbench) -> None:
    """Settling, cancelling, receipts and an erasure write under the campaign's token, like a sender."""
    ledger, before = doubtful.project.ledger, _journal_size(doubtful)
    journal, plan = ledger.journal("a"), doubtful.layout.table(Asset.MESSAGES, "a")
    found = doubts(plan, journal)
    assert len(found) == 3
    decisions: list[Callable[[CampaignLease], object]] = [
        lambda hold: settle_doubts(ledger, hold, found, None),
        lambda hold: settle_doubts(ledger, hold, found, Outcome.ACCEPTED),
        lambda hold: settle_receipted(ledger, hold, {each.message_id: [Delivery.SENT] for each in found}, "by_receipt"),
        lambda hold: cancel_remaining(ledger, hold, plan),
        lambda hold: refresh_results(doubtful.layout, ledger, hold, plan),
    ]
    for decide in decisions:
        with taken_over(doubtful) as hold, pytest.raises(LeaseLostError):
            decide(hold)
    assert _journal_size(doubtful) == before


def test_a_shard_that_was_taken_before_the_takeover_takes_no_line_after_it(doubtful: Workbench) -> None:
    """Asleep between its lease on a shard and its first line: the successor fenced the file before it looked."""
    ledger = doubtful.project.ledger
    found = doubts(doubtful.layout.table(Asset.MESSAGES, "a"), ledger.journal("a"))
    before = _journal_size(doubtful)
    with lease_campaign(ledger, "a", new_owner()) as first:
        stale = ledger.leases.claim("a", 0, "stale", under=first.lease)
        assert stale is not None
        ledger.leases.release(stale)
    with lease_campaign(ledger, "a", new_owner()):
        shard = ledger.journal("a").shard(0, stale.token)
        with pytest.raises(LeaseLostError):
            shard.fence()
        with pytest.raises(LeaseLostError):
            shard.erase([found[0].message_id])
        shard.close()
    assert _journal_size(doubtful) == before


def test_a_retry_of_what_was_shown_is_refused_once_it_was_sent(
    refused: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """Two people, one failed campaign: the second one's yes is to another campaign than the one they saw."""
    project = refused.project
    seen = control.seen(project, "a")
    assert len(control.failed(project, "a", FAILED)) == 3
    assert control.retry(project, "a", FAILED).total() == 3
    live("a")
    with pytest.raises(ChangedError, match="mudou depois"):
        control.retry(project, "a", FAILED, as_seen=seen)
    live("a")
    assert Counter(provider_server.accepted_ids()).most_common(1)[0][1] == 1


def test_doubts_that_were_not_shown_are_not_settled(doubtful: Workbench) -> None:
    """One more decision, or one more attempt, and the person is asked again."""
    project = doubtful.project
    seen = control.seen(project, "a")
    assert control.settle(project, "a", Outcome.ACCEPTED, as_seen=seen) == 3
    for outcome in (Outcome.REJECTED, None):
        with pytest.raises(ChangedError):
            control.settle(project, "a", outcome, as_seen=seen)
    assert project.ledger.journal("a").states(Mode.LIVE).unsettled == {}


def test_a_cancellation_that_somebody_took_back_cancels_nothing(bench: Workbench) -> None:
    """It waited for a run to end; meanwhile the campaign was resumed."""
    bench.define("a")
    bench.drop("a")
    bench.prepare("a")
    ledger = bench.project.ledger

    def resume() -> None:
        ledger.set_command("a", None)
        ledger.leases.release(sending)

    sending = ledger.leases.claim("a", CAMPAIGN, "a run")
    assert sending is not None
    with pytest.raises(ChangedError, match="retomada"):
        control.cancel(bench.project, "a", on_wait=resume)
    assert control.remaining(bench.project, "a") == 3


def test_a_cancellation_of_another_plan_cancels_nothing(bench: Workbench) -> None:
    """A longer list came in while the person was thinking."""
    bench.define("a")
    bench.drop("a")
    bench.prepare("a")
    shown = control.plan_of(bench.project, "a")
    bench.drop("a", "id;nome;token\n9;Zoe;tok-zoe\n", "outra.csv")
    bench.prepare("a")
    with pytest.raises(ChangedError):
        control.cancel(bench.project, "a", plan=shown)
    assert bench.project.ledger.command("a") is None
    bench.project.ledger.set_command("a", OperatorCommand.PAUSE)
    changed: list[str | None] = [control.plan_of(bench.project, "a")]

    def plan_anew() -> None:
        if changed.pop() is not None:
            bench.drop("a", "id;nome;token\n10;Yara;tok-yara\n", "mais.csv")
            bench.prepare("a")
            bench.project.ledger.leases.release(sending)
        changed.append(None)

    sending = bench.project.ledger.leases.claim("a", CAMPAIGN, "a run")
    assert sending is not None
    with pytest.raises(ChangedError):
        control.cancel(bench.project, "a", on_wait=plan_anew, plan=changed[0])
    assert bench.project.ledger.command("a") is OperatorCommand.PAUSE, "it was paused before"
    assert control.remaining(bench.project, "a") == 5


def test_a_cancellation_that_is_carried_out_obeys_the_newest_word(bench: Workbench) -> None:
    """A run that was told to cancel looks once more before it writes."""
    bench.define("a")
    bench.drop("a")
    bench.prepare("a")
    bench.project.ledger.set_command("a", OperatorCommand.CANCEL)
    assert control.cancel(bench.project, "a", plan=control.plan_of(bench.project, "a")) == 3


def test_a_run_that_slept_after_its_last_message_writes_no_results(bench: Workbench) -> None:
    """They are made from its plan; the run that took over has sent a newer one, and written what became of that."""
    bench.define("a")
    bench.drop("a")
    bench.prepare("a")
    ledger = bench.project.ledger
    with lease_campaign(ledger, "a", new_owner()) as hold:

        def sleep(settled: int, total: int) -> None:
            if settled == total:
                hold.keeper.hand_over(hold.lease)
                other = ledger.leases.claim("a", CAMPAIGN, "another", ledger.leases.states("a")[CAMPAIGN])
                assert other is not None
                ledger.leases.release(other)

        send_messages(bench.layout, ledger, bench.project.settings, hold, bench.definition("a"), sleep)
    assert not list(bench.layout.partition_dir(Asset.SEND_RESULTS, "a").glob("*.parquet"))
    assert bench.send("a").tally.outcomes["accepted"] == 3


def test_whoever_was_taken_for_dead_is_told_so(bench: Workbench) -> None:
    """The next holder has deleted the plan that was held: a sentence, not an error of DuckDB's."""
    bench.define("a")
    bench.drop("a")
    bench.run("a")

    def sleep_through_a_takeover() -> None:
        with plan_snapshot(bench.layout, "a") as plan:
            plan.unlink()
            find_remaining(plan, bench.project.ledger.journal("a"))

    with pytest.raises(LeaseLostError):
        sleep_through_a_takeover()


def test_only_the_order_that_was_shown_is_taken_back(refused: Workbench) -> None:
    """A colleague cancels while a person looks at a pause: their *resume* is about the pause."""
    project = refused.project
    control.pause(project, "a")
    project.ledger.set_command("a", OperatorCommand.CANCEL)
    with pytest.raises(ChangedError):
        control.resume(project, "a", seen=OperatorCommand.PAUSE)
    assert project.ledger.command("a") is OperatorCommand.CANCEL
    control.pause(project, "a")
    assert project.ledger.command("a") is OperatorCommand.CANCEL, "a pause is less than a cancellation"
    assert control.resume(project, "a", seen=OperatorCommand.CANCEL)


def test_an_order_takes_the_place_of_the_one_that_was_seen_only(bench: Workbench) -> None:
    """Between a look and its decision a cancellation, or the hold after a restore, may have come."""
    ledger = bench.project.ledger
    assert ledger.replace_command("a", None, OperatorCommand.PAUSE)
    assert not ledger.replace_command("a", None, OperatorCommand.CANCEL)
    assert ledger.command("a") is OperatorCommand.PAUSE
    ledger.set_command("a", OperatorCommand.CANCEL)
    assert not ledger.replace_command("a", OperatorCommand.PAUSE, None)
    assert ledger.command("a") is OperatorCommand.CANCEL
    assert ledger.replace_command("a", OperatorCommand.CANCEL, None)
    assert ledger.command("a") is None
