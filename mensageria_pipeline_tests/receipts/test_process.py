"""Reports of several campaigns: the trouble of one is its own."""

import shutil
from collections.abc import Callable

from mensageria_pipeline.contracts.receipts import Delivery, OptOutRequest
from mensageria_pipeline.ledger.receipts import StoredReceipt
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.sending.send import SendSummary
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench


def test_a_campaign_whose_journal_is_gone_stops_no_other(bench: Workbench, live: Callable[..., SendSummary]) -> None:
    """Its receipts wait; those of the others, and who wants to leave, must not wait with them."""
    for campaign in ("a", "b"):
        bench.define(campaign, SIMPLE_DEFINITION + "provider: http\n")
        bench.drop(campaign)
        live(campaign)
        name = bench.rows(Asset.MESSAGES, campaign)[0]["message_id"]
        bench.project.ledger.receipts.append([StoredReceipt("http", campaign, Delivery.DELIVERED, message_id=name)])
    shutil.rmtree(bench.layout.ledger_dir / "a")
    found = process_receipts(bench.project)
    assert (found.troubled, found.campaigns) == ({"a": "ledger_partly_gone"}, ["b"])
    assert dict(bench.project.ledger.receipts.waiting()) == {"a": 1}


def test_a_journal_that_cannot_be_read_keeps_no_other_wish_from_being_obeyed(
    bench: Workbench, live: Callable[..., SendSummary]
) -> None:
    """Whoever asked to leave another campaign was messaged again; the report of this one waits for its journal."""
    for campaign in ("a", "b"):
        bench.define(campaign, SIMPLE_DEFINITION + "provider: http\n")
        bench.drop(campaign)
        live(campaign)
        name = bench.rows(Asset.MESSAGES, campaign)[0]["message_id"]
        bench.project.ledger.receipts.append(
            [StoredReceipt("http", campaign, wish=OptOutRequest.LEAVE, message_id=name)]
        )
    (shard,) = (bench.layout.ledger_dir / "a").glob("*.db")
    shard = shard.rename(shard.with_suffix(".away"))
    for rest in shard.parent.glob("*.db-*"):
        rest.rename(rest.with_name(rest.name.replace(".db-", ".away-")))
    shard.with_suffix(".db").write_bytes(b"no database" * 1_000)
    found = process_receipts(bench.project)
    assert (found.suppressed, found.campaigns) == (1, ["b"])
    assert "a" in found.troubled
    shard.with_suffix(".db").unlink()
    for path in shard.parent.glob("*.away*"):
        path.rename(path.with_name(path.name.replace(".away", ".db")))
    assert process_receipts(bench.project).campaigns == ["a"]
    assert bench.project.ledger.receipts.counts().done == 2
