"""The words that the statements in sql/ put into the report, from the catalogue, in the language in force."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import duckdb

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.storage.duckdb import query
from mensageria_pipeline.texts import Language, current, say

_PACKAGE = "mensageria_pipeline.reports"
_MACROS = ("word", "mode_of", "outcome_of", "delivery_of", "reason_of")
SINGLE = (
    "figure_attempts",
    "figure_edition",
    "figure_receipts",
    "figure_rows",
    "figure_rows_corrected",
    "origin_list",
    "origin_sending",
    "reason_another_row",
    "reason_cancelled",
    "reason_expired",
    "reason_forgotten",
    "reason_invalid_address",
    "reason_opted_out",
    "reason_pending",
    "reason_rejected",
    "reason_render_failed",
    "reason_suppressed",
    "reason_suppressed_by_list",
    "reason_unknown",
    "suggest_new_address",
    "suggest_none",
)
"""Keys that a statement writes out; the others it puts together."""
SUGGESTIONS = (
    "suggest_none",
    "suggest_fill",
    "suggest_edition",
    "suggest_cells",
    "suggest_value",
    "suggest_lookup",
    "suggest_expected",
    "suggest_correct",
)
"""What rejected_recipients may suggest; those that say more stand before those that say less."""


def words() -> Mapping[str, str]:
    """Key → word, of all that the statements ask for."""
    found = {key: say(key) for key in SINGLE}
    found |= {f"mode_{mode}": say(f"mode_{mode}") for mode in Mode}
    found |= {f"delivery_{delivery}": say(f"delivery_{delivery}") for delivery in set(Delivery) - {Delivery.UNLISTED}}
    for outcome in Outcome:
        found |= {f"result_{outcome}": say(f"result_{outcome}")}
        found |= {f"figure_messages_{outcome}": say(f"figure_messages_{outcome}")}
    for fate in Fate:
        found |= {f"figure_rows_{fate}": say(f"figure_rows_{fate}")}
        found |= {f"row_{fate}": say(f"row_{fate}")} if fate is not Fate.PLANNED else {}
    return found


def headings(columns: Sequence[str]) -> list[str]:
    """What people read above columns of the report."""
    return [say(f"column_{name}") for name in columns]


def teach(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the words, the macros that say them, and what turns a kept suggestion into this language."""
    known = words()
    connection.execute("SET VARIABLE words = MAP($keys, $words)", {"keys": list(known), "words": list(known.values())})
    connection.execute("SET VARIABLE language = $language", {"language": current().value})
    for macro in _MACROS:
        connection.execute(query(_PACKAGE, macro))
    if current() is Language.PT_BR:
        connection.execute("CREATE MACRO suggestion_of(suggestion) AS suggestion")
    else:
        connection.create_function("suggestion_of", suggestion_of, ["VARCHAR"], "VARCHAR")


@lru_cache(maxsize=4096)
def suggestion_of(suggestion: str) -> str:
    """A suggestion, which rejected_recipients keeps in Portuguese, in the language in force."""
    for key in SUGGESTIONS:
        values = {"column": "(?P<column>.*)", "expected": "(?P<expected>.*)"}
        marked = say(key, Language.PT_BR, **dict.fromkeys(values, "\0"))
        fields = re.findall(r"\{(\w+)\}", say(key, Language.PT_BR, **{name: f"{{{name}}}" for name in values}))
        pattern = re.escape(marked)
        for name in fields:
            pattern = pattern.replace(re.escape("\0"), values[name], 1)
        if found := re.fullmatch(pattern, suggestion):
            return say(key, **found.groupdict())
    return suggestion
