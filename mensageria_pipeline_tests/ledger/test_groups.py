"""Values go to statements in groups: each once, in order, and never too many together."""

from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.ledger.groups import grouped


@given(st.lists(st.integers()), st.integers(1, 7))
def test_every_value_is_in_one_group(values: list[int], size: int) -> None:
    """None is left out where a group ends, and no values make no statement."""
    groups = list(grouped(values, size))
    assert [value for group in groups for value in group] == values
    assert all(1 <= len(group) <= size for group in groups)
