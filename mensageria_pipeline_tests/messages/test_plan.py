"""messages: one per recipient, with an id that depends on who and what for, never on the text."""

import pyarrow.parquet as pq
import pytest

from mensageria_pipeline.errors import StaleInputError, TemplateError
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench


def messages(bench: Workbench, campaign: str = "a") -> list[dict[str, object]]:
    path = bench.layout.partition_dir(Asset.MESSAGES, campaign) / "part-0.parquet"
    return list(pq.ParquetFile(path).read().to_pylist())


def ids(bench: Workbench, definition: str, campaign: str = "a") -> list[object]:
    bench.define(campaign, definition)
    bench.drop(campaign)
    bench.prepare(campaign)
    return [message["message_id"] for message in messages(bench, campaign)]


def test_every_recipient_gets_one_rendered_message(bench: Workbench) -> None:
    """Rendered with the row's own cells."""
    bench.define("a", "template: {title: 'Oi', body: 'Olá, {{ nome }}', data: {id: '{{ id }}'}}\n")
    bench.drop("a")
    bench.prepare("a")
    first = messages(bench)[0]
    assert (first["title"], first["body"], first["data"]) == ("Oi", "Olá, Ana", '{"id": "1"}')
    assert (first["mode"], first["provider"], first["edition"]) == ("simulated", "simulated", 1)


def test_ids_do_not_depend_on_the_text_or_on_how_it_is_sent(bench: Workbench) -> None:
    """Correcting a typo resends nothing; neither does another rate or provider."""
    before = ids(bench, SIMPLE_DEFINITION)
    assert ids(bench, "template: {title: Outro, body: 'Corrigido {{ nome }}'}\nrate_per_s: 5\n") == before
    assert ids(bench, SIMPLE_DEFINITION + "provider: http\n") == before


def test_ids_differ_by_edition_campaign_and_installation(bench: Workbench, tmp_path: object) -> None:
    """A new edition messages everybody again; no id is the same elsewhere."""
    first = set(ids(bench, SIMPLE_DEFINITION))
    assert not first & set(ids(bench, SIMPLE_DEFINITION + "edition: 2\n"))
    assert not first & set(ids(bench, SIMPLE_DEFINITION, "b"))
    assert len(first) == 3


def test_ids_cannot_be_made_without_the_ledgers_key(bench: Workbench) -> None:
    """Trying all CPFs does not reverse an id: the key is secret and random."""
    assert len(bench.project.ledger.key) == 32
    other = Workbench(type(bench.project)(bench.project.settings))
    assert other.project.ledger.key == bench.project.ledger.key


def test_every_intake_must_have_the_columns(bench: Workbench) -> None:
    """A second list without the column is found before anything is rendered."""
    bench.define("a")
    bench.drop("a")
    bench.drop("a", "id;token\n9;t9\n", "sem-nome.csv")
    with pytest.raises(TemplateError, match=r"usa nome, que a base não tem.*Ela tem: id, token"):
        bench.prepare("a")


def test_a_missing_step_is_named(bench: Workbench) -> None:
    """messages launched alone says what to materialize."""
    with pytest.raises(StaleInputError, match="validated_recipients de a ainda não foi materializado"):
        bench.plan("a")
