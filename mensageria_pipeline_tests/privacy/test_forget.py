"""Forgetting a person leaves nothing of them in any file, every count in its place, and everybody else untouched."""

import json
from pathlib import Path

import pytest

from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.privacy import erasure
from mensageria_pipeline.privacy import forget as forget_module
from mensageria_pipeline.privacy.access_export import access_export
from mensageria_pipeline.privacy.find import find_person
from mensageria_pipeline.privacy.forget import Receipt, finish_erasures, forget_person
from mensageria_pipeline.reports.build import build_report
from mensageria_pipeline.sending.plan_snapshot import verified_plan
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.services.status import campaign_status, known_partitions
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

ANA = (b"ana.souza@exemplo.com", b"52998224725", b"529.982.247-25", b"Ana Souza")
SENT = (
    "nome;cpf;email\nAna Souza;529.982.247-25;ana.souza@exemplo.com\nBia;;bia@exemplo.com\nCaio;;caio@exemplo\n"
    "Ana Souza;529.982.247-25;ana.souza@exemplo.com\n"
)
PLANNED = "nome;email\nAna Souza;ana.souza@exemplo.com\nDuda;duda@exemplo.com\n"


@pytest.fixture
def filled(bench: Workbench) -> Workbench:
    for campaign, content in (("enviada", SENT), ("planejada", PLANNED)):
        bench.define(campaign)
        bench.drop(campaign, content)
    bench.run("enviada")
    bench.prepare("planejada")
    build_report(bench.layout, "enviada")
    publish(bench.layout)
    bench.suppress("email\nana.souza@exemplo.com\nzeca@exemplo.com\n", "antiga.csv")
    take_in_lists(bench.project)
    return bench


def forget(bench: Workbench, text: str = "ana.souza@exemplo.com") -> Receipt:
    return forget_person(bench.project, text)


def holders(folder: Path, *texts: bytes) -> list[str]:
    """Files below `folder` that hold any of `texts`, Parquet and workbooks unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content += _cells(path)
            if any(text in content for text in texts):
                found.append(str(path.relative_to(folder)))
    return found


def _cells(path: Path) -> bytes:
    import pyarrow.parquet as pq

    return json.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str, ensure_ascii=False).encode()


def test_nothing_of_the_person_is_left(filled: Workbench) -> None:
    """In any file below data/; the others' rows are where they were."""
    assert len(holders(filled.layout.data_dir, *ANA)) > 8
    receipt = forget(filled)
    assert holders(filled.layout.data_dir, *ANA) == []
    assert sorted(receipt.content["original_files_deleted"]) == ["enviada/lista.csv", "planejada/lista.csv"]
    assert receipt.content["suppression_lists_deleted"] == ["antiga.csv"]
    assert [row["person"] for row in filled.rows(Asset.MESSAGES, "planejada")] == ["duda@exemplo.com"]
    raw = filled.ingest("enviada").intakes[0]
    assert (raw.row_count, raw.erased) == (4, {2, 5})


def test_rows_stay_conserved_and_the_chain_holds(filled: Workbench) -> None:
    """Fates move to `erased`; what is left can be sent without preparing it anew, and preparing gives the same."""
    before = campaign_status(filled.project, "enviada")
    forget(filled)
    after = campaign_status(filled.project, "enviada")
    assert before.fates == {
        "planned": 2,
        "rejected": 1,
        "duplicate": 1,
        "repeated": 0,
        "suppressed": 0,
        "erased": 0,
    }
    assert after.fates == {"planned": 1, "rejected": 1, "duplicate": 0, "repeated": 0, "suppressed": 0, "erased": 2}
    assert (after.rows, after.codes) == (4, {"erased": 2, "invalid_email": 1})
    assert (before.tally.outcomes["accepted"], after.tally.outcomes["accepted"]) == (2, 1)
    verified_plan(filled.layout, "planejada", filled.definition("planejada"))
    assert filled.send("planejada").tally.outcomes["accepted"] == 1
    rejected = {row["row_number"]: row for row in filled.rows(Asset.REJECTED_RECIPIENTS, "enviada")}
    filled.prepare("enviada")
    assert campaign_status(filled.project, "enviada").fates == after.fates
    again = {row["row_number"]: row for row in filled.rows(Asset.REJECTED_RECIPIENTS, "enviada")}
    assert again == rejected
    with open_warehouse(filled.layout) as warehouse:
        counts = warehouse.execute("SELECT fate, row_count FROM row_fates WHERE campaign = 'enviada'").fetchall()
    assert dict(counts)["erased"] == 2


def test_a_forgotten_person_is_never_messaged_again(filled: Workbench) -> None:
    """Whatever list brings them, under whatever is known of them."""
    forget(filled)
    filled.define("nova")
    filled.drop(
        "nova", "nome;cpf;email\nA;52998224725;outro@exemplo.com\nA;;Ana.Souza@exemplo.com\nB;;bia@exemplo.com\n"
    )
    filled.prepare("nova")
    refused = {row["row_number"]: row["code"] for row in filled.rows(Asset.REJECTED_RECIPIENTS, "nova")}
    assert refused == {2: "forgotten", 3: "suppressed_by_list"}, "who was on a list before stays there"


def test_a_killed_erasure_is_finished_by_the_next_call(filled: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whichever campaign it died."""
    real, calls = forget_module.erase_rows, 0

    def dies(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(forget_module, "erase_rows", dies)
    with pytest.raises(KeyboardInterrupt):
        forget(filled)
    assert holders(filled.layout.data_dir, *ANA) != []
    assert finish_erasures(filled.project) == 1
    assert finish_erasures(filled.project) == 0
    assert holders(filled.layout.data_dir, *ANA) == []


def test_what_is_held_of_a_person_is_handed_over_whole(filled: Workbench) -> None:
    """Their cells, messages, sends and suppressions; nobody else's."""
    partitions = known_partitions(filled.project)
    found = find_person(filled.layout, filled.project.ledger, "ana.souza@exemplo.com", partitions)
    held = access_export(filled.layout, found)
    sent = held["campaigns"]["enviada"]
    assert [row["row"] for row in sent["rows"]] == [2, 5]
    assert sent["rows"][0]["cells"]["cpf"] == "529.982.247-25"
    assert sent["messages"][0]["body"] == "Olá, Ana Souza!"
    assert [row["outcome"] for row in sent["send_results"]] == ["accepted"]
    assert len(sent["attempts"]) == 1
    assert held["suppressions"][0]["source"] == "antiga.csv"
    assert "bia@exemplo.com" not in json.dumps(held, default=str)


@pytest.mark.parametrize("dies_at", range(1, 9))
def test_an_erasure_can_be_killed_between_any_two_files(
    filled: Workbench, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """The repeat ends where an undisturbed one does: each row once, the chain of versions whole."""
    real, calls = erasure.rewrite_dataset, 0

    def dies(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == dies_at:
            raise KeyboardInterrupt
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(erasure, "rewrite_dataset", dies)
    with pytest.raises(KeyboardInterrupt):
        forget(filled)
    assert finish_erasures(filled.project) == 1
    assert holders(filled.layout.data_dir, *ANA) == []
    status = campaign_status(filled.project, "enviada")
    assert status.fates == {"planned": 1, "rejected": 1, "duplicate": 0, "repeated": 0, "suppressed": 0, "erased": 2}
    rows = [row["row_number"] for row in filled.rows(Asset.REJECTED_RECIPIENTS, "enviada")]
    assert sorted(rows) == [2, 4, 5]
    for campaign in ("enviada", "planejada"):
        verified_plan(filled.layout, campaign, filled.definition(campaign))


def test_what_killed_processes_left_behind_goes_too(filled: Workbench) -> None:
    """Held plans, unfinished files and scratch hold the same people."""
    leftovers = [
        filled.layout.partition_dir(Asset.MESSAGES, "enviada") / ".held-1.parquet",
        filled.layout.partition_dir(Asset.RAW_BASE, "enviada") / ".part-0.parquet.1.part",
        filled.layout.preparing_dir("enviada") / "judged.parquet",
    ]
    for path in leftovers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ANA[0])
    forget(filled)
    assert holders(filled.layout.data_dir, *ANA) == []


def test_a_corrected_row_is_forgotten_with_its_correction(bench: Workbench) -> None:
    """The wrong address is theirs as well."""
    bench.define("a", "template: {body: oi}\n")
    bench.drop("a", "email;nome\nana.souza@gmial.com;Ana Souza\nbia@exemplo.com;Bia\n")
    (intake,) = bench.ingest("a").intakes
    bench.validate("a")
    bench.drop(
        "a", f"email;nome;linha_original\nana.souza@gmail.com;Ana Souza;{intake.content_hash[:12]}:2\n", "volta.csv"
    )
    bench.run("a")
    forget(bench, "ana.souza@gmail.com")
    assert holders(bench.layout.data_dir, b"ana.souza@", b"Ana Souza") == []
    bench.prepare("a")
    assert campaign_status(bench.project, "a").fates["erased"] == 2


def test_whoever_sells_to_them_is_not_forgotten(bench: Workbench) -> None:
    """A column that no person is known by makes nobody's row theirs; it is said."""
    bench.define("a", "template: {body: oi}\n")
    bench.drop("a", "email;email_vendedor\nbia@exemplo.com;vera@loja.com\ncaio@exemplo.com;vera@loja.com\n")
    bench.run("a")
    receipt = forget(bench, "vera@loja.com")
    assert len(receipt.content["rows_of_others_that_mention_the_person"]) == 2
    assert campaign_status(bench.project, "a").fates["erased"] == 0


def test_a_typed_id_is_suppressed_everywhere_and_unread_files_are_named(bench: Workbench) -> None:
    """No later list can message them; a list that was refused could not be searched."""
    bench.define("a", "template: {body: oi}\n")
    bench.drop("a", "id;nome;token\n42;Ana;tok-velho\n")
    bench.drop("a", "email;mail\na@b.com;c@d.com\n", "duas.csv")
    bench.run("a")
    assert forget(bench, "42").content["input_files_not_searched"] == ["a/duas.csv"]
    bench.define("b", "template: {body: oi}\n")
    bench.drop("b", "id;nome;token\n42;Ana;tok-novo\n")
    bench.prepare("b")
    assert [row["code"] for row in bench.rows(Asset.REJECTED_RECIPIENTS, "b")] == ["forgotten"]


def test_an_address_with_accents_is_found_as_it_is_written(bench: Workbench) -> None:
    bench.define("a", "template: {body: oi}\n")
    bench.drop("a", "email\nana@açaí.com.br\n")
    bench.run("a")
    forget(bench, "ana@açaí.com.br")
    assert campaign_status(bench.project, "a").fates["erased"] == 1
