"""A dry run shows what would be sent, and changes nothing."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.ledger.journal import Line, now_us
from mensageria_pipeline.sending.request_preview import estimate, first_messages
from mensageria_pipeline.services.dry_run import dry_run, providers_of
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

LIST = "id;nome;email\n1;Ana;ana@exemplo.com\n2;Bia;bia@exemplo.com\n3;Caio;caio@exemplo.com\n"


def _rows(folder: Path) -> Mapping[str, Sequence[str]]:
    """Every statement that would write the files of a ledger anew."""
    found = {}
    for path in sorted(folder.rglob("*.db")):
        with closing(sqlite3.connect(path)) as file:
            found[path.name] = list(file.iterdump())
    return found


def test_opt_outs_hold_that_the_ledger_does_not_have_yet(bench: Workbench) -> None:
    """For everybody, and for this campaign alone; and the ledger is as it was."""
    bench.define("a")
    bench.drop("a", LIST)
    bench.suppress("email\nbia@exemplo.com\n")
    bench.suppress("email\ncaio@exemplo.com\n", name="a/so-aqui.csv")
    bench.suppress("email\nana@exemplo.com\n", name="outra/nao-aqui.csv")
    ledger = bench.project.ledger
    assert (ledger.suppressions.lists(), len(ledger.key), len(ledger.id)) == ([], 32, 16)
    before = _rows(bench.layout.ledger_dir)
    with dry_run(bench.project, Partition("a")) as prepared:
        assert prepared.recipients.fates[Fate.SUPPRESSED] == 2
        assert prepared.tally.messages == 1
    assert _rows(bench.layout.ledger_dir) == before
    assert bench.project.ledger.suppressions.lists() == []


def test_a_real_run_after_it_takes_the_lists_in(bench: Workbench) -> None:
    """What was only read is taken in by whoever sends."""
    bench.define("a")
    bench.drop("a", LIST)
    bench.suppress("email\nbia@exemplo.com\n")
    with dry_run(bench.project, Partition("a")) as prepared:
        shown = dict(prepared.recipients.fates)
    bench.prepare("a")
    assert len(bench.project.ledger.suppressions.lists()) == 1
    with dry_run(bench.project, Partition("a")) as prepared:
        assert dict(prepared.recipients.fates) == shown


def test_what_is_shown_is_what_would_be_sent_now(bench: Workbench) -> None:
    """New rows and corrected ones; never people who have theirs already, nor what they cost."""
    bench.define("a", LIVE)
    bench.drop("a", LIST)
    bench.prepare("a")
    _accept(bench, "a")
    bench.drop("a", "id;nome;email\n4;Davi;davi@exemplo.com\n1;Ana;ana@exemplo.com\n", "depois.csv")
    with dry_run(bench.project, Partition("a")) as prepared:
        shown = first_messages(prepared.plan, 10, prepared.to_send)
        assert [message.person for message, _, _ in shown] == ["4"]
        providers, _ = providers_of(bench.project, "a", prepared.definition)
        costs = estimate(prepared.plan, providers, prepared.definition, prepared.to_send)
        assert (costs["http"].messages, costs["http"].cost) == (1, 0.5)


LIVE = """
template: {title: Oi, body: Oi}
provider: http
price: 0.5
release: manual
"""


def _accept(bench: Workbench, campaign: str) -> None:
    """Everybody of the plan has received theirs."""
    shard = bench.project.ledger.journal(campaign).shard(0, 1)
    for row in bench.rows(Asset.MESSAGES, campaign):
        shard.append([Line(row["message_id"], "live", 1, event, now_us()) for event in ("attempting", "accepted")])
    shard.close()
