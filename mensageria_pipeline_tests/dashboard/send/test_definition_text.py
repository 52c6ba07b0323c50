"""A definition that the page changes keeps what a person wrote around it, and says just what was chosen."""

from datetime import datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mensageria_pipeline.dashboard.send.definition_text import changed_text

TEXT = """\
# Natal: aprovada pelo marketing
name: Natal
provider: zenvia   # contrato até 2027
template:
  title: Oi
  # o texto do jurídico
  body: "Olá, {{ nome }}!"
send_window:
  hours: 09:00-20:00
"""
_PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30)
_LINES = st.lists(_PLAIN, min_size=2, max_size=4).map("\n".join)
_VALUES = st.one_of(
    _PLAIN, _LINES, st.integers(-5, 5), st.booleans(), st.sampled_from(["no", "1:30", "2026-01-01", "~", "12", "1e3"])
)
_SAID = st.dictionaries(
    st.sampled_from(["name", "provider", "template", "columns", "rate_per_s", "sheet"]),
    st.one_of(_VALUES, st.dictionaries(st.sampled_from(["title", "body", "sms"]), _VALUES, max_size=3)),
    max_size=5,
)


def test_comments_stay_where_they_are() -> None:
    """And so does everything that was not changed, letter for letter."""
    said = yaml.safe_load(TEXT)
    said["template"]["body"] = "Outro texto"
    said["rate_per_s"] = 5
    text = changed_text(TEXT, said)
    assert text == TEXT.replace('"Olá, {{ nome }}!"', '"Outro texto"') + "rate_per_s: 5\n"


def test_what_is_not_said_any_more_goes() -> None:
    said = yaml.safe_load(TEXT)
    del said["send_window"], said["template"]["title"]
    text = changed_text(TEXT, said)
    assert "send_window" not in text
    assert "title" not in text
    assert "# Natal: aprovada pelo marketing" in text


@pytest.mark.parametrize(
    "value", ["no", "yes", "09:00", "1:30", "2026-12-24", "0800", "~", "", "a: b", "- x", "{{ nome }}"]
)
def test_text_stays_text_for_every_reader(value: str) -> None:
    """YAML 1.1 reads 1:30 as ninety, and `no` as false."""
    assert yaml.safe_load(changed_text("", {"sheet": value})) == {"sheet": value}


def test_dates_stay_dates() -> None:
    said: dict[str, Any] = {"send_window": {"not_before": datetime(2026, 12, 1, 9, 30)}}  # noqa: DTZ001
    assert yaml.safe_load(changed_text(TEXT, said)) == said


@given(_SAID, st.sampled_from(["", TEXT, "a: [\n", "name: x\nname: y\n", "- 1\n"]))
def test_it_says_just_what_was_chosen(said: dict[str, Any], before: str) -> None:
    """Whatever stood there, also what is no definition at all."""
    assert yaml.safe_load(changed_text(before, said)) == (said or {})
