"""When a campaign's time is over its personal data goes, and every figure stays."""

from datetime import UTC, datetime, timedelta

import pytest

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.errors import InputError, StaleInputError
from mensageria_pipeline.privacy import retention
from mensageria_pipeline.privacy.retention import expired, purge
from mensageria_pipeline.services.status import campaign_status, known_partitions
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.privacy.test_forget import ANA, PLANNED, SENT, holders
from mensageria_pipeline_tests.workbench import Workbench


class Later(datetime):
    """A clock that is a year ahead."""

    @classmethod
    def now(cls, tz: object = None) -> "datetime":  # type: ignore[override]
        return datetime.now(UTC) + timedelta(days=365)


@pytest.fixture
def filled(bench: Workbench) -> Workbench:
    bench.define("enviada")
    bench.drop("enviada", SENT)
    bench.run("enviada")
    bench.define("parada", "template: {body: 'Olá, {{ nome }}!'}\nprovider: http\n")
    bench.drop("parada", PLANNED)
    bench.prepare("parada")
    bench.define("sempre", "cron: '0 9 * * *'\ntemplate: {body: Oi}\n")
    bench.drop("sempre", PLANNED)
    bench.prepare("sempre")
    publish(bench.layout)
    return bench


def figures(bench: Workbench) -> list[tuple[object, ...]]:
    publish(bench.layout)  # from the Parquet files, all of them
    with open_warehouse(bench.layout) as warehouse:
        return (
            warehouse.execute(
                "SELECT campaign, messages, accepted, latency_p50_ms, attempts FROM campaign_metrics ORDER BY ALL"
            ).fetchall()
            + warehouse.execute("SELECT * FROM row_fates ORDER BY ALL").fetchall()
        )


def test_only_campaigns_that_rest_have_expired(filled: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those that recur, and nothing that was used within the days."""
    partitions = known_partitions(filled.project)
    assert expired(filled.project, partitions, 1) == []
    monkeypatch.setattr(retention, "datetime", Later)
    assert [each.partition for each in expired(filled.project, partitions, 300)] == ["enviada", "parada"]
    assert expired(filled.project, partitions, 400) == []


def test_addresses_and_texts_go_and_figures_stay(filled: Workbench) -> None:
    """Also over a rebuild of the warehouse from its files."""
    before = figures(filled)
    purge(filled.project, ["enviada"])
    assert [path for path in holders(filled.layout.data_dir, *ANA) if "enviada" in path] == []
    assert figures(filled) == before
    assert campaign_status(filled.project, "enviada").tally.outcomes["accepted"] == 2
    assert {row["body"] for row in filled.rows(Asset.MESSAGES, "enviada")} == {""}


def test_what_is_purged_can_be_neither_sent_nor_filled_again(filled: Workbench) -> None:
    """What was pending ends as cancelled."""
    purge(filled.project, ["parada"])
    assert campaign_status(filled.project, "parada").tally.outcomes["cancelled"] == 2
    with pytest.raises(StaleInputError, match="apagados"):
        filled.send("parada")
    filled.drop("parada", "nome;email\nEva;eva@exemplo.com\n", "nova.csv")
    with pytest.raises(InputError, match="outro nome"):
        filled.ingest("parada")


def test_a_killed_purge_is_repeated(filled: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until raw_base is empty the campaign counts as not purged."""
    real, calls = retention.rewrite_dataset, 0

    def dies(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "rewrite_dataset", dies)
    with pytest.raises(KeyboardInterrupt):
        purge(filled.project, ["enviada"])
    monkeypatch.setattr(retention, "datetime", Later)
    partitions = [each.partition for each in expired(filled.project, known_partitions(filled.project), 300)]
    assert "enviada" in partitions
    purge(filled.project, ["enviada"])
    assert [path for path in holders(filled.layout.data_dir, *ANA) if "enviada" in path] == []
