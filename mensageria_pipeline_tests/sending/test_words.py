"""A provider that quotes what it was sent, in every field there is: nothing of it is kept anywhere."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt
from mensageria_pipeline.privacy.forget import forget_person
from mensageria_pipeline.providers.verdict import Result, Verdict
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.reports.build import build_report
from mensageria_pipeline.sending.words import UNLISTED, clean_receipt, code_of, keeper_for
from mensageria_pipeline_tests.fakes.provider_server import Answer, Incoming, ProviderServer
from mensageria_pipeline_tests.workbench import Workbench

CPF, NAME, TOKEN = "52998224725", "Anastacia Canario", "dispositivo-da-anastacia-0001"
CANARIES = (CPF, "529.982.247-25", "Anastacia", "Canario", "anastacia", TOKEN, "segredo-do-corpo")
DEFINITION = """
provider: http
on_unknown: hold
template:
  title: Oi {{ nome }}
  body: segredo-do-corpo de {{ nome }} {{ cpf | default('') }}
  data: {doc: "{{ cpf | default('') }}"}
"""
STATUSES = ("accepted", "rejected", "invalid_address", "echo")


def message(**changes: Any) -> Message:
    return Message(
        "a" * 32,
        "sms",
        "+5511987654321",
        "k",
        "Oferta",
        "Olá, Anastacia! Sua compra chegou.",
        {"doc": CPF},
        CPF,
        CPF,
    )._replace(**changes)


class Adapter:
    """One of another package: it says nothing of its codes, and passes on what it reads."""


def kept(code: str | None, provider_id: str | None = None, **changes: Any) -> Result:
    keep = keeper_for(Adapter())
    (result,) = keep([message(**changes)], [Result("a" * 32, Verdict.REJECTED, code, provider_id)])
    return result


@pytest.mark.parametrize(
    "code", ["UNREGISTERED", "5.1.1", "http_503", "Permanent/General", "SOMETHING_NEW", "131049", "smtp:550", "a" * 40]
)
def test_a_code_stays(code: str) -> None:
    """What providers document, and what nobody has listed yet."""
    assert kept(code).code == code


@pytest.mark.parametrize(
    "text",
    [
        "ana@exemplo.com.br",
        "user unknown",
        "529.982.247-25",
        "52998224725",
        "11987654321",
        "55-11-98765-4321",
        "01310-100",
        "Usuário",
        "<html>",
        "a" * 41,
        "a\nb",
        "Anastacia",
        "anastacia.compra",
        "\ud800",
        "20261125",
    ],
)
def test_a_text_or_a_number_of_somebody_becomes_an_unlisted_code(text: str) -> None:
    """Addresses, documents, phones, names of the message; whatever is no code."""
    assert kept(text).code == UNLISTED


@pytest.mark.parametrize("address", ["tok-ana", "ExponentPushToken[abc]", "t1", "device:0001:abcdef"])
def test_the_address_is_no_code_and_no_id(address: str) -> None:
    """However short it is: a token looks like a code."""
    result = kept(address, address, address=address)
    assert (result.code, result.provider_message_id) == (UNLISTED, None)


@pytest.mark.parametrize(
    ("provider_id", "expected"),
    [
        ("p-1", "p-1"),
        ("0:1700000000000000%4f", "0:1700000000000000%4f"),
        ("5511987654321", None),
        ("id-11987654321-x", None),
        ("a b", None),
        ("Anastacia", None),
        (CPF, None),
        ("x" * 121, None),
        ("<a>", None),
        ("7d1b5f1c-4f5e-4b7e-9b52-0a1b2c3d4e5f", "7d1b5f1c-4f5e-4b7e-9b52-0a1b2c3d4e5f"),
    ],
)
def test_an_id_has_its_adapters_shape_and_quotes_nobody(provider_id: str, expected: str | None) -> None:
    """Long numbers are ids too, but not this person's."""
    assert kept(None, provider_id).provider_message_id == expected


def test_the_address_of_another_message_of_the_request_is_no_id_either() -> None:
    """A provider that mixes its fields up names somebody else."""
    two = [message(message_id="a" * 32, address="tok-ana"), message(message_id="b" * 32, address="tok-bia")]
    answers = [Result("a" * 32, Verdict.ACCEPTED, None, "tok-bia"), Result("b" * 32, Verdict.REJECTED, "tok-ana")]
    first, second = keeper_for(Adapter())(two, answers)
    assert (first.provider_message_id, second.code) == (None, UNLISTED)


def test_a_listed_code_stays_whatever_the_message_says() -> None:
    """A message about `compra` does not hide the provider's own word."""

    class Listing:
        answers = ({"compra": None},)

    (result,) = keeper_for(Listing())([message()], [Result("a" * 32, Verdict.REJECTED, "compra")])
    assert result.code == "compra"


@given(st.text(min_size=1, max_size=80))
def test_whatever_comes_is_a_short_code_without_a_long_number(text: str) -> None:
    """Of any text: at most forty plain characters, and fewer than seven digits in a row."""
    code = code_of(text)
    assert code is not None
    assert len(code) <= 40
    assert code.isascii()
    assert not any(each.isspace() for each in code)
    assert code in {UNLISTED, text}


@given(st.text(max_size=300), st.text(max_size=300))
def test_the_same_event_keeps_one_name(event_id: str, other: str) -> None:
    """An event's id that may be a text is replaced, always by the same: what comes twice is still counted once."""
    first, again, another = (
        clean_receipt(DeliveryReceipt(each, None, Delivery.SENT), Adapter(), b"key").event_id
        for each in (event_id, event_id, other)
    )
    assert first == again
    assert (first == another) == (event_id == other)
    assert len(first) <= 100


# A whole campaign.


def quotes(request: Incoming) -> Answer:
    """A status in turn for each message, and everything that was sent in each field of its entry."""
    entries = []
    for index, each in enumerate(request.messages):
        status = STATUSES[int(each["to"][-4:]) % len(STATUSES)]
        other = request.messages[index - 1]["to"]
        mine = [each["data"]["doc"], "529.982.247-25"] if each["data"]["doc"] else []
        echoes = [each["to"], each["title"], each["body"], other, "Anastacia", json.dumps(each), *mine]
        code, provider_id = echoes[index % len(echoes)], echoes[(index + 1) % len(echoes)]
        entries.append(
            {
                "id": each["id"],
                "status": each["body"] if status == "echo" else status,
                "code": code,
                "provider_message_id": provider_id,
                "detail": json.dumps(each),
            }
        )
    return Answer(body=json.dumps({"results": entries, "echo": request.content}).encode())


def _post(bench: Workbench, message_ids: list[str]) -> None:
    """Zenvia's events with the person in every field."""
    from starlette.testclient import TestClient

    with TestClient(Receiver(bench.project.ledger, "t" * 32).application()) as client:
        for number, name in enumerate([*message_ids, NAME]):
            event = {
                "id": f"{CPF}-{number}",
                "type": "MESSAGE_STATUS",
                "timestamp": NAME,
                "message": {"id": TOKEN + " x", "externalId": name, "to": CPF},
                "messageStatus": {
                    "code": "NOT_DELIVERED",
                    "description": NAME,
                    "causes": [{"channelErrorCode": f"{NAME} {CPF}", "reason": NAME}],
                },
            }
            answer = client.post(
                "/recibos/zenvia", content=json.dumps(event), headers={"authorization": "Bearer " + "t" * 32}
            )
            assert answer.status_code == 200


def _ledger_values(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.db")):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in connection.execute(f"SELECT * FROM {table}"):
                    yield from ((f"{path.name}/{table}", str(value)) for value in row if isinstance(value, str))
        connection.close()


def _warehouse_values(bench: Workbench) -> Iterator[tuple[str, str]]:
    """All that is derived from answers; whom a message is for stands beside it, in `person`."""
    with open_warehouse(bench.layout) as warehouse:
        for table in ("send_results", "attempts", "receipts", "dead_letters", "outcomes_by_code", "campaign_metrics"):
            relation = warehouse.sql(f"FROM {table}").to_arrow_table()
            for name in relation.column_names:
                if name not in {"person", "intake"}:
                    yield from ((f"{table}.{name}", str(value)) for value in relation[name].to_pylist())


def _holding(values: Iterator[tuple[str, str]]) -> set[str]:
    return {place for place, value in values if any(canary in value for canary in CANARIES)}


def test_a_provider_that_quotes_everything_leaves_nothing_of_it(
    bench: Workbench, provider_server: ProviderServer
) -> None:
    """Journal, suppressions, receipts, warehouse and logs hold codes only; after `person forget` nothing at all."""
    from mensageria_pipeline import logs

    logs.begin(bench.layout.logs_dir, "DEBUG", "test", terminal=False)
    provider_server.script = quotes
    bench.define("a", DEFINITION)
    people = "".join(f"{n};{NAME};{CPF if n == 2 else ''};{TOKEN[:-4]}{n:04}\n" for n in range(24))
    bench.drop("a", "id;nome;cpf;token\n" + people)
    report = bench.run("a", api_provider_url=provider_server.url, api_key="x", default_batch_size=7)
    assert {"accepted", "rejected", "invalid_address"} <= {k for k, v in report.tally.outcomes.items() if v}
    assert report.tally.unknown == 6
    publish(bench.layout, ["a"])
    with open_warehouse(bench.layout) as warehouse:
        ids = [row[0] for row in warehouse.sql("SELECT message_id FROM send_results").fetchall()]
    _post(bench, ids)
    process_receipts(bench.project)
    build_report(bench.layout, "a")
    assert _holding(_ledger_values(bench.layout.ledger_dir)) == set()
    assert _holding(_warehouse_values(bench)) == set()
    for path in bench.layout.logs_dir.rglob("*.jsonl"):
        assert not [canary for canary in CANARIES if canary in path.read_text("utf-8")], path
    with sqlite3.connect(bench.layout.ledger_dir / "control.db") as control:
        assert set(control.execute("SELECT reason FROM suppressions").fetchall()) == {(UNLISTED,)}
    control.close()
    forget_person(bench.project, CPF)
    with sqlite3.connect(bench.layout.ledger_dir / "control.db") as control:
        assert ("",) in set(control.execute("SELECT reason FROM suppressions").fetchall())
    control.close()


def test_what_a_provider_once_said_of_an_address_is_forgotten_with_its_person(bench: Workbench) -> None:
    """Codes of before are texts: the address stays dead, and the reason goes."""
    from mensageria_pipeline.contracts.messages import address_key

    bench.define("a")
    bench.drop("a", "nome;email\nAna;ana@exemplo.com.br\n")
    bench.prepare("a")
    key = address_key(bench.project.ledger.key, "email", "ana@exemplo.com.br")
    bench.project.ledger.suppressions.add_dead_addresses(
        [
            {
                "address_key": key,
                "mode": "live",
                "channel": "email",
                "reason": "550 <ana@exemplo.com.br>",
                "campaign": "a",
            }
        ]
    )
    forget_person(bench.project, "ana@exemplo.com.br")
    assert _holding_text(bench.layout.ledger_dir, "ana@exemplo.com.br") == set()
    assert bench.project.ledger.suppressions.history([key])[0].reason == "dead_address"


def _holding_text(folder: Path, text: str) -> set[str]:
    return {place for place, value in _ledger_values(folder) if text in value}


def test_a_report_of_codes_stays_as_it_is() -> None:
    """When it happened, and what it is about."""
    at = datetime.now(UTC) - timedelta(hours=1)
    report = clean_receipt(DeliveryReceipt("e-1", at, Delivery.BOUNCED, "5.1.1", "a" * 32, "id-1"), Adapter(), b"key")
    assert report == DeliveryReceipt("e-1", at, Delivery.BOUNCED, "5.1.1", "a" * 32, "id-1")
