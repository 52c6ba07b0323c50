"""Numbers, money, dates and times as people read them in the language in force, by Babel's CLDR data.

Babel is imported where it is first needed: it takes as long to import as everything else that `--help` needs.
"""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from mensageria_pipeline.texts.language import Language, current

NOTHING = "–"
"""What stands for a value that is not there."""
CURRENCY = "BRL"
BRASILIA = ZoneInfo("America/Sao_Paulo")
"""The time of those who read, where nothing says which is meant."""
_SHORT = 1_000


def integer(value: int, language: Language | None = None) -> str:
    """A whole number with thousands separators."""
    if -_SHORT < value < _SHORT:  # as most are; needs no Babel
        return str(int(value))
    return decimal(value, 0, language)


def decimal(value: float, digits: int = 1, language: Language | None = None) -> str:
    """A number with exactly so many digits after the decimal sign."""
    from babel.numbers import format_decimal  # noqa: PLC0415

    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, pattern, locale=(language or current()).locale))


def number(value: object, digits: int = 0) -> str:
    """Whatever a table's cell holds: numbers as `decimal`, texts as they are, a dash for nothing."""
    if value is None:
        return NOTHING
    return decimal(value, digits) if isinstance(value, int | float) else str(value)


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 as percentage."""
    from babel.numbers import format_percent  # noqa: PLC0415

    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return str(format_percent(share, pattern, locale=current().locale))


def money(amount: float) -> str:
    """An amount in reais, which prices of messages are in."""
    from babel.numbers import format_currency  # noqa: PLC0415

    return str(format_currency(amount, CURRENCY, locale=current().locale))


def enumeration(parts: Sequence[str]) -> str:
    """Parts of a sentence, the last after "and"; empty for none."""
    from babel.lists import format_list  # noqa: PLC0415

    return str(format_list(parts, locale=current().locale))


def day(value: date) -> str:
    """A date, in four digits of the year."""
    from babel.dates import format_date  # noqa: PLC0415

    return str(format_date(value, _DAY[current()], locale=current().locale))


def moment(value: datetime | None, zone: tzinfo = BRASILIA, *, seconds: bool = False) -> str:
    """A date and a time in `zone`, whose place is named where its clocks show another time; a dash for none."""
    from babel.dates import format_datetime  # noqa: PLC0415

    if value is None:
        return NOTHING
    pattern = f"{_DAY[current()]} HH:mm{':ss' if seconds else ''}"
    shown = str(format_datetime(value.astimezone(zone).replace(tzinfo=None), pattern, locale=current().locale))
    return shown if _agree(value, zone) else f"{shown} ({place(zone)})"


def place(zone: tzinfo) -> str:
    """Where a zone's clocks stand: its city."""
    from babel.dates import get_timezone_location  # noqa: PLC0415

    return str(get_timezone_location(zone, locale=current().locale, return_city=True))


def _agree(value: datetime, zone: tzinfo) -> bool:
    return value.astimezone(zone).utcoffset() == value.astimezone(BRASILIA).utcoffset()


def clock(value: datetime, zone: tzinfo) -> str:
    """A time of the day in `zone`, to the second."""
    return value.astimezone(zone).strftime("%H:%M:%S")


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, the two largest of them; their signs are the same in both languages."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


_DAY = {Language.PT_BR: "dd/MM/yyyy", Language.EN: "dd MMM yyyy"}
"""CLDR patterns. English names the month: 03/04 is two days, depending on who reads."""
