"""The dashboard over 1,000 campaigns and 10 million results, in a real browser; and the report of a million.

    python -m benchmarks dashboard

The results are made by DuckDB in the form in which campaigns leave them. Timed is each page from the address to the
last thing drawn, after a first load; and metrics and report of one campaign of a million results.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.recipients import RejectedRecipients, ValidatedRecipients, arrow_schema
from mensageria_pipeline.contracts.send_results import ATTEMPTS, SEND_RESULTS
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.reports.build import build_report
from mensageria_pipeline.storage.dataset import write_dataset
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline_tests.fakes import dashboard as fake
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root

CAMPAIGNS, RESULTS = 1_000, 10_000
_LARGE = 1_000_000
_ROUNDS = 3
_PAGES = ("", "campanha?campanha=c0500", "falhas?campanha=c0500", "enviar", "anotacoes?campanha=c0500")
_NAMES = ("campanhas", "campanha", "falhas", "enviar", "anotacoes")
_ROWS = """
SELECT md5(range::VARCHAR || '{campaign}') AS message_id, 'live' AS mode, 1 AS edition, 'fcm' AS provider,
    'push' AS channel, range::VARCHAR AS person, 'intake' AS intake, range + 2 AS row_number,
    CASE WHEN range % 50 = 0 THEN 'invalid_address' WHEN range % 33 = 0 THEN 'rejected' ELSE 'accepted' END AS outcome,
    CASE WHEN range % 50 = 0 THEN 'UNREGISTERED' WHEN range % 33 = 0 THEN 'INVALID_ARGUMENT' END AS code,
    'p' || range AS provider_message_id, 1 AS attempts, 0 AS throttled, 20 + range % 180 + random() AS latency_ms,
    TIMESTAMPTZ '2026-11-20 12:00:00+00' + INTERVAL (range) MILLISECOND AS first_attempt_at,
    TIMESTAMPTZ '2026-11-20 12:00:00+00' + INTERVAL (range + 100) MILLISECOND AS decided_at,
    NULL::DOUBLE AS cost, NULL AS delivery, NULL AS delivery_code, NULL::TIMESTAMPTZ AS delivery_at
FROM range({count})
"""
_TRIED = """
SELECT message_id, mode, edition, provider, channel, 1 AS attempt, outcome AS verdict, code, latency_ms,
    first_attempt_at AS started_at, decided_at AS answered_at
FROM made
"""


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder:
        root = Path(folder)
        prepare_root(root, INPUT_SETTLE_SECONDS="0")
        layout = Layout(root / "data")
        for number in range(CAMPAIGNS):
            _make(layout, f"c{number:04}", RESULTS)
        _ = Ledger(layout.ledger_dir).key  # without a ledger beside live results everything stops, and rightly
        publish(layout)
        pages = _pages(root)
        _make(layout, "grande", _LARGE)
        started = time.monotonic()
        publish(layout, ["grande"])
        published = time.monotonic()
        build_report(layout, "grande")
        ended = time.monotonic()
    return {
        "campaigns": CAMPAIGNS,
        "results": CAMPAIGNS * RESULTS,
        "page_s": pages,
        "slowest_s": max(pages.values()),
        "metrics_of_a_million_s": round(published - started, 2),
        "report_of_a_million_s": round(ended - published, 2),
    }


def _make(layout: Layout, campaign: str, count: int) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE made AS {_ROWS.format(campaign=campaign, count=count)}")
        for asset, statement, schema in (
            (Asset.SEND_RESULTS, "FROM made", SEND_RESULTS),
            (Asset.ATTEMPTS, _TRIED, ATTEMPTS),
        ):
            path = layout.partition_dir(asset, campaign) / "edition-1-live.parquet"
            rows = connection.sql(statement).to_arrow_reader(100_000)
            write_dataset(path, schema, rows, inputs={})
    for asset, model in (
        (Asset.VALIDATED_RECIPIENTS, ValidatedRecipients),
        (Asset.REJECTED_RECIPIENTS, RejectedRecipients),
    ):
        write_dataset(layout.table(asset, campaign), arrow_schema(model), [], inputs={})
    layout.partition_dir(Asset.RAW_BASE, campaign).mkdir(parents=True)


def _pages(root: Path) -> dict[str, float]:
    """Seconds of each page, medians, once each was loaded before."""
    found: dict[str, list[float]] = {name: [] for name in _NAMES}
    with fake.dashboard(root) as url, fake.browser() as browser:
        page = browser.new_page()
        for number in range(_ROUNDS + 1):
            for name, path in zip(_NAMES, _PAGES, strict=True):
                started = time.monotonic()
                fake.open_page(page, f"{url}/{path}")
                seconds = time.monotonic() - started - fake.SETTLING_S
                assert not fake.troubles(page), fake.troubles(page)
                if number:
                    found[name].append(seconds)
    return {name: round(statistics.median(seconds), 2) for name, seconds in found.items()}
