"""Receipts in Dagster: asked for, folded, shown; and nothing is sent by it."""

import dagster as dg

from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.defs.receipts import ask_regularly, receipts, receipts_arrived
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.fakes.mixed import Mixed


def _tick(shell: Shell) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=shell.instance, resources={"project": shell.bench.project})
    result = receipts_arrived(context)
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result


def test_new_receipts_ask_for_a_run_that_shows_them(shell: Shell, mixed: Mixed) -> None:
    """The sensor asks once; the asset folds; the next tick is quiet."""
    assert isinstance(_tick(shell), dg.SkipReason)
    message = mixed.results()["5"]["message_id"]
    requests = len(mixed.web.requests)
    mixed.bench.project.ledger.receipts.append(
        [
            StoredReceipt("zenvia", "e1", Delivery.DELIVERED, message_id=message),
            StoredReceipt("zenvia", "e2", Delivery.UNLISTED, "NOVIDADE", message_id=message),
        ]
    )
    assert isinstance(_tick(shell), dg.RunRequest)
    result = dg.materialize([receipts], instance=shell.instance, resources={"project": mixed.bench.project})
    metadata = result.asset_materializations_for_node("receipts")[0].metadata
    assert (metadata["recibos desta vez"].value, metadata["campanhas"].value) == (2, "mista")
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert mixed.results()["5"]["delivery"] == "delivered"
    assert len(mixed.bench.rows(Asset.RECEIPTS, "mista")) == 2
    assert isinstance(_tick(shell), dg.SkipReason)
    assert len(mixed.web.requests) == requests


def test_the_schedule_asks_only_where_there_is_something_to_ask(shell: Shell) -> None:
    """An installation without such providers has no empty runs."""
    context = dg.build_schedule_context(instance=shell.instance, resources={"project": shell.bench.project})
    assert isinstance(ask_regularly(context), dg.SkipReason)
