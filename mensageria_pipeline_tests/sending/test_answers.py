"""What an answer says, and of what: its attempt, or the message. Nothing that may have arrived is called refused."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.sending.settle import cancel_remaining, doubts
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer, Raw, Reset, Script
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

LIVE = SIMPLE_DEFINITION + "provider: http\n"
Live = Callable[..., SendSummary]


def rows(bench: Workbench, asset: Asset = Asset.SEND_RESULTS) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    folder = bench.layout.partition_dir(asset, "a")
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.ParquetFile(path).read().to_pylist()]


def sent(server: ProviderServer) -> int:
    """Requests with messages; others of the machine may knock."""
    return sum(bool(request.messages) for request in server.requests)


def lost_then(answer: Callable[[Incoming], Answer | Raw] | Answer | Raw) -> Script:
    """The first answer is lost after everything was accepted; each later request is answered so."""

    def script(request: Incoming) -> Answer | Raw | Reset:
        if request.number == 1:
            return Reset(accepts=True)
        return answer(request) if callable(answer) else answer

    return script


def results(*entries: Mapping[str, object]) -> Answer:
    return Answer(body=json.dumps({"results": entries}).encode())


def each(request: Incoming, **entry: object) -> Answer:
    return results(*({"id": message["id"], **entry} for message in request.messages))


REFUSALS: Mapping[str, Callable[[Incoming], Answer]] = {
    "409": lambda _: Answer(409),
    "422": lambda _: Answer(422, body=b'{"error": "key used with another body"}'),
    "rejected": lambda request: each(request, status="rejected", code="DUPLICATE"),
    "invalid_address": lambda request: each(request, status="invalid_address", code="GONE"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_of_the_second_attempt_says_nothing_of_the_first(
    bench: Workbench, live: Live, provider_server: ProviderServer, refusal: Callable[[Incoming], Answer]
) -> None:
    """The first attempt arrived, its answer was lost: calling the message rejected would be false, and it would go
    again with `retry`. It stays in doubt, its refusal is on the attempt, and the campaign says so."""
    provider_server.script = lost_then(refusal)
    bench.define("a", LIVE)
    bench.drop("a")
    report = live("a")
    assert (report.tally.unknown, report.tally.outcomes["rejected"], report.tally.outcomes["invalid_address"]) == (
        3,
        0,
        0,
    )
    assert report.tally.is_conserved
    assert report.problem is not None
    assert report.problem.key == "stopped_unknown"
    assert {row["outcome"] for row in rows(bench)} == {"unknown"}
    tried = rows(bench, Asset.ATTEMPTS)
    assert {row["code"] for row in tried if row["attempt"] == 1} == {"broken_connection"}
    assert {row["verdict"] for row in tried if row["attempt"] == 2} == {"refused"}
    assert all(row["code"] and row["answered_at"] for row in tried if row["attempt"] == 2)


def test_refused_attempts_count_as_errors(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Whoever watches a provider's error rate sees them, beside the outcome that they do not decide."""
    provider_server.script = lost_then(Answer(422))
    bench.define("a", LIVE)
    bench.drop("a")
    report = live("a")
    publish(bench.layout, ["a"])
    with open_warehouse(bench.layout) as warehouse:
        errors = warehouse.sql("SELECT sum(errors), sum(attempts) FROM error_rate_by_window").fetchall()
        failed = warehouse.sql("SELECT sum(failed) FROM sends_by_minute").fetchall()
        codes = warehouse.sql("SELECT outcome, code, messages FROM outcomes_by_code").fetchall()
    assert errors == [(report.tally.attempts, report.tally.attempts)]
    assert failed == [(report.tally.attempts,)]
    assert codes == [("unknown", "http_422", 3)]


def test_a_refusal_after_a_doubt_goes_again_and_the_word_of_acceptance_settles_it(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """`on_unknown: resend`: the provider that takes it in the end has spoken about the message."""
    provider_server.script = lambda request: (
        [Reset(accepts=True), Answer(422), Answer()][request.number - 1] if request.number < 4 else Answer()
    )
    bench.define("a", LIVE)
    bench.drop("a")
    report = live("a")
    assert report.tally.outcomes["accepted"] == 3
    assert Counter(row["verdict"] for row in rows(bench, Asset.ATTEMPTS)) == {"unknown": 3, "refused": 3, "accepted": 3}


def test_doubts_that_were_refused_are_refused_again_in_the_next_run_and_never_rejected(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """The doubt is in the ledger, not in the run: another process knows of it, and of its attempts."""
    provider_server.script = lost_then(Answer(422))
    bench.define("a", LIVE)
    bench.drop("a")
    live("a")
    asked = sent(provider_server)
    report = live("a")
    assert sent(provider_server) > asked
    assert report.tally.unknown == 3
    bench.define("a", LIVE + "on_unknown: hold\n")
    asked = sent(provider_server)
    assert live("a").tally.unknown == 3
    assert sent(provider_server) == asked, "held messages do not go again"
    path = bench.layout.table(Asset.MESSAGES, "a")
    found = doubts(path, bench.project.ledger.journal("a"))
    assert {doubt.attempt for doubt in found} == {1}, "refused attempts are closed: a person settles the first"


@pytest.mark.parametrize(
    "body",
    [
        lambda entries: {"results": [{**entry, "status": "accepted"} for entry in entries]},
        lambda entries: {"id": entries[0]["id"], "status": "accepted", "provider_message_id": "p-9"},
    ],
    ids=["results", "one"],
)
def test_a_conflict_that_names_the_accepted_id_settles_the_message(
    bench: Workbench, live: Live, provider_server: ProviderServer, body: Callable[[Sequence[Any]], Any]
) -> None:
    """409 with our id as accepted is the provider's word about the message, whichever request brought it."""
    provider_server.script = lost_then(
        lambda request: Answer(409, body=json.dumps(body([{"id": m["id"]} for m in request.messages])).encode())
    )
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n1;Ana;t1\n")
    assert live("a").tally.outcomes["accepted"] == 1


def test_a_conflict_about_a_first_attempt_is_a_doubt(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """409 says that the provider has something under this id: it may be this message."""
    provider_server.script = lambda _: Answer(409)
    bench.define("a", LIVE + "on_unknown: hold\n")
    bench.drop("a")
    assert live("a").tally.unknown == 3


def test_many_refused_resends_do_not_look_like_requests_built_wrongly(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """Sixty resends answered 422 say nothing of how requests are built: what is new still goes."""
    provider_server.script = lambda request: (
        Reset(accepts=True) if not request.seen[request.messages[0]["id"]] else Answer(422)
    )
    bench.define("a", LIVE + "on_unknown: resend\n")
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(60)))
    report = live("a", default_batch_size=20)
    assert report.tally.unknown == 60
    assert report.problem is not None
    assert report.problem.key == "stopped_unknown"


ODD_ANSWERS: Mapping[str, Callable[[str], bytes]] = {
    "unlisted status": lambda name: json.dumps({"results": [{"id": name, "status": "queued_maybe"}]}).encode(),
    "missing status": lambda name: json.dumps({"results": [{"id": name}]}).encode(),
    "null status": lambda name: json.dumps({"results": [{"id": name, "status": None}]}).encode(),
    "contradictory": lambda name: json.dumps(
        {"results": [{"id": name, "status": "accepted"}, {"id": name, "status": "rejected", "code": "X"}]}
    ).encode(),
    "contradictory the other way": lambda name: json.dumps(
        {"results": [{"id": name, "status": "rejected", "code": "X"}, {"id": name, "status": "accepted"}]}
    ).encode(),
    "one field twice": lambda name: (
        f'{{"results": [{{"id": "{name}", "status": "accepted", "status": "rejected"}}]}}'.encode()
    ),
    "results twice": lambda name: (
        f'{{"results": [{{"id": "{name}", "status": "rejected"}}], '
        f'"results": [{{"id": "{name}", "status": "accepted"}}]}}'
    ).encode(),
}


@pytest.mark.parametrize("body", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_answer_that_does_not_say_what_became_of_a_message_leaves_it_in_doubt(
    bench: Workbench, live: Live, provider_server: ProviderServer, body: Callable[[str], bytes]
) -> None:
    """Neither accepted nor refused by guess: the last of two words is no better than the first."""
    provider_server.script = lambda request: Answer(body=body(str(request.messages[0]["id"])))
    bench.define("a", LIVE + "on_unknown: hold\n")
    bench.drop("a", "id;nome;token\n1;Ana;t1\n")
    report = live("a")
    assert report.tally.unknown == 1
    assert rows(bench)[0]["code"]


def test_the_same_word_twice_is_one_word(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Only a contradiction is a doubt."""
    entry = {"status": "accepted", "provider_message_id": "p-1"}
    provider_server.script = lambda request: results(*({"id": m["id"], **entry} for m in [*request.messages] * 2))
    bench.define("a", LIVE)
    bench.drop("a")
    assert live("a").tally.outcomes["accepted"] == 3


# Other final outcomes that come by while an earlier attempt is open.


def in_doubt(bench: Workbench, live: Live, provider_server: ProviderServer, more: str = "") -> None:
    """Three messages whose only attempt arrived and was not answered."""
    provider_server.script = lambda _: Reset(accepts=True)
    bench.define("a", LIVE + "on_unknown: hold\n" + more)
    bench.drop("a")
    assert live("a").tally.unknown == 3
    provider_server.script = lambda _: Answer()


def test_what_may_have_arrived_does_not_expire(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """The window closes for good over messages in doubt: they stay in doubt, whatever the policy."""
    in_doubt(bench, live, provider_server)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    bench.define("a", LIVE + f"on_unknown: resend\nsend_window: {{not_after: '{yesterday}'}}\n")
    report = live("a")
    assert (report.tally.unknown, report.tally.outcomes["expired"]) == (3, 0)
    assert sent(provider_server) == 1


def test_what_may_have_arrived_is_not_called_suppressed(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """Somebody asks for no more while their message is in doubt: it is not sent again, and not called unsent."""
    in_doubt(bench, live, provider_server)
    bench.project.ledger.suppressions.add_dead_addresses(
        {"address_key": key, "mode": Mode.LIVE.value, "channel": "push", "reason": "GONE", "campaign": "b"}
        for key in bench.project.ledger.journal("a").address_keys([row["message_id"] for row in rows(bench)]).values()
    )
    bench.define("a", LIVE + "on_unknown: resend\n")
    report = bench.send("a", api_provider_url=provider_server.url, api_key="x")
    assert (report.tally.unknown, report.tally.outcomes["suppressed"]) == (3, 0)
    assert sent(provider_server) == 1


def test_what_may_have_arrived_is_not_cancelled(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """A cancellation settles what did not leave."""
    in_doubt(bench, live, provider_server)
    with lease_campaign(bench.project.ledger, "a", new_owner()) as hold:
        cancel_remaining(bench.project.ledger, hold, bench.layout.table(Asset.MESSAGES, "a"))
    states = bench.project.ledger.journal("a").states(Mode.LIVE)
    assert not states.final
    assert {states.outcome(row["message_id"]) for row in rows(bench)} == {Outcome.UNKNOWN}


def test_a_dead_address_found_by_a_resend_is_suppressed_and_its_message_stays_in_doubt(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """The provider's word about the address holds for every campaign; of the first attempt it says nothing."""
    provider_server.script = lost_then(lambda request: each(request, status="invalid_address", code="GONE"))
    bench.define("a", LIVE)
    bench.drop("a")
    assert live("a").tally.unknown == 3
    assert sent(provider_server) == 2, "a dead address is not tried again"
    bench.define("b", LIVE)
    bench.drop("b")
    assert live("b").tally.messages == 0
