"""Rows that are not messaged: each with a sentence in both languages and what to do about it."""

from collections.abc import Mapping
from functools import lru_cache

import pandas as pd
import pyarrow as pa

from mensageria_pipeline.contracts.recipients import RejectedRecipients, arrow_schema
from mensageria_pipeline.texts import Language, say

_FILL = frozenset({"missing_address", "missing_field"})
_CORRECT = (
    "invalid_",
    "unknown_",
    "phone_",
    "token_",
    "id_lost",
    "email_typo",
    "not_",
    "no_match",
    "out_of",
    "unrender",
)


def refusals(
    table: pa.Table,
    fated: pd.DataFrame,
    files: Mapping[int, tuple[str, str]],
    referred: Mapping[int, tuple[int, int]],
    superseded: Mapping[int, str],
) -> pa.Table:
    """The rows of rejected_recipients, for rows of a chunk and their fates.

    `files` gives hash and name of each intake, `referred` the rows that others duplicate, `superseded` corrections.
    """
    frame = table.to_pandas()
    others = [referred.get(position) for position in fated["refers_to"].tolist()]
    other_files = [files[other[0]] if other else ("", "") for other in others]
    rows = [other[1] if other else 0 for other in others]
    # A rejected row names the column at fault; a duplicate has none at fault.
    columns = frame["column"].tolist()
    cells = zip(fated["code"].tolist(), columns, rows, (name for _, name in other_files), frame["expected"].tolist(),
                frame["correction"].tolist(), strict=True)  # fmt: skip
    sentences = [_sentences(*each) for each in cells]
    return pa.table(
        {
            "intake": [files[number][0] for number in frame["intake"].tolist()],
            "file_name": [files[number][1] for number in frame["intake"].tolist()],
            "row_number": frame["row_number"],
            "fate": fated["fate"].to_numpy(),
            "code": fated["code"].to_numpy(),
            "column": columns,
            "value_masked": frame["value_masked"],
            "reason": [each[0] for each in sentences],
            "reason_en": [each[1] for each in sentences],
            "suggestion": [each[2] for each in sentences],
            "correction": frame["correction"],
            "person": frame["known_as"],
            "channel": frame["channel"],
            "refers_to_intake": [content_hash for content_hash, _ in other_files],
            "refers_to_row": rows,
            "superseded_by": [superseded.get(position, "") for position in frame["position"].tolist()],
        },
        schema=arrow_schema(RejectedRecipients),
    )


@lru_cache(maxsize=4096)
def _sentences(code: str, column: str, row: int, file: str, expected: str, correction: str) -> tuple[str, str, str]:
    """The reason in Portuguese and in English, and the suggestion."""
    values = {"column": column, "row": row, "file": file, "expected": expected}
    reasons = [say(code, language, **values) for language in (Language.PT_BR, Language.EN)]
    return reasons[0], reasons[1], _suggestion(code, column, expected, correction)


def _suggestion(code: str, column: str, expected: str, correction: str) -> str:
    key = "suggest_none"
    if correction:
        key = "suggest_value"
    elif code in _FILL:
        key = "suggest_fill"
    elif code == "id_conflict":
        key = "suggest_edition"
    elif code == "extra_cells":
        key = "suggest_cells"
    elif code == "lookup_missing":
        key = "suggest_lookup"
    elif code.startswith(_CORRECT):
        key = "suggest_expected" if expected else "suggest_correct"
    return say(key, Language.PT_BR, column=column, expected=expected, value=correction)
