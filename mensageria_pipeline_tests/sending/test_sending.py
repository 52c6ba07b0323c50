"""Sending: every message one outcome, nobody twice, nothing lost, whatever the provider does."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from mensageria_pipeline.errors import ContractError, LedgerError, SettingsError, StaleInputError
from mensageria_pipeline.ledger.journal import Event, Line, now_us
from mensageria_pipeline.sending.plan_snapshot import recorded_problem
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer, Reset, Silence
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

LIVE = SIMPLE_DEFINITION + "provider: http\n"
Live = Callable[..., SendSummary]


def results(bench: Workbench, campaign: str = "a", asset: Asset = Asset.SEND_RESULTS) -> list[dict[str, object]]:
    folder = bench.layout.partition_dir(asset, campaign)
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.ParquetFile(path).read().to_pylist()]


def test_a_list_is_sent_once_and_recorded(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Outcome, attempts, latency and the provider's id of every message."""
    bench.define("a", LIVE)
    bench.drop("a")
    report = live("a")
    assert report.tally.outcomes["accepted"] == report.tally.messages == 3
    assert report.tally.is_conserved
    assert report.problem is None
    assert len(set(provider_server.accepted_ids())) == 3
    for row in results(bench):
        assert (row["outcome"], row["attempts"], row["provider_message_id"]) == ("accepted", 1, "p-1")
        assert isinstance(row["latency_ms"], float)
        assert row["latency_ms"] > 0


def test_sending_again_sends_nothing(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Everything may be materialized again at any time; a corrected text resends nothing."""
    bench.define("a", LIVE)
    bench.drop("a")
    live("a")
    bench.define("a", LIVE.replace("Olá", "Bom dia"))
    report = live("a")
    assert report.tally.outcomes["accepted"] == 3
    assert len(provider_server.requests) == 1


def test_a_corrected_file_sends_only_what_is_new(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """The same name with other content: old rows are repeated, new ones go."""
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n1;Ana;t1\n2;Bia;\n")
    live("a")
    bench.drop("a", "id;nome;token\n1;Ana;t1\n2;Bia;t2\n")
    report = live("a")
    assert report.tally.outcomes["accepted"] == 2
    assert Counter(message["to"] for request in provider_server.requests for message in request.messages) == {
        "t1": 1,
        "t2": 1,
    }


def test_simulated_first_then_live_sends_everything_live(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """A simulated outcome never counts as a live one, and both are kept apart."""
    bench.define("a", SIMPLE_DEFINITION)
    bench.drop("a")
    live("a")
    assert not provider_server.requests
    bench.define("a", LIVE)
    assert live("a").tally.outcomes["accepted"] == 3
    assert len(provider_server.accepted()) == 3
    assert Counter(row["mode"] for row in results(bench)) == {"simulated": 3, "live": 3}


def test_a_new_edition_messages_everybody_again(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """On purpose, and with the history of the first edition kept."""
    bench.define("a", LIVE)
    bench.drop("a")
    live("a")
    bench.define("a", LIVE + "edition: 2\n")
    live("a")
    assert len(provider_server.accepted()) == 6
    assert Counter(row["edition"] for row in results(bench)) == {1: 3, 2: 3}


def test_throttling_is_not_a_failure(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """429 waits as long as the provider says and goes again; the attempt is recorded."""
    times: list[float] = []

    def script(request: Incoming) -> Answer:
        times.append(datetime.now(UTC).timestamp())
        return Answer(429, {"retry-after": "1"}) if request.number == 1 else Answer()

    provider_server.script = script
    bench.define("a", LIVE)
    bench.drop("a")
    report = live("a")
    assert report.tally.outcomes["accepted"] == 3
    assert times[1] - times[0] >= 1.0
    assert {row["throttled"] for row in results(bench)} == {1}
    assert Counter(row["verdict"] for row in results(bench, asset=Asset.ATTEMPTS)) == {"throttled": 3, "accepted": 3}


@pytest.mark.parametrize("failure", [Reset(accepts=True), Answer(500), Answer(body=b"<html>")])
def test_in_doubt_messages_are_sent_again_under_the_same_key(
    bench: Workbench, live: Live, provider_server: ProviderServer, failure: Reset | Answer
) -> None:
    """`http` has an idempotency key, so resending harms nobody: the same batch, the same key."""
    provider_server.script = lambda request: failure if request.number == 1 else Answer()
    bench.define("a", LIVE)
    bench.drop("a")
    report = live("a")
    assert report.tally.outcomes["accepted"] == 3
    first, second = provider_server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert [m["id"] for m in first.messages] == [m["id"] for m in second.messages]


def test_held_messages_are_never_sent_again(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """`on_unknown: hold`: in doubt stays in doubt, run after run, and the run says so."""
    provider_server.script = lambda _: Silence()
    bench.define("a", LIVE + "on_unknown: hold\n")
    bench.drop("a")
    report = live("a", timeout_s=0.3)
    assert report.tally.unknown == 3
    assert report.problem is not None
    assert "em dúvida" in report.problem.text()
    assert live("a", timeout_s=0.3).tally.unknown == 3
    assert len(provider_server.requests) == 1
    bench.define("a", LIVE + "on_unknown: resend\n")
    provider_server.script = lambda _: Answer()
    assert live("a").tally.outcomes["accepted"] == 3


def test_an_intent_without_an_answer_is_in_doubt(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """A sender that died between request and answer left exactly this behind."""
    bench.define("a", LIVE + "on_unknown: hold\n")
    bench.drop("a")
    bench.prepare("a")
    (first, *_) = pq.read_table(bench.layout.partition_dir(Asset.MESSAGES, "a") / "part-0.parquet")["message_id"]
    shard = bench.project.ledger.journal("a").shard(0, 0)
    shard.append([Line(first.as_py(), "live", 1, Event.ATTEMPTING.value, now_us())])
    shard.close()
    report = live("a")
    assert (report.tally.unknown, report.tally.outcomes["accepted"]) == (1, 2)
    assert first.as_py() not in provider_server.accepted_ids()
    assert results(bench)[0]["outcome"] == "unknown"


def test_refused_credentials_stop_at_once_and_lose_nothing(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """One request, a clear sentence, everything pending; the corrected key sends all."""
    provider_server.script = lambda _: Answer(401)
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(500)))
    report = live("a", default_batch_size=10)
    assert report.problem is not None
    assert "recusou as credenciais" in report.problem.text()
    assert f"{report.tally.pending} mensagens continuam pendentes" in report.problem.text()
    assert report.tally.pending == 500
    assert report.tally.unknown == 0
    recorded = recorded_problem(bench.layout, "a")
    assert recorded is not None
    assert recorded.text() == report.problem.text()
    provider_server.script = lambda _: Answer()
    assert live("a").tally.outcomes["accepted"] == 500
    assert len(set(provider_server.accepted_ids())) == 500 == len(provider_server.accepted())


def test_dead_addresses_are_not_tried_by_any_campaign(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """Known by the provider's code; suppressed before and at the moment of sending."""
    provider_server.statuses = lambda m: {"status": "invalid_address" if m["to"] == "tok-bia" else "accepted"}
    for campaign in ("a", "b", "c"):
        bench.define(campaign, LIVE)
        bench.drop(campaign)
    bench.prepare("b")  # planned before the address was known to be dead
    assert live("a").tally.outcomes["invalid_address"] == 1
    tally = bench.send("b", api_provider_url=provider_server.url, api_key="x").tally
    assert tally.outcomes["suppressed"] == 1
    assert live("c").tally.messages == 2
    sent_to = Counter(m["to"] for request in provider_server.requests for m in request.messages)
    assert sent_to["tok-bia"] == 1
    assert live("a").tally.outcomes["invalid_address"] == 1, "the first campaign keeps its history"


def test_a_person_whose_address_died_gets_the_new_one(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """A new list brings another address: a new revision, sent once."""
    provider_server.statuses = lambda m: {"status": "invalid_address" if m["to"] == "velho" else "accepted"}
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n1;Ana;velho\n2;Bia;t2\n")
    live("a")
    bench.drop("a", "id;nome;token\n1;Ana;novo\n2;Bia;outro\n", "nova.csv")
    assert live("a").tally.outcomes == {
        "accepted": 2,
        "rejected": 0,
        "invalid_address": 1,
        "expired": 0,
        "cancelled": 0,
        "suppressed": 0,
    }
    live("a")
    sent_to = Counter(m["to"] for request in provider_server.requests for m in request.messages)
    assert sent_to == {"velho": 1, "t2": 1, "novo": 1}


def test_a_value_that_does_not_fit_the_text_is_a_row_to_correct(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """The other rows go out; the corrected one follows, once."""
    bench.define("a", "provider: http\ntemplate: {body: '{{ valor | moeda }}'}\n")
    bench.drop("a", "id;token;valor\n1;t1;10\n2;t2;dez\n")
    assert live("a").tally.outcomes["accepted"] == 1
    bench.drop("a", "id;token;valor\n1;t1;10\n2;t2;12,50\n")
    assert live("a").tally.outcomes["accepted"] == 2
    assert [m["body"] for request in provider_server.requests for m in request.messages] == ["R$ 10,00", "R$ 12,50"]


def test_another_id_column_messages_nobody_again(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Who a person is may be redefined; who was messaged not."""
    bench.define("a", "provider: http\ntemplate: {body: Oi}\n")
    bench.drop("a", "id;matricula;token\n1;77;t1\n2;88;t2\n")
    live("a")
    bench.define("a", "provider: http\ntemplate: {body: Oi}\ncolumns: {id: matricula}\n")
    live("a")
    bench.define("a", "provider: http\ntemplate: {body: Oi}\none_message_per: address\n")
    live("a")
    assert len(provider_server.accepted()) == 2


def test_messages_that_expire_while_they_wait_do_not_leave(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """`not_after` holds at the moment of sending, also for what waits for its turn."""
    soon = (datetime.now(UTC) + timedelta(seconds=1.2)).isoformat()
    bench.define("a", LIVE + f"rate_per_s: 20\nsend_window: {{not_after: '{soon}'}}\n")
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(100)))
    tally = live("a", default_batch_size=1).tally
    assert tally.outcomes["expired"] > 20
    assert tally.outcomes["expired"] + tally.outcomes["accepted"] == 100
    assert all(entry["at"] <= datetime.fromisoformat(soon).timestamp() + 0.2 for entry in provider_server.accepted())


def test_a_lost_ledger_is_not_replaced_by_an_empty_one(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """An empty ledger would send everything again."""
    import shutil

    bench.define("a", LIVE)
    bench.drop("a")
    live("a")
    shutil.rmtree(bench.layout.ledger_dir)
    bench.project = type(bench.project)(bench.project.settings)
    with pytest.raises(LedgerError, match="mensageria restore"):
        live("a")
    assert len(provider_server.requests) == 1


def test_a_damaged_list_is_not_dropped(bench: Workbench, live: Live) -> None:
    """Without it, others would take its people's places."""
    bench.define("a", LIVE)
    bench.drop("a")
    (intake,) = bench.ingest("a").intakes
    intake.path.write_bytes(intake.path.read_bytes()[:-7])
    with pytest.raises(ContractError, match="não pôde ser lido"):
        live("a")


def test_an_odd_code_of_the_provider_is_recorded(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Half a character, which JSON allows and databases do not."""
    provider_server.script = lambda request: Answer(
        body=b'{"results": [{"id": "%s", "status": "rejected", "code": "\\ud800"}]}'
        % str(request.messages[0]["id"]).encode()
    )
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n1;Ana;t1\n")
    assert live("a").tally.outcomes["rejected"] == 1


def test_a_closed_window_waits_and_an_expired_one_expires(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """Waiting is no failure and says until when; after `not_after` nothing goes out."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    bench.define("a", LIVE + f"send_window: {{not_before: '{tomorrow}'}}\n")
    bench.drop("a")
    report = live("a")
    assert (report.tally.pending, report.problem, report.wait_reason) == (3, None, "wait_window")
    (wait,) = bench.project.ledger.waits()
    assert wait.due_at == datetime.fromisoformat(tomorrow)
    bench.define("a", LIVE + f"send_window: {{not_after: '{yesterday}'}}\n")
    assert live("a").tally.outcomes["expired"] == 3
    assert bench.project.ledger.waits() == []
    assert not provider_server.requests


def test_the_configured_rate_is_kept(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """Messages per second, at the moment of sending."""
    bench.define("a", LIVE + "rate_per_s: 50\n")
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(60)))
    live("a", default_batch_size=1)
    times = [entry["at"] for entry in provider_server.accepted()]
    assert len(times) == 60
    assert times[-1] - times[0] >= 1.0


def test_channels_go_through_their_own_providers(bench: Workbench, live: Live, provider_server: ProviderServer) -> None:
    """One list, two providers, side by side."""
    bench.define("a", "provider: {push: http, email: simulated}\ntemplate: {body: Oi}\n")
    bench.drop("a", "id;canal;endereco\n1;push;t1\n2;email;a@b.co\n")
    assert live("a").tally.outcomes["accepted"] == 2
    assert len(provider_server.accepted()) == 1
    assert {row["provider"]: row["mode"] for row in results(bench)} == {"http": "live", "simulated": "simulated"}


def test_a_missing_key_stops_before_the_first_message(bench: Workbench) -> None:
    """Nothing is sent by accident."""
    bench.define("a", LIVE)
    bench.drop("a")
    bench.prepare("a")
    with pytest.raises(SettingsError, match="API_PROVIDER_URL"):
        bench.send("a")


def test_messages_of_another_version_are_not_sent(bench: Workbench) -> None:
    """send_results launched alone checks its own input."""
    bench.define("a")
    bench.drop("a")
    bench.prepare("a")
    bench.define("a", SIMPLE_DEFINITION.replace("Olá", "Bom dia"))
    with pytest.raises(StaleInputError, match=r"outra versão de a\.yaml"):
        bench.send("a")
    bench.plan("a")
    bench.drop("a", "id;nome;token\n9;Eva;t9\n", "nova.csv")
    bench.ingest("a")
    with pytest.raises(StaleInputError, match="outra versão de raw_base"):
        bench.send("a")


def test_a_ledger_that_cannot_be_written_stops_sending(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """If it cannot be recorded, it is not sent."""
    bench.define("a", LIVE)
    bench.drop("a")
    bench.prepare("a")
    folder = bench.layout.ledger_dir / "a"
    folder.mkdir(parents=True)
    (folder / "shard-000.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(LedgerError, match="está danificado"):
        live("a")
    assert not provider_server.requests


def test_a_large_list_survives_every_kind_of_trouble(
    bench: Workbench, live: Live, provider_server: ProviderServer
) -> None:
    """Resets, throttling, errors and garbage at random: each message accepted, none lost, one id each."""
    from random import Random

    draw = Random(5)
    troubles = [Reset(accepts=True), Reset(accepts=False), Answer(429), Answer(503), Answer(500), Answer(body=b"?")]

    def script(_request: Incoming) -> Answer | Reset:
        return draw.choice(troubles) if draw.random() < 0.3 else Answer()

    provider_server.script = script
    bench.define("a", LIVE)
    bench.drop("a", "id;nome;token\n" + "".join(f"{n};Ana;t{n}\n" for n in range(400)))
    report = live("a", default_batch_size=20)
    assert report.tally.outcomes["accepted"] == 400
    assert report.tally.is_conserved
    planned = {row["message_id"] for row in results(bench)}
    assert set(provider_server.accepted_ids()) == planned
