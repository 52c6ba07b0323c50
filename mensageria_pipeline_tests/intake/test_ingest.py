"""Contents come in once, whatever they are called; one bad file does not stop the others."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.intake.place import place_file
from mensageria_pipeline_tests.workbench import SIMPLE_LIST, Workbench


def test_rows_come_in_as_they_are_with_their_provenance(bench: Workbench) -> None:
    """Who asks where a row came from gets file, content and row."""
    bench.drop("a", "id;token;CPF\n1;t;00123\n")
    (intake,) = bench.ingest("a").intakes
    (row,) = pq.read_table(intake.path, partitioning=None).to_pylist()
    assert row == {
        "_intake": intake.content_hash,
        "_file_name": "lista.csv",
        "_sheet": None,
        "_row_number": 2,
        "id": "1",
        "token": "t",
        "CPF": "00123",
    }


def test_the_same_content_under_another_name_is_the_same_intake(bench: Workbench) -> None:
    """Dropping a copy sends nothing."""
    bench.drop("a")
    bench.ingest("a")
    bench.drop("a", name="copia.csv")
    report = bench.ingest("a")
    assert len(report.intakes) == 1
    assert report.already == ["copia.csv", "lista.csv"]


def test_intakes_keep_the_order_in_which_they_arrived(bench: Workbench) -> None:
    """The first file to name a person wins."""
    bench.drop("a", SIMPLE_LIST, "z.csv")
    bench.ingest("a")
    bench.drop("a", "id;token\n9;t9\n", "a.csv")
    bench.ingest("a")
    assert [intake.file_name for intake in list_intakes(bench.layout, "a")] == ["z.csv", "a.csv"]


def test_a_bad_file_does_not_stop_a_good_one(bench: Workbench) -> None:
    """Both are reported; the good one goes on."""
    bench.drop("a", "nome;cpf\nAna;1\n", "ruim.csv")
    bench.drop("a", SIMPLE_LIST, "boa.csv")
    report = bench.ingest("a")
    assert [intake.file_name for intake in report.new] == ["boa.csv"]
    ((name, reason),) = report.refused
    assert name == "ruim.csv"
    assert "Ela tem: nome, cpf" in reason


def test_a_campaign_with_only_bad_files_says_why(bench: Workbench) -> None:
    """The run fails with the file's own reason."""
    bench.drop("a", b"")
    with pytest.raises(InputError, match="está vazio"):
        bench.ingest("a")


def test_a_campaign_without_files_says_where_to_put_one(bench: Workbench) -> None:
    """A typing error in the campaign's name ends in a sentence."""
    with pytest.raises(InputError, match="nenhum arquivo utilizável em data/input/b"):
        bench.ingest("b")


def test_losing_the_registry_takes_nothing_in_twice(bench: Workbench) -> None:
    """The folder of raw_base is the record."""
    bench.drop("a")
    bench.ingest("a")
    bench.layout.intake_db.unlink()
    fresh = Workbench(type(bench.project)(bench.project.settings))
    assert len(fresh.ingest("a").intakes) == 1


def test_an_occurrence_adopts_what_was_known_when_it_was_due(bench: Workbench) -> None:
    """A recurring campaign goes to the list as it was; later files wait for the next time."""
    bench.drop("a")
    bench.ingest("a")
    definition = bench.definition("a")
    late, early = Partition("a", "20991231t2359z"), Partition("a", "20000101t0000z")
    assert len(ingest(bench.layout, bench.project.registry, late, definition, 0).intakes) == 1
    with pytest.raises(InputError):
        ingest(bench.layout, bench.project.registry, early, definition, 0)


def test_a_folder_of_the_same_key_is_reported_with_the_campaigns_files(bench: Workbench) -> None:
    """The run's check says so; its rows are not taken in."""
    bench.drop("Promoção")
    bench.ingest("promocao")
    bench.drop("promocao", "id;token\n9;t9\n", "outra.csv")
    report = bench.ingest("promocao")
    assert len(report.intakes) == 1
    ((name, reason),) = report.refused
    assert name == "outra.csv"
    assert "mesma chave que Promoção" in reason


def test_a_placed_file_never_overwrites_another(bench: Workbench, tmp_path: Path) -> None:
    """Two lists called clientes.csv are two lists."""
    bench.drop("a", SIMPLE_LIST, "clientes.csv")
    other = tmp_path / "clientes.csv"
    other.write_text("id;token\n7;t7\n", encoding="utf-8")
    placed = place_file(bench.layout, {}, "a", other)
    assert placed.name == "clientes-2.csv"
    assert place_file(bench.layout, {}, "a", other) == placed
    assert (bench.layout.input_dir / "a" / "clientes.csv").read_text() == SIMPLE_LIST
