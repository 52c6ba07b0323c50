"""Dates that cannot be: whoever brings them, they reach no table, and what older versions kept is repaired."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.ledger.receipts import Receipts, ReceiptState, StoredReceipt, microseconds
from mensageria_pipeline.privacy.access_export import access_export
from mensageria_pipeline.privacy.find import find_person
from mensageria_pipeline.privacy.forget import forget_person
from mensageria_pipeline.services import control
from mensageria_pipeline.services.export import Format, export
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline.storage.dataset import rewrite_dataset
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.mixed import Mixed
from mensageria_pipeline_tests.receipts.posts import ses, zenvia_status

WILD = (
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "1999-12-31T23:59:59Z",
    "1970-01-01",
    (datetime.now(UTC) + timedelta(days=3)).isoformat(),
)
OLD_TABLE = """
CREATE TABLE ledger_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO ledger_facts VALUES ('version', '1');
CREATE TABLE reports (seq INTEGER PRIMARY KEY, provider TEXT NOT NULL, event_id TEXT NOT NULL, campaign TEXT NOT NULL,
  message_id TEXT NOT NULL, provider_message_id TEXT NOT NULL, delivery TEXT, code TEXT, wish TEXT,
  channel TEXT NOT NULL, address_key TEXT NOT NULL, happened_at_us BIGINT, received_at_us BIGINT NOT NULL,
  state TEXT NOT NULL, UNIQUE (provider, event_id));
"""


def everything_is_readable(mixed: Mixed, tmp_path: Path) -> None:
    """What people ask of a campaign with receipts: report, export, a person's data; then that they are forgotten."""
    layout, ledger = mixed.bench.layout, mixed.bench.project.ledger
    control.report(mixed.bench.project, "mista")
    for name, form in (("receipts", Format.XLSX), ("send_results", Format.CSV), ("receipts", Format.PARQUET)):
        export(layout, name, tmp_path / f"{name}.{form.value}", form)
    found = find_person(layout, ledger, "11987654321", known_partitions(mixed.bench.project))
    assert json.dumps(access_export(layout, found), default=str)
    forget_person(mixed.bench.project, "11987654321")
    assert ledger.erasures.unfinished() == []


def test_a_report_with_a_date_that_cannot_be_is_kept_without_it(mixed: Mixed, tmp_path: Path) -> None:
    """One such date broke report, export, a person's data and every later erasure, of others too."""
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    for number, date in enumerate(WILD):
        assert mixed.post("zenvia", zenvia_status(f"e{number}", "DELIVERED", ids["5"], timestamp=date)) == 200
        body = ses("Delivery", {"timestamp": date}, our_id=ids["3"], sns=f"s{number}")
        assert mixed.post("smtp", body) == 200
    found = mixed.process_receipts()
    assert (found.taken, found.misdated, found.troubled) == (2 * len(WILD), 2 * len(WILD), {})
    results = mixed.results()
    assert [results[person]["delivery"] for person in "35"] == ["delivered", "delivered"]
    assert all(abs(results[person]["delivery_at"] - datetime.now(UTC)) < timedelta(hours=1) for person in "35")
    everything_is_readable(mixed, tmp_path)


def test_a_provider_whose_clock_is_a_little_wrong_keeps_its_dates(tmp_path: Path) -> None:
    """Up to two days ahead are a wrong zone; the judgement is the store's own, whoever brings the report."""
    receipts, now = Receipts(tmp_path), datetime.now(UTC)
    dates = {"a": now + timedelta(days=1), "b": now + timedelta(days=3), "c": datetime(2000, 1, 1, tzinfo=UTC)}
    receipts.append(
        StoredReceipt("x", name, Delivery.SENT, happened_at_us=microseconds(at)) for name, at in dates.items()
    )
    kept = {each.event_id: (each.happened_at_us, each.is_misdated) for each in receipts.in_state(ReceiptState.OPEN, 9)}
    assert kept == {"a": (microseconds(dates["a"]), False), "b": (None, True), "c": (microseconds(dates["c"]), False)}
    assert receipts.counts().misdated == 1


def test_what_older_versions_kept_is_repaired(tmp_path: Path) -> None:
    """Its date goes, and its campaign is shown anew; other reports stay as they are."""
    extreme, now = microseconds(datetime.fromisoformat(WILD[0])), microseconds(datetime.now(UTC))
    with sqlite3.connect(tmp_path / "receipts.db") as old:
        old.executescript(OLD_TABLE)
        values = [
            ("a", "mista", extreme, "done"),
            ("b", "mista", now, "done"),
            ("c", "", extreme, "unplaced"),
            ("d", "", extreme, "done"),
            ("e", "mista", None, "done"),
        ]
        row = "INSERT INTO reports VALUES (NULL, 'x', ?, ?, 'm', '', 'delivered', '', NULL, 'sms', '', ?, 1, ?)"
        old.executemany(row, values)
    receipts = Receipts(tmp_path)
    assert receipts.counts().misdated == 3
    kept = {
        each.event_id: (each.happened_at_us, state) for state in ReceiptState for each in receipts.in_state(state, 9)
    }
    assert kept == {
        "a": (None, "obeyed"),
        "b": (now, "done"),
        "c": (None, "unplaced"),
        "d": (None, "done"),
        "e": (None, "done"),
    }


def test_results_that_an_older_version_dated_keep_nobody_from_being_forgotten(mixed: Mixed, tmp_path: Path) -> None:
    """Also before receipts are looked at again, which dates the results anew."""
    extreme = microseconds(datetime.fromisoformat(WILD[0]))
    _date_the_files(mixed, extreme)
    forget_person(mixed.bench.project, "caio@exemplo.com.br")
    ids = {person: row["message_id"] for person, row in mixed.results().items()}
    _date_the_files(mixed, extreme)
    mixed.post("zenvia", zenvia_status("e1", "DELIVERED", ids["5"]))
    assert mixed.process_receipts().troubled == {}
    everything_is_readable(mixed, tmp_path)


def _date_the_files(mixed: Mixed, at_us: int | None) -> None:
    """The results as an older version wrote them."""
    path = mixed.bench.layout.partition_dir(Asset.SEND_RESULTS, "mista") / "edition-1-live.parquet"

    def dated(table: pa.Table) -> pa.Table:
        place = table.column_names.index("delivery_at")
        values = pa.array([at_us] * table.num_rows, table.field("delivery_at").type)
        return table.set_column(place, table.field("delivery_at"), values)

    rewrite_dataset(path, dated)
