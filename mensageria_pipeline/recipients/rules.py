"""A campaign's own rules, compiled to pandera checks; a row's reason comes from the same mask as the check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from unicodedata import normalize

import pandas as pd
import pandera.pandas as pa

from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.values import amount_of, date_of
from mensageria_pipeline.definition.rows import DateRange, Rules
from mensageria_pipeline.errors import DefinitionError

Passes = Callable[["pd.Series[str]"], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class RowRule:
    """One rule over one column. Empty cells pass all but `required`."""

    column: str
    code: str
    passes: Passes
    expected: str = ""
    """What the column takes, for the sentence."""


def compile_rules(rules: Rules, columns: Sequence[str]) -> list[RowRule]:
    """The rules over the columns of a base. Raises DefinitionError for a column that is not there."""
    by_name = {header_key(column): column for column in reversed(columns)}

    def column_of(name: str) -> str:
        if header_key(name) not in by_name:
            raise DefinitionError("rule_column_missing", column=name, found=", ".join(shown_headers(columns)))
        return by_name[header_key(name)]

    found = [RowRule(column_of(name), ReasonCode.MISSING_FIELD, lambda cells: cells != "") for name in rules.required]
    for name, values in rules.allowed.items():
        found.append(RowRule(column_of(name), ReasonCode.NOT_ALLOWED, _allowed(values), ", ".join(values)))
    for name, pattern in rules.matches.items():
        found.append(RowRule(column_of(name), ReasonCode.NO_MATCH, _matches(pattern), pattern))
    for name in dict.fromkeys([*rules.min, *rules.max]):
        low, high = rules.min.get(name), rules.max.get(name)
        found.append(RowRule(column_of(name), ReasonCode.OUT_OF_RANGE, _amounts(low, high), _bounds(low, high)))
    for name, bounds in rules.dates.items():
        found.append(RowRule(column_of(name), ReasonCode.NOT_A_DATE, _dates(bounds), _bounds(bounds.min, bounds.max)))
    return found


def contract_of(rules: Sequence[RowRule]) -> pa.DataFrameSchema:
    """The rules as a pandera schema, which rows that pass must fulfil."""
    columns: dict[str, list[pa.Check]] = {}
    for rule in rules:
        columns.setdefault(rule.column, []).append(pa.Check(rule.passes, name=rule.code))
    return pa.DataFrameSchema({column: pa.Column(str, checks) for column, checks in columns.items()})


def _allowed(values: Sequence[str]) -> Passes:
    folded = {normalize("NFC", value).casefold() for value in values}
    return lambda cells: (cells == "") | cells.str.casefold().isin(folded)


def _matches(pattern: str) -> Passes:
    return lambda cells: (cells == "") | cells.str.fullmatch(f"(?:{normalize('NFC', pattern)})")


def _amounts(low: float | None, high: float | None) -> Passes:
    def passes(text: str) -> bool:
        try:
            amount = amount_of(text)
        except ValueError:
            return False
        return (low is None or amount >= Decimal(str(low))) and (high is None or amount <= Decimal(str(high)))

    return _mapped(passes)


def _dates(bounds: DateRange) -> Passes:
    def passes(text: str) -> bool:
        try:
            found = date_of(text)
        except ValueError:
            return False
        return (bounds.min is None or found >= bounds.min) and (bounds.max is None or found <= bounds.max)

    return _mapped(passes)


def _mapped(passes: Callable[[str], bool]) -> Passes:
    """Each distinct value is looked at once."""

    def mask(cells: "pd.Series[str]") -> "pd.Series[bool]":
        known = {value: not value or passes(value) for value in cells.unique().tolist()}
        return cells.map(known).astype("bool")

    return mask


def _bounds(low: float | date | None, high: float | date | None) -> str:
    shown = [f"{sign} {_shown(bound)}" for sign, bound in (("≥", low), ("≤", high)) if bound is not None]
    return ", ".join(shown) or "23/11/2026"


def _shown(bound: float | date) -> str:
    return bound.strftime("%d/%m/%Y") if isinstance(bound, date) else f"{bound:g}"
