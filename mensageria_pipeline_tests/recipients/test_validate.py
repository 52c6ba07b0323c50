"""raw_base becomes two tables that add up to it."""

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench


def table(bench: Workbench, asset: Asset, campaign: str = "a") -> list[dict[str, object]]:
    path = bench.layout.partition_dir(asset, campaign) / "part-0.parquet"
    return list(pq.ParquetFile(path).read().to_pylist())


def test_rows_end_in_exactly_one_table(bench: Workbench) -> None:
    """Conservation, on a list with one row of each kind."""
    bench.define("a")
    bench.drop("a", "id;nome;token\n1;Ana;t1\n1;Ana;t1\n2;Bia;\n3;;t3\n4;Caio;t 4\n")
    bench.ingest("a")
    report = bench.validate("a")
    assert report.row_count == 5
    assert report.fates == {
        "planned": 1,
        "rejected": 3,
        "duplicate": 1,
        "repeated": 0,
        "suppressed": 0,
        "erased": 0,
    }
    rejected = {row["row_number"]: row for row in table(bench, Asset.REJECTED_RECIPIENTS)}
    assert rejected[3]["refers_to_row"] == 2
    assert rejected[4]["reason"] == "A coluna token está vazia: não há para onde enviar."
    assert rejected[5]["code"] == "missing_field"
    assert rejected[6]["value_masked"] == "t…"
    assert "in row 2" in str(rejected[3]["reason_en"])


def test_a_correction_in_a_later_file_supersedes_the_rejected_row(bench: Workbench) -> None:
    """Status counts the rows that are still open."""
    bench.define("a")
    bench.drop("a", "id;nome;token\n1;Ana;\n2;Bia;t2\n")
    bench.ingest("a")
    bench.validate("a")
    bench.drop("a", "id;nome;token\n1;Ana;t1\n2;Bia;t2\n", "corrigida.csv")
    bench.ingest("a")
    report = bench.validate("a")
    assert report.fates["planned"] == 2
    first = table(bench, Asset.REJECTED_RECIPIENTS)[0]
    assert str(first["superseded_by"]).endswith(":2")
    assert str(first["fate"]) == Fate.REJECTED


def test_an_earlier_row_never_supersedes_a_later_one(bench: Workbench) -> None:
    """A person who was planned before and comes again broken is not corrected by the past."""
    bench.define("a")
    bench.drop("a", "id;nome;token\n1;Ana;t1\n")
    bench.ingest("a")
    bench.drop("a", "id;nome;token\n1;Ana;\n", "depois.csv")
    bench.ingest("a")
    bench.validate("a")
    assert table(bench, Asset.REJECTED_RECIPIENTS)[0]["superseded_by"] == ""


def test_cells_travel_as_text_under_their_template_names(bench: Workbench) -> None:
    """CPF 00000000191 keeps its zeros, and `Valor da Fatura` is valor_da_fatura."""
    bench.drop("a", "token;CPF;Valor da Fatura\nt;00000000191;1,50\n")
    bench.ingest("a")
    bench.validate("a")
    assert table(bench, Asset.VALIDATED_RECIPIENTS)[0]["fields"] == (
        '{"token":"t","cpf":"00000000191","valor_da_fatura":"1,50"}'
    )


def test_a_list_of_rejects_only_is_still_two_typed_tables(bench: Workbench) -> None:
    """An empty table keeps its columns and types."""
    bench.define("a")
    bench.drop("a", "id;nome;token\n1;Ana;\n")
    bench.ingest("a")
    assert bench.validate("a").validated.row_count == 0
    path = bench.layout.partition_dir(Asset.VALIDATED_RECIPIENTS, "a") / "part-0.parquet"
    assert str(pq.read_schema(path).field("revision").type) == "int64"


def test_a_mapping_that_no_longer_fits_stops_with_a_sentence(bench: Workbench) -> None:
    """The definition changed after the file came in."""
    bench.drop("a")
    bench.ingest("a")
    bench.define("a", "columns: {token: chave}\n")
    with pytest.raises(InputError, match="columns: token: chave"):
        bench.validate("a")


_cells = st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["1", "2", "3", ""]), _cells, _cells), min_size=1, max_size=12))
def test_rows_are_conserved_for_any_list(bench: Workbench, rows: list[tuple[str, str, str]]) -> None:
    """Whatever is in the cells: rows in = rows planned + rows refused, and none in both."""
    import csv
    import io
    import uuid

    campaign = f"p-{uuid.uuid4().hex[:8]}"
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows([("id", "nome", "endereco"), *rows])
    bench.drop(campaign, buffer.getvalue())
    try:
        (intake,) = bench.ingest(campaign).intakes
    except InputError:
        return
    report = bench.validate(campaign)
    validated = {(r["intake"], r["row_number"]) for r in table(bench, Asset.VALIDATED_RECIPIENTS, campaign)}
    refused = {(r["intake"], r["row_number"]) for r in table(bench, Asset.REJECTED_RECIPIENTS, campaign)}
    assert not validated & refused
    assert len(validated | refused) == intake.row_count == report.row_count
