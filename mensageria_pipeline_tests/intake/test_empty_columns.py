"""A column that is empty in the whole list is no address column beside others."""

import pyarrow as pa
import pytest

from mensageria_pipeline.contracts.columns import Channel, recognize
from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.empty_columns import EmptyColumns
from mensageria_pipeline.intake.inspection import inspect_file
from mensageria_pipeline_tests.workbench import Workbench

HEADERS = ("nome", "email", "telefone")


def test_a_column_is_empty_until_a_row_has_a_value() -> None:
    """Null, nothing and blanks are no values; later chunks count too."""
    columns = EmptyColumns(["a", "b", "c"])
    chunks = [
        pa.table({"a": [None, ""], "b": pa.array([None, None], pa.string()), "c": [" ", ""]}),
        pa.table({"a": ["x", ""], "b": pa.array([None, None], pa.string()), "c": ["\t", None]}),
    ]
    assert len(list(columns.of(chunks))) == 2
    assert columns.names == ("b", "c")


@pytest.mark.parametrize(
    ("empty", "channel"),
    [(("telefone",), Channel.EMAIL), (("email",), Channel.SMS)],
)
def test_the_column_with_values_says_the_channel(empty: tuple[str, ...], channel: Channel) -> None:
    assert recognize(HEADERS, {}, None, empty).default_channel is channel


def test_nothing_is_passed_over_where_nothing_else_is_left() -> None:
    """Two empty address columns say no channel; a single one keeps its role, and its rows say what they lack."""
    with pytest.raises(InputError) as caught:
        recognize(HEADERS, {}, None, ("email", "telefone"))
    assert caught.value.key == "ambiguous_channel"
    assert recognize(("nome", "email"), {}, None, ("email",)).default_channel is Channel.EMAIL


def test_of_two_columns_of_one_name_the_one_with_values_counts() -> None:
    found = recognize(("email", "nome", "email_2"), {}, None, ("email",))
    assert found.headers["email"] == "email_2"  # type: ignore[index]


def test_a_list_with_an_empty_phone_column_goes_out_by_e_mail(bench: Workbench) -> None:
    """From the file to the messages; what `inspect` shows agrees."""
    text = "nome;email;telefone\n" + "".join(f"P{n};p{n}@exemplo.com;\n" for n in range(3))
    bench.define("a")
    path = bench.drop("a", text)
    bench.ingest("a")
    assert bench.validate("a").fates[Fate.PLANNED] == 3
    (intake,) = list_intakes(bench.layout, "a")
    assert intake.empty == ("telefone",)
    found = inspect_file(path, CampaignDefinition(), bench.project.settings.limits)
    assert (found.problem, found.channel) == (None, "email")


def test_a_list_with_both_still_needs_a_word(bench: Workbench) -> None:
    """And nothing of it is taken in before."""
    bench.define("a")
    bench.drop("a", "nome;email;telefone\nAna;ana@exemplo.com;11999990000\n")
    with pytest.raises(InputError):
        bench.prepare("a")
    assert list_intakes(bench.layout, "a") == []
