"""Tables that a campaign joins to its lists: by key, each once, read as strictly as the lists."""

from pathlib import Path

import duckdb
import pytest

from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.workbooks import workbook
from mensageria_pipeline_tests.workbench import Workbench

LIST = "id;nome;telefone;loja\n1;Ana Souza;11987654321; 07 \n2;Bia;81987654322;8\n3;Caio;11987654323;99\n"
STORES = "codigo;gerente;cidade\n07;Rui;São Paulo\n8;Sá;Recife\n;Ninguém;\n"
JOIN = "enrich: [{table: lojas.csv, key: loja, lookup_key: codigo, columns: [gerente, cidade]%s}]\n"
TEMPLATE = (
    "template: {body: '{{ primeiro_nome }}: {{ gerente | default(\"—\") }}, {{ uf }} {{ ddd }} {{ fuso_horario }}'}\n"
)


def table(bench: Workbench, name: str, content: str = STORES) -> Path:
    path = bench.layout.lookup_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def bodies(bench: Workbench) -> list[str]:
    bench.prepare("a")
    return [row["body"] for row in bench.rows(Asset.MESSAGES, "a")]


@pytest.mark.parametrize("kind", ["csv", "parquet", "duckdb"])
def test_columns_come_from_a_table_by_key(bench: Workbench, kind: str) -> None:
    """Keys as text, trimmed; a key that is not there leaves the columns empty."""
    source = table(bench, "lojas.csv")
    reference = "lojas.csv"
    if kind != "csv":
        reference = f"lojas.{kind}" if kind == "parquet" else "base.duckdb/lojas"
        target = bench.layout.lookup_dir / reference.partition("/")[0]
        read = f"FROM read_csv('{source}', all_varchar = true)"
        with duckdb.connect(str(target) if kind == "duckdb" else ":memory:") as connection:
            connection.execute(f"COPY ({read}) TO '{target}'" if kind == "parquet" else f"CREATE TABLE lojas AS {read}")
    bench.define("a", TEMPLATE + (JOIN % "").replace("lojas.csv", reference))
    bench.drop("a", LIST)
    assert bodies(bench) == [
        "Ana: Rui, SP 11 America/Sao_Paulo",
        "Bia: Sá, PE 81 America/Recife",
        "Caio: —, SP 11 America/Sao_Paulo",
    ]


def test_a_missing_key_can_be_a_rejection(bench: Workbench) -> None:
    """As the definition says; counted under a code of its own."""
    table(bench, "lojas.csv")
    bench.define("a", TEMPLATE + JOIN % ", missing: reject")
    bench.drop("a", LIST)
    assert len(bodies(bench)) == 2
    (refused,) = bench.rows(Asset.REJECTED_RECIPIENTS, "a")
    assert (refused["row_number"], refused["code"], refused["column"]) == (4, "lookup_missing", "loja")


def test_rows_stay_in_their_order_and_once_each(bench: Workbench) -> None:
    """A join must neither multiply nor reorder."""
    table(bench, "lojas.csv", "codigo;gerente;cidade\n" + "".join(f"{n};g{n};c\n" for n in range(500)))
    bench.define("a", "template: {body: '{{ gerente }}'}\n" + JOIN % "")
    bench.drop("a", "id;token;loja\n" + "".join(f"{n};t{n};{n * 7 % 500}\n" for n in range(3_000)))
    assert bodies(bench) == [f"g{n * 7 % 500}" for n in range(3_000)]


@pytest.mark.parametrize(
    ("definition", "content", "sentence"),
    [
        (JOIN % "", None, "lojas.csv"),
        (JOIN % "", "codigo;gerente;cidade\n1;a;b\n1;c;d\n", "codigo"),
        ((JOIN % "").replace("gerente", "chefe"), STORES, "chefe"),
        ((JOIN % "").replace("key: loja", "key: filial"), STORES, "filial"),
        ((JOIN % "").replace("[gerente, cidade]", "[nome]"), "codigo;nome\n1;x\n", "nome"),
        ((JOIN % "").replace("lojas.csv", "../lojas.csv"), STORES, "table"),
    ],
)
def test_what_cannot_be_joined_is_said(bench: Workbench, definition: str, content: str | None, sentence: str) -> None:
    """No table, a key twice, a column that is not there or would hide another, a table outside its folder."""
    if content:
        table(bench, "lojas.csv", content)
    bench.drop("a", LIST)
    with pytest.raises((DefinitionError, InputError)) as caught:
        define_and_prepare(bench, "template: {body: oi}\n" + definition)
    assert sentence in caught.value.text()


def define_and_prepare(bench: Workbench, definition: str) -> None:
    bench.define("a", definition)
    bench.prepare("a")


def test_keys_that_look_alike_are_one(bench: Workbench) -> None:
    """Unseen characters, other spaces, accents apart from their letters and marks of text, on either side."""
    table(bench, "lojas.csv", "codigo;gerente;cidade\nSa\u0303o\u00a0Luís;Rui;a\n08\u200b;Sá;b\n")
    bench.define("a", "template: {body: '{{ gerente | default(\"—\") }}'}\n" + JOIN % "")
    bench.drop("a", 'id;telefone;loja\n1;11987654321;São Luís\u200b\n2;11987654322;"=""08"""\n')
    assert bodies(bench) == ["Rui", "Sá"]


def test_a_stray_quote_gives_nobody_what_is_anothers(bench: Workbench) -> None:
    """A tolerant reader makes one row of two, and the first key gets the second one's values."""
    content = 'codigo;gerente;cidade\n07;"Rui;SP\n8;Sá";Recife\n9;Eva;BH\n10;Lia;RJ\n'
    table(bench, "lojas.csv", content)
    bench.drop("a", LIST)
    with pytest.raises(InputError) as caught:
        define_and_prepare(bench, TEMPLATE + JOIN % "")
    assert caught.value.key == "lookup_rows"
    assert "2, 3" in caught.value.text()


def test_fractions_of_a_database_stay_what_they_are(bench: Workbench) -> None:
    """12.346 is a little more than twelve, and 7.0 is the key 7."""
    bench.layout.lookup_dir.mkdir(parents=True)
    with duckdb.connect(str(bench.layout.lookup_dir / "base.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE lojas AS SELECT 8.0::DOUBLE AS codigo, 12.346::DOUBLE AS gerente, 'x' AS cidade"
        )
    join = (JOIN % "").replace("lojas.csv", "base.duckdb/lojas")
    bench.define("a", "template: {body: '{{ gerente | default(0) | moeda }}'}\n" + join)
    bench.drop("a", "id;telefone;loja\n1;11987654321;8\n")
    assert bodies(bench) == ["R$ 12,35"]


def test_a_table_may_be_a_workbook(bench: Workbench) -> None:
    rows = [["codigo", "gerente", "cidade"], ["07", "Rui", "São Paulo"], [8, "Sá", "Recife"]]
    bench.layout.lookup_dir.mkdir(parents=True)
    (bench.layout.lookup_dir / "lojas.xlsx").write_bytes(workbook(rows))
    bench.define("a", "template: {body: '{{ gerente | default(\"—\") }}'}\n" + (JOIN % "").replace("csv", "xlsx"))
    bench.drop("a", LIST)
    assert bodies(bench) == ["Rui", "Sá", "—"]


@pytest.mark.parametrize(
    "rows",
    [
        [["codigo", "gerente", "cidade"], ["07", "Rui", "SP"], ["8", "capital", "Sá", "Recife"]],
        [["codigo", "gerente", "cidade"], ["07", "Rui", "SP"], ["Total", None, None]],
    ],
    ids=["shifted", "totals"],
)
def test_what_would_be_a_doubt_in_a_list_refuses_a_table(bench: Workbench, rows: list[list[str | None]]) -> None:
    """Nobody looks at the doubts of a lookup."""
    bench.layout.lookup_dir.mkdir(parents=True)
    (bench.layout.lookup_dir / "lojas.xlsx").write_bytes(workbook(rows))
    bench.drop("a", LIST)
    with pytest.raises(InputError) as caught:
        define_and_prepare(bench, TEMPLATE + (JOIN % "").replace("csv", "xlsx"))
    assert caught.value.key == "lookup_unreadable"
