"""A campaign over three channels, and everything that comes back to it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import duckdb
import pytest

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.contracts.messages import Mode, address_key
from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import CAMPAIGN, new_owner
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.receipts.poll import ask_for_receipts
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.mixed import Mixed
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, Raw, Reset
from mensageria_pipeline_tests.receipts.posts import ses, ses_bounce, zenvia_answer, zenvia_status
from mensageria_pipeline_tests.workbench import with_variables

OUTCOMES = ("outcome", "code", "attempts", "latency_ms", "provider_message_id", "decided_at")


def test_each_person_has_their_outcome_on_their_channel(mixed: Mixed) -> None:
    """Three providers side by side; latency, counts and cost of each in DuckDB."""
    results, metrics = mixed.results(), mixed.metrics()
    assert {row["outcome"] for row in results.values()} == {"accepted"}
    assert {person: row["provider"] for person, row in results.items()} == {
        "1": "expo",
        "2": "expo",
        "3": "smtp",
        "4": "smtp",
        "5": "zenvia",
        "6": "zenvia",
    }
    for channel in ("push", "email", "sms"):
        assert metrics[channel]["accepted"] == 2
        assert metrics[channel]["latency_p95_ms"] > 0
        assert (metrics[channel]["delivered"], metrics[channel]["reported"]) == (0, 0)
        assert metrics[channel]["delivery_rate"] is None
    assert metrics["sms"]["cost"] == pytest.approx(0.18)
    assert metrics["sms"]["cost_per_accepted"] == pytest.approx(0.09)
    assert metrics["push"]["cost"] is None
    texts = {
        request.content["to"]: request.content["contents"][0]["text"]
        for request in mixed.web.requests
        if "contents" in request.content
    }
    assert texts == {"5511987654321": "Oi, Eva", "5511987654322": "Oi, Fabio"}


def test_receipts_change_deliveries_and_never_outcomes(mixed: Mixed) -> None:
    """delivered and bounced are counted beside accepted, which stays."""
    before = {person: [row[name] for name in OUTCOMES] for person, row in mixed.results().items()}
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    assert mixed.post("zenvia", zenvia_status("e1", "DELIVERED", ids["5"])) == 200
    assert mixed.post("zenvia", zenvia_status("e2", "NOT_DELIVERED", ids["6"])) == 200
    assert mixed.post("smtp", ses_bounce(ids["3"])) == 200
    assert mixed.post("smtp", ses("Delivery", {}, our_id=ids["4"], sns="sns-2")) == 200
    found = mixed.process_receipts()
    assert (found.taken, found.awaiting_match, list(found.campaigns)) == (4, 0, ["mista"])
    results, metrics = mixed.results(), mixed.metrics()
    assert {person: results[person]["delivery"] for person in "3456"} == {
        "3": "bounced",
        "4": "delivered",
        "5": "delivered",
        "6": "undelivered",
    }
    assert {person: [row[name] for name in OUTCOMES] for person, row in results.items()} == before
    assert (metrics["email"]["bounced"], metrics["email"]["delivered"], metrics["email"]["accepted"]) == (1, 1, 2)
    assert (metrics["sms"]["delivered"], metrics["sms"]["undelivered"]) == (1, 1)
    assert metrics["sms"]["delivery_rate"] == 0.5


def test_the_same_receipt_ten_times_and_in_any_order_gives_the_same_end(mixed: Mixed) -> None:
    """Providers repeat themselves, and the network shuffles: the end is the furthest of all."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    posts = [
        ("zenvia", zenvia_status(f"{person}-{code}", code, ids[person]))
        for person in "56"
        for code in ("SENT", "DELIVERED", "READ", "NOT_DELIVERED" if person == "6" else "SENT")
    ]
    ends = []
    for seed in range(4):
        shuffled = [post for post in posts for _ in range(10)]
        Random(seed).shuffle(shuffled)
        for start in range(0, len(shuffled), 27):
            for provider, body in shuffled[start : start + 27]:
                assert mixed.post(provider, body) == 200
            mixed.process_receipts()
        results = mixed.results()
        ends.append([(results[p]["delivery"], results[p]["delivery_code"], results[p]["delivery_at"]) for p in "56"])
        history = mixed.bench.rows(Asset.RECEIPTS, "mista")
        assert len(history) == len({row["event_id"] for row in history}) == 7
        mixed.bench.project.ledger.receipts.forget("mista")
    assert [row[0] for row in ends[0]] == ["read", "undelivered"]
    assert all(end == ends[0] for end in ends)


def test_a_bounce_and_a_complaint_hold_for_every_campaign(mixed: Mixed) -> None:
    """The dead address is buried, who complained is not messaged again; phones of answers are matched as written."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    mixed.post("smtp", ses_bounce(ids["3"]))
    mixed.post("smtp", ses("Complaint", {}, our_id=ids["4"], sns="sns-2"))
    mixed.post("zenvia", zenvia_answer("a1", "PARE", "5511987654321"))
    mixed.post("zenvia", zenvia_answer("a2", "obrigado", "5511987654322"))
    found = mixed.process_receipts()
    assert found.suppressed == 3
    ledger = mixed.bench.project.ledger
    forbidden = ledger.suppressions.suppression_set(Mode.LIVE, "outra").addresses
    expected = {
        address_key(ledger.key, "email", "caio@exemplo.com.br"): "dead_address",
        address_key(ledger.key, "email", "davi@exemplo.com.br"): "opted_out",
        address_key(ledger.key, "sms", "+5511987654321"): "opted_out",
    }
    assert forbidden == expected
    mixed.bench.define("outra", "provider: {push: expo, email: smtp, sms: zenvia}\ntemplate: {title: Oi, body: Oi}\n")
    mixed.bench.drop("outra", "canal;endereco\nemail;caio@exemplo.com.br\nsms;(11) 98765-4321\nsms;11987654322\n")
    assert mixed.bench.run("outra", **mixed.settings).tally.outcomes["accepted"] == 1


def test_the_link_in_an_e_mail_is_pressed_not_opened(mixed: Mixed) -> None:
    """Mail scanners open links: only the button, or a mail program's one click, is a wish."""
    link = str(mixed.mail.taken[0].message["List-Unsubscribe"]).strip("<>")
    path = link.removeprefix("https://r.loja.com.br")
    ledger = mixed.bench.project.ledger
    with mixed.client as client:
        page = client.get(path)
        assert (page.status_code, "<button>" in page.text) == (200, True)
        mixed.process_receipts()
        assert not ledger.suppressions.suppression_set(Mode.LIVE, "mista")
        for _ in range(3):
            assert client.post(path, content="List-Unsubscribe=One-Click").status_code == 200
        assert client.post(path[:-1] + ("0" if path[-1] != "0" else "1")).status_code == 404
        assert client.get("/sair/mista/x/y").status_code == 404
    found = mixed.process_receipts()
    assert (found.taken, found.suppressed) == (1, 1)
    assert set(ledger.suppressions.suppression_set(Mode.LIVE, "mista").addresses.values()) == {"opted_out"}
    assert {row["delivery"] for row in mixed.results().values()} == {None}


def test_a_receipt_settles_a_doubt(mixed: Mixed) -> None:
    """The provider reports on a message whose answer never came: it has it."""
    mixed.bench.define("duvida", "provider: zenvia\ntemplate: {body: 'Oi, {{ nome }}'}\n")
    mixed.bench.drop("duvida", "nome;telefone\nGil;11987654333\nHugo;11987654334\n")

    def script(request: Incoming) -> Answer | Reset:
        return Reset(accepts=True)

    mixed.web.script = script
    report = mixed.bench.run("duvida", **mixed.settings)
    assert report.tally.unknown == 2
    ids = [row["message_id"] for row in mixed.bench.rows(Asset.MESSAGES, "duvida")]
    mixed.post("zenvia", zenvia_status("e1", "DELIVERED", ids[0]))
    found = mixed.process_receipts()
    assert found.settled == 1
    path = mixed.bench.layout.partition_dir(Asset.SEND_RESULTS, "duvida") / "edition-1-live.parquet"
    rows = duckdb.sql(f"SELECT outcome, code, delivery FROM read_parquet('{path}') ORDER BY outcome").fetchall()
    assert rows == [("accepted", "by_receipt", "delivered"), ("unknown", "broken_connection", None)]
    report = mixed.bench.send("duvida", **mixed.settings)
    assert (report.tally.unknown, report.tally.outcomes["accepted"]) == (1, 1)


def test_expo_is_asked_after_its_tickets(mixed: Mixed) -> None:
    """Not before a quarter of an hour, not twice for one that answered, not after a day."""
    project = mixed.bench.project
    project = replace(project, settings=with_variables(project.settings, **mixed.settings))
    now = datetime.now(UTC)
    assert ask_for_receipts(project, now) == []
    tickets = sorted(row["provider_message_id"] for row in mixed.results().values() if row["provider"] == "expo")
    gone = {"status": "error", "details": {"error": "DeviceNotRegistered"}}
    asked: list[list[str]] = []

    def script(request: Incoming) -> Answer:
        asked.append(sorted(request.content["ids"]))
        return Answer(body=json.dumps({"data": {tickets[0]: gone}}).encode())

    mixed.web.script = script
    later = now + timedelta(minutes=20)
    (first,) = ask_for_receipts(project, later)
    assert (first.asked, first.answered, first.problem) == (2, 1, None)
    (second,) = ask_for_receipts(project, later)
    assert second.asked == 1
    assert asked == [tickets, [tickets[1]]]
    mixed.web.script = lambda _request: Answer(503)
    (third,) = ask_for_receipts(project, later)
    assert (third.asked, third.problem) == (0, "http_503")
    assert ask_for_receipts(project, now + timedelta(hours=25)) == []
    assert mixed.process_receipts().suppressed == 1
    deliveries = {row["provider_message_id"]: row["delivery"] for row in mixed.results().values()}
    assert (deliveries[tickets[0]], deliveries[tickets[1]]) == ("bounced", None)


def test_a_reply_that_does_not_end_is_not_read_to_its_end(mixed: Mixed) -> None:
    """Whoever asks for receipts does not fill its memory with what comes: the question is asked again later."""
    project = mixed.bench.project
    project = replace(project, settings=with_variables(project.settings, **mixed.settings))
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    mixed.web.script = lambda _request: Raw(head, repeat=4_096, piece=piece)
    (report,) = ask_for_receipts(project, datetime.now(UTC) + timedelta(minutes=20))
    assert (report.asked, report.problem) == (0, "http_200")
    assert mixed.web.written_bytes < 32 << 20


def test_reports_of_unknown_messages_wait_a_day_and_are_then_nobodys(mixed: Mixed) -> None:
    """They may be of a campaign that is being sent; after that they are counted as nobody's."""
    receipts = mixed.bench.project.ledger.receipts
    old = int((datetime.now(UTC) - timedelta(days=2)).timestamp() * 1e6)
    receipts.append(
        [
            StoredReceipt("zenvia", "novo", Delivery.SENT, message_id="f" * 32),
            StoredReceipt("zenvia", "velho", Delivery.SENT, message_id="e" * 32, received_at_us=old),
        ]
    )
    assert receipts.has_news()
    mixed.process_receipts()
    found = mixed.process_receipts()
    assert (found.taken, found.awaiting_match) == (1, 1)
    counts = receipts.counts()
    assert (counts.awaiting_match, counts.done, counts.unmatched) == (1, 0, 1)
    assert not receipts.has_news()


def test_a_campaign_that_is_being_sent_is_not_touched(mixed: Mixed) -> None:
    """Its own results are written at its end, receipts included; the report waits, the suppression does not."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    mixed.post("smtp", ses_bounce(ids["3"]))
    ledger = mixed.bench.project.ledger
    with lease_campaign(ledger, "mista", new_owner()):
        found = mixed.process_receipts()
        assert (found.taken, dict(found.waiting)) == (0, {"mista": 1})
        assert len(ledger.suppressions.suppression_set(Mode.LIVE, "x").addresses) == 1
    assert mixed.results()["3"]["delivery"] is None
    mixed.bench.send("mista", **mixed.settings)
    assert mixed.results()["3"]["delivery"] == "bounced"
    assert mixed.process_receipts().taken == 1


def test_a_campaign_whose_sender_was_killed_is_shown_all_the_same(mixed: Mixed) -> None:
    """Its lease stands still: after five seconds of watching it is taken over."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    mixed.post("zenvia", zenvia_status("e1", "DELIVERED", ids["5"]))
    ledger = mixed.bench.project.ledger
    assert ledger.leases.claim("mista", CAMPAIGN, "somebody who was killed")
    assert mixed.process_receipts().taken == 1
    assert mixed.results()["5"]["delivery"] == "delivered"


def test_a_wish_is_obeyed_behind_any_number_of_reports_and_only_once(
    mixed: Mixed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports that wait for a campaign do not hold it up; a person who lifts it is not overruled by the same report."""
    monkeypatch.setattr("mensageria_pipeline.services.kept_receipts.TOGETHER", 3)
    ids = [row["message_id"] for row in mixed.results().values() if row["provider"] == "zenvia"]
    ledger = mixed.bench.project.ledger
    with lease_campaign(ledger, "mista", new_owner()):
        for number in range(12):
            mixed.post("zenvia", zenvia_status(f"e{number}", "SENT", ids[number % 2]))
        mixed.post("zenvia", zenvia_answer("a1", "PARE", "11987654321"))
        assert mixed.process_receipts().suppressed == 1
        key = next(iter(ledger.suppressions.suppression_set(Mode.LIVE, "x").addresses))
        assert ledger.suppressions.allow([key], "person allow") == 1
        mixed.process_receipts()
        assert not ledger.suppressions.suppression_set(Mode.LIVE, "x")
    assert mixed.process_receipts().taken == 12


def test_one_broken_campaign_stops_no_other_and_a_kill_before_the_metrics_is_made_up_for(
    mixed: Mixed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble is named and tried again; a report is done with only once metrics and report are there."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    mixed.post("zenvia", zenvia_status("e1", "DELIVERED", ids["5"]))
    folder = mixed.bench.layout.partition_dir(Asset.SEND_RESULTS, "aaa")
    folder.mkdir(parents=True)
    (folder / "edition-1-live.parquet").write_bytes(b"no parquet")
    mixed.bench.project.ledger.receipts.append(
        [StoredReceipt("zenvia", "x", Delivery.SENT, message_id="f" * 32, campaign="aaa")]
    )

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mensageria_pipeline.receipts.process.publish", killed)
        with pytest.raises(KeyboardInterrupt):
            mixed.process_receipts()
    found = mixed.process_receipts()
    assert set(found.troubled) == {"aaa"}
    assert found.campaigns == ["mista"]
    assert mixed.metrics()["sms"]["delivered"] == 1


def test_a_simulated_send_has_no_receipts(mixed: Mixed) -> None:
    """The same message simulated first has the same id; what is reported is of the live one."""
    mixed.bench.define("dois", "template: {body: Oi}\n")
    mixed.bench.drop("dois", "telefone\n11987654399\n")
    mixed.bench.run("dois")
    mixed.bench.define("dois", "provider: zenvia\ntemplate: {body: Oi}\n")
    mixed.bench.run("dois", **mixed.settings)
    (message,) = mixed.bench.rows(Asset.MESSAGES, "dois")
    mixed.post("zenvia", zenvia_status("e9", "DELIVERED", message["message_id"]))
    mixed.process_receipts()
    publish(mixed.bench.layout, ["dois"])
    with open_warehouse(mixed.bench.layout) as warehouse:
        rows = warehouse.execute("SELECT mode, delivered FROM campaign_metrics WHERE campaign = 'dois'").fetchall()
    assert dict(rows) == {"live": 1, "simulated": 0}


def test_a_doubt_of_an_earlier_edition_is_settled_too(mixed: Mixed) -> None:
    """The plan is another one by now; the record of that edition is not. A word that nobody knows settles nothing."""
    mixed.bench.define("velha", "provider: zenvia\ntemplate: {body: Oi}\n")
    mixed.bench.drop("velha", "telefone\n11987654333\n11987654334\n")
    mixed.web.script = lambda _request: Reset(accepts=True)
    mixed.bench.run("velha", **mixed.settings)
    first, second = (row["message_id"] for row in mixed.bench.rows(Asset.MESSAGES, "velha"))
    mixed.bench.define("velha", "provider: zenvia\nedition: 2\ntemplate: {body: Oi}\n")
    mixed.bench.prepare("velha")
    mixed.post("zenvia", zenvia_status("e1", "DELIVERED", first))
    mixed.post("zenvia", zenvia_status("e2", "NOVIDADE", second))
    found = mixed.process_receipts()
    assert (found.settled, found.unlisted) == (1, 1)
    path = mixed.bench.layout.partition_dir(Asset.SEND_RESULTS, "velha") / "edition-1-live.parquet"
    rows = duckdb.sql(f"SELECT outcome, code, delivery FROM read_parquet('{path}') ORDER BY outcome").fetchall()
    assert rows == [("accepted", "by_receipt", "delivered"), ("unknown", "broken_connection", None)]


def test_a_wish_from_an_unreadable_address_is_said(mixed: Mixed) -> None:
    """Numbers without 55 or without the ninth digit are understood; what cannot be is counted."""
    for number, sender in enumerate(("11987654301", "551187654302", "5511987654303", "12")):
        mixed.post("zenvia", zenvia_answer(f"a{number}", "sair", sender))
    found = mixed.process_receipts()
    assert (found.suppressed, found.unreadable) == (3, 1)


def test_a_link_that_is_pressed_again_after_a_person_lifted_it_counts_again(
    mixed: Mixed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody changed their mind twice."""
    link = str(mixed.mail.taken[0].message["List-Unsubscribe"]).strip("<>").removeprefix("https://r.loja.com.br")
    ledger = mixed.bench.project.ledger
    for now in (1_000_000_000, 1_000_000_600):
        monkeypatch.setattr("mensageria_pipeline.receipts.receiver.time.time", lambda now=now: now)
        with mixed.client as client:
            assert client.post(link).status_code == 200
        monkeypatch.undo()
        assert mixed.process_receipts().suppressed == 1
        key = next(iter(ledger.suppressions.suppression_set(Mode.LIVE, "x").addresses))
        ledger.suppressions.allow([key], "person allow")


def test_a_report_that_gives_only_the_providers_id_finds_its_message(mixed: Mixed) -> None:
    """SES without headers: by the id it gave when it took the e-mail."""
    mail = mixed.results()["3"]
    mixed.post("smtp", ses_bounce(ses_id=mail["provider_message_id"]))
    mixed.process_receipts()
    assert [person for person, row in mixed.results().items() if row["delivery"]] == ["3"]
