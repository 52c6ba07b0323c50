"""The address, channel and person of each row, normalized; and the first rule each row breaks.

Columns in and out are text; a rule is a vectorized mask with a code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mensageria_pipeline.contracts.clean_text import EDGES, TEXT_MARKS
from mensageria_pipeline.contracts.columns import Role, Roles
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.values import LOST_DIGITS, NULL_WORDS
from mensageria_pipeline.recipients.addressing import AcceptedKinds, addressed, judge_all
from mensageria_pipeline.recipients.identities import (
    clean_keys,
    is_error,
)
from mensageria_pipeline.recipients.persons import documents, persons
from mensageria_pipeline.recipients.rejections import reject
from mensageria_pipeline.recipients.rules import RowRule

_LONGEST_NULL = max(map(len, NULL_WORDS))


@dataclass(frozen=True, slots=True)
class TextNeeds:
    """What the message's text asks of a base."""

    required: Sequence[str] = ()
    """Columns whose cells must not be empty."""
    used: Sequence[str] = ()
    """Columns whose values may fail to become text, such as an amount; empty when none can."""
    can_render: Callable[[Mapping[str, str], str], bool] = lambda _cells, _channel: True
    """Whether a row's cells, by column, become the text of a message on a channel."""
    columns: Sequence[str] = ()
    """All columns that the text uses."""


@dataclass(frozen=True, slots=True)
class Demands:
    """All that a campaign asks of one base's rows."""

    roles: Roles
    needs: TextNeeds = TextNeeds()
    rules: Sequence[RowRule] = ()
    surplus: Sequence[str] = ()
    """Columns beyond the header: a row with a value there has its cells out of place."""
    lookups: Mapping[str, str] = field(default_factory=dict)
    """Column that says whether a lookup table knew the row's key → the base's key column."""
    accepted_kinds: AcceptedKinds = lambda _channel: None

    def columns(self) -> list[str]:
        """The columns that judging looks at, each once."""
        named = [
            *self.roles.headers.values(),
            *self.needs.required,
            *self.needs.used,
            *self.needs.columns,
            *self.surplus,
        ]
        named += [*(rule.column for rule in self.rules), *self.lookups, *self.lookups.values()]
        return list(dict.fromkeys(named))


def trimmed(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells without white space and unseen characters around them, and without a spreadsheet's marks of text; empty
    ones, and words for nothing (NULL, #N/D), as empty text."""
    texts = rows.astype("str").fillna("")
    return pd.DataFrame({name: _without_null_words(_unmarked(texts[name].str.strip(EDGES))) for name in texts.columns})


def _unmarked(cells: "pd.Series[str]") -> "pd.Series[str]":
    """`="0012"` and `'0012` are how a spreadsheet says that 0012 is text."""
    for first, form in TEXT_MARKS.items():
        marked = cells.str.startswith(first)
        if marked.any():
            cells = cells.mask(marked, cells.str.replace(form, r"\1", regex=True))
    return cells


def _without_null_words(cells: "pd.Series[str]") -> "pd.Series[str]":
    is_short = cells.str.len() <= _LONGEST_NULL
    if not is_short.any():
        return cells
    return cells.mask(is_short & cells.str.lower().isin(NULL_WORDS), "")


def normalize(cells: pd.DataFrame, demands: Demands) -> pd.DataFrame:
    """Per row: channel, address, address_kind, person, person_kind, known_as, document, code, column, value,
    suggestion, and whether unseen characters were taken out of what it names somebody by.

    `cells` holds trimmed columns. `code` is empty for a row that breaks no rule; `column` and `value` are the
    offending cell's. `address` is empty where there is none that a message could go to.
    """
    roles, needs = demands.roles, demands.needs
    cells, cleaned = _with_clean_keys(cells, roles)
    judged = addressed(cells, roles)
    judged["cleaned"] = cleaned
    for header in demands.surplus:
        reject(judged, cells[header] != "", ReasonCode.EXTRA_CELLS, header, cells[header])
    judge_all(judged, demands.accepted_kinds)
    judged["person_kind"], judged["known_as"] = persons(cells, roles, judged)
    judged["document"] = documents(cells, roles)
    judged["address"] = judged["address"].mask(judged["code"] != "", "")
    judged["person"] = judged["known_as"].where(judged["known_as"] != "", judged["address"])
    for known, key in demands.lookups.items():
        reject(judged, is_error(cells[key]), ReasonCode.ERROR_VALUE, key, cells[key])
        reject(judged, cells[known] == "", ReasonCode.LOOKUP_MISSING, key, cells[key])
    shown = [header for header in needs.columns if header in cells]
    for header in dict.fromkeys([*shown, *(rule.column for rule in demands.rules)]):
        reject(judged, is_error(cells[header]), ReasonCode.ERROR_VALUE, header, cells[header])
    for header in needs.required:
        reject(judged, cells[header] == "", ReasonCode.MISSING_FIELD, header, cells[header])
    for rule in demands.rules:
        reject(judged, ~rule.passes(cells[rule.column]), rule.code, rule.column, cells[rule.column], rule.expected)
    for header in shown:
        reject(judged, _is_rounded(cells[header]), ReasonCode.VALUE_LOST_DIGITS, header, cells[header])
    if needs.used:
        reject(judged, _unrenderable(cells, judged, needs), ReasonCode.UNRENDERABLE, ", ".join(needs.used))
    return judged


def _is_rounded(cells: "pd.Series[str]") -> "pd.Series[bool]":
    suspect = cells.str.contains("+", regex=False)
    return suspect & cells.str.fullmatch(LOST_DIGITS) if suspect.any() else suspect


def _with_clean_keys(cells: pd.DataFrame, roles: Roles) -> tuple[pd.DataFrame, "pd.Series[bool]"]:
    """The cells with clean ids, documents and addresses, and which rows had any to clean."""
    cleaned = pd.Series(data=False, index=cells.index)
    changed: dict[str, pd.Series[str]] = {}
    for header in (header for role, header in roles.headers.items() if role not in {Role.NAME, Role.CHANNEL}):
        clean = clean_keys(cells[header])
        if clean is not cells[header] and (differs := clean != cells[header]).any():
            changed[header] = clean
            cleaned |= differs
    return cells.assign(**changed) if changed else cells, cleaned


def _unrenderable(cells: pd.DataFrame, judged: pd.DataFrame, needs: TextNeeds) -> "pd.Series[bool]":
    columns = [cells[header].tolist() for header in needs.used]
    rows = zip(judged["code"].tolist(), judged["channel"].tolist(), *columns, strict=True)
    return pd.Series(
        [
            not code and not needs.can_render(dict(zip(needs.used, values, strict=True)), channel)
            for code, channel, *values in rows
        ],
        index=cells.index,
    )
