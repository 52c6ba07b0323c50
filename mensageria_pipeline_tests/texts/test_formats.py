"""Numbers, money, dates and times, as each language writes them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mensageria_pipeline.texts import Language, current, formats, use

AT = datetime(2026, 3, 4, 18, 5, 9, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.fixture(autouse=True)
def _language_as_found() -> Iterator[None]:
    found = current()
    yield
    use(found)


@pytest.mark.parametrize(
    ("shown", "portuguese", "english"),
    [
        (lambda: formats.integer(999), "999", "999"),
        (lambda: formats.integer(-1_234_567), "-1.234.567", "-1,234,567"),
        (lambda: formats.decimal(1234.56), "1.234,6", "1,234.6"),
        (lambda: formats.decimal(0.5, 2), "0,50", "0.50"),
        (lambda: formats.number(None), "–", "–"),
        (lambda: formats.number("12-a"), "12-a", "12-a"),
        (lambda: formats.number(12_345), "12.345", "12,345"),
        (lambda: formats.percent(0.256), "26%", "26%"),
        (lambda: formats.percent(0.256, 1), "25,6%", "25.6%"),
        (lambda: formats.money(1234.5), "R$\xa01.234,50", "R$1,234.50"),
        (lambda: formats.day(date(2026, 3, 4)), "04/03/2026", "04 Mar 2026"),
        (lambda: formats.moment(AT, ZONE), "04/03/2026 15:05", "04 Mar 2026 15:05"),
        (lambda: formats.moment(AT, ZONE, seconds=True), "04/03/2026 15:05:09", "04 Mar 2026 15:05:09"),
        (lambda: formats.moment(None), "–", "–"),
        (lambda: formats.duration(7384), "2 h 03 min", "2 h 03 min"),
        (lambda: formats.duration(61), "1 min 01 s", "1 min 01 s"),
        (lambda: formats.duration(5), "5 s", "5 s"),
    ],
)
def test_each_language_writes_it_in_its_own_way(shown: Callable[[], str], portuguese: str, english: str) -> None:
    """An operator must not read 1.234 as a little more than one."""
    use(Language.PT_BR)
    assert shown() == portuguese
    use(Language.EN)
    assert shown() == english


def test_a_moment_names_its_place_where_clocks_differ_from_those_of_brasilia() -> None:
    at = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    assert formats.moment(at) == "26/11/2026 12:00"
    assert formats.moment(at, ZoneInfo("America/Manaus")) == "26/11/2026 11:00 (Manaus)"
    assert formats.moment(at, ZoneInfo("America/Fortaleza")) == "26/11/2026 12:00", "its clocks show the same"
