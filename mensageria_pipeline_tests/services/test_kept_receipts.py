"""A report that a message arrived stops every way in which it, or another for its person, would go out again."""

import shutil
from collections.abc import Callable

import pytest

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery, OptOutRequest
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.services import control
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Reset
from mensageria_pipeline_tests.workbench import Workbench

LIVE = "channel: push\nprovider: http\non_unknown: hold\ntemplate: {body: 'Oi, {{ nome }}'}\n"
LIST = "id;nome;token\n1;Ana;tok-ana\n"
NEW_ADDRESS = "id;nome;token\n1;Ana;tok-nova\n"
Live = Callable[..., SendSummary]


class Campaign:
    """One message to one person, in doubt: it arrived, and its answer did not."""

    def __init__(self, bench: Workbench, live: Live, server: ProviderServer) -> None:
        self.bench, self._live, self._server = bench, live, server
        server.script = lambda _: Reset(accepts=True)
        bench.define("a", LIVE)
        bench.drop("a", LIST)
        assert live("a").tally.unknown == 1
        server.script = lambda _: Answer()
        self._before = self.requests

    @property
    def requests(self) -> int:
        return sum(bool(request.messages) for request in self._server.requests)

    @property
    def sent_again(self) -> int:
        return self.requests - self._before

    @property
    def message_id(self) -> str:
        return str(self.bench.rows(Asset.MESSAGES, "a")[0]["message_id"])

    def report(self, delivery: Delivery = Delivery.DELIVERED, provider: str = "http") -> None:
        """Kept, as the receiver keeps it, and not looked at."""
        receipt = StoredReceipt(provider, f"{provider}-{delivery}", delivery, message_id=self.message_id)
        self.bench.project.ledger.receipts.append([receipt])

    def run(self) -> SendSummary:
        return self._live("a")

    def mark(self, outcome: Outcome | None) -> int:
        return control.settle(self.bench.project, "a", outcome)

    @property
    def outcome(self) -> Outcome | None:
        return self.bench.project.ledger.journal("a").states(Mode.LIVE).outcome(self.message_id)


@pytest.fixture
def doubtful(bench: Workbench, live: Live, provider_server: ProviderServer) -> Campaign:
    return Campaign(bench, live, provider_server)


def test_a_report_that_waits_is_heard_before_a_resend_is_decided(doubtful: Campaign) -> None:
    doubtful.report()
    assert doubtful.mark(None) == 0
    doubtful.run()
    assert (doubtful.sent_again, doubtful.outcome) == (0, Outcome.ACCEPTED)


@pytest.mark.parametrize("delivery", [Delivery.DELIVERED, Delivery.READ, Delivery.SENT, Delivery.DELAYED])
def test_a_report_that_comes_after_the_decision_stops_the_resend(doubtful: Campaign, delivery: Delivery) -> None:
    assert doubtful.mark(None) == 1
    doubtful.report(delivery)
    doubtful.run()
    assert (doubtful.sent_again, doubtful.outcome) == (0, Outcome.ACCEPTED)


def test_a_report_that_was_processed_in_between_stops_it_too(doubtful: Campaign) -> None:
    assert doubtful.mark(None) == 1
    doubtful.report()
    assert process_receipts(doubtful.bench.project).settled == 1
    doubtful.run()
    assert doubtful.sent_again == 0


def test_what_was_given_up_goes_again_as_decided(doubtful: Campaign) -> None:
    """The provider says that nobody has it."""
    assert doubtful.mark(None) == 1
    doubtful.report(Delivery.UNDELIVERED)
    doubtful.run()
    assert (doubtful.sent_again, doubtful.outcome) == (1, Outcome.ACCEPTED)


def test_what_arrived_is_no_failure_to_retry(doubtful: Campaign) -> None:
    """Marked as rejected by mistake."""
    assert doubtful.mark(Outcome.REJECTED) == 1
    doubtful.report()
    assert not control.retry(doubtful.bench.project, "a", [Outcome.REJECTED])
    doubtful.run()
    assert (doubtful.sent_again, doubtful.outcome) == (0, Outcome.ACCEPTED)


@pytest.mark.parametrize("is_planned", [False, True], ids=["judged", "planned"])
def test_no_new_address_for_whoever_has_their_message(doubtful: Campaign, *, is_planned: bool) -> None:
    """The report comes before the list with the new address is judged, or after it is planned."""
    assert doubtful.mark(Outcome.REJECTED) == 1
    if not is_planned:
        doubtful.report()
    doubtful.bench.drop("a", NEW_ADDRESS, "nova.csv")
    doubtful.bench.prepare("a")
    assert len(doubtful.bench.rows(Asset.MESSAGES, "a")) == 1 + is_planned
    if is_planned:
        doubtful.report()
    summary = doubtful.run()
    assert (doubtful.sent_again, doubtful.outcome) == (0, Outcome.ACCEPTED)
    assert summary.tally.is_conserved


def test_a_retry_between_judging_and_planning_gives_nobody_two(
    doubtful: Campaign, provider_server: ProviderServer
) -> None:
    """The list was judged while the message had failed; by now it is to be tried again."""
    bench = doubtful.bench
    assert doubtful.mark(Outcome.REJECTED) == 1
    bench.drop("a", NEW_ADDRESS, "nova.csv")
    bench.ingest("a")
    bench.validate("a")
    assert control.retry(bench.project, "a", [Outcome.REJECTED])[Outcome.REJECTED] == 1
    bench.plan("a")
    summary = bench.send("a", api_provider_url=provider_server.url, api_key="segredo")
    assert doubtful.sent_again == 1
    assert summary.tally.outcomes[Outcome.CANCELLED] == 1
    assert summary.tally.is_conserved


def test_a_provider_speaks_only_of_what_it_was_asked_to_send(doubtful: Campaign) -> None:
    doubtful.report(provider="zenvia")
    assert process_receipts(doubtful.bench.project).settled == 0
    assert doubtful.outcome is Outcome.UNKNOWN


def test_a_provider_of_before_is_still_believed(doubtful: Campaign) -> None:
    """The definition names another one by now; the intent says who had the message."""
    doubtful.bench.define("a", LIVE.replace("http", "fcm"))
    doubtful.bench.prepare("a")
    doubtful.report(provider="http")
    assert process_receipts(doubtful.bench.project).settled == 1


def test_a_wish_about_a_message_that_never_left_is_obeyed(bench: Workbench) -> None:
    """The journal does not know where it went; the plan does."""
    bench.define("a", LIVE)
    bench.drop("a", LIST)
    bench.prepare("a")
    row = bench.rows(Asset.MESSAGES, "a")[0]
    wish = StoredReceipt("http", "w", wish=OptOutRequest.LEAVE, message_id=row["message_id"], channel=Channel.PUSH)
    bench.project.ledger.receipts.append([wish])
    assert process_receipts(bench.project).suppressed == 1
    forbidden = bench.project.ledger.suppressions.suppression_set(Mode.LIVE, "b")
    assert row["address_key"] in forbidden.addresses


def test_messages_of_a_ledger_that_is_gone_are_neither_sent_nor_planned_anew(
    doubtful: Campaign, bench: Workbench
) -> None:
    """Killed before its first results, and the ledger lost: nobody knows any more who got their message."""
    shutil.rmtree(bench.layout.partition_dir(Asset.SEND_RESULTS, "a"))
    shutil.rmtree(bench.layout.ledger_dir)
    fresh = Workbench(type(bench.project)(bench.project.settings))
    for step in (fresh.plan, fresh.send):
        with pytest.raises(LedgerError) as caught:
            step("a")
        assert caught.value.key == "results_foreign"
    assert doubtful.sent_again == 0
