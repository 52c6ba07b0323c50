"""An erasure that fails stops no other; it is tried again, and people see that it has not ended."""

import itertools
from collections.abc import Callable

import pytest

from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.privacy.forget import finish_erasures, forget_person
from mensageria_pipeline.services.doctor import Level, diagnose
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

LIST = "nome;email\nAna Souza;ana.souza@exemplo.com\nBia Lima;bia.lima@exemplo.com\n"


@pytest.fixture
def filled(bench: Workbench) -> Workbench:
    for campaign in ("aberta", "quebrada"):
        bench.define(campaign)
        bench.drop(campaign, LIST if campaign == "aberta" else LIST.replace("\nBia", "\nCaio;caio@exemplo.com\nBia"))
        bench.run(campaign)
    return bench


def test_one_failing_campaign_stops_neither_the_others_nor_other_people(filled: Workbench) -> None:
    """The rest is erased, the request stays, `doctor` says so with what is wrong, and the next call ends it."""
    damaged = filled.layout.partition_dir(Asset.ATTEMPTS, "quebrada") / "edition-9-live.parquet"
    damaged.parent.mkdir(parents=True, exist_ok=True)
    damaged.write_bytes(b"no parquet")
    _fails(lambda: forget_person(filled.project, "bia.lima@exemplo.com"))
    assert [row["person"] for row in filled.rows(Asset.MESSAGES, "aberta")] == ["ana.souza@exemplo.com"]
    assert not any("Bia" in path.read_text("utf-8", "ignore") for path in filled.layout.exports_dir.rglob("*.csv"))
    _fails(lambda: forget_person(filled.project, "ana.souza@exemplo.com"))
    assert filled.rows(Asset.MESSAGES, "aberta") == []
    checks = itertools.takewhile(lambda each: each.check != "Definição", diagnose(filled.project))
    found = [each for each in checks if each.check == "Pedidos de esquecimento"]
    assert [each.level for each in found] == [Level.ERROR, Level.ERROR]
    damaged.unlink()
    assert finish_erasures(filled.project) == 2
    assert [row["person"] for row in filled.rows(Asset.MESSAGES, "quebrada")] == ["caio@exemplo.com"]
    assert filled.project.ledger.erasures.unfinished() == []


def _fails(call: Callable[[], object]) -> None:
    with pytest.raises(LedgerError) as caught:
        call()
    assert caught.value.key == "erasure_unfinished"
    assert "exemplo.com" not in str(caught.value)
