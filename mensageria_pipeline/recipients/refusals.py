"""Rows that are not messaged: each with a sentence in both languages and what to do about it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pandas as pd
import pyarrow as pa

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.recipients import RejectedRecipients, arrow_schema
from mensageria_pipeline.texts import Language


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
    names = [name for _, name in other_files]
    sentences = [_sentences(*each) for each in zip(fated["code"].tolist(), *_told(frame, rows, names), strict=True)]
    return pa.table(
        {
            "intake": [files[number][0] for number in frame["intake"].tolist()],
            "file_name": [files[number][1] for number in frame["intake"].tolist()],
            "row_number": frame["row_number"],
            "fate": fated["fate"].to_numpy(),
            "code": fated["code"].to_numpy(),
            "column": frame["column"],
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


def _told(frame: pd.DataFrame, rows: list[int], names: list[str]) -> tuple[list[Any], ...]:
    """What sentences name beside the code: a rejected row's column at fault, the row that a duplicate repeats."""
    return frame["column"].tolist(), rows, names, frame["expected"].tolist(), frame["correction"].tolist()


@lru_cache(maxsize=4096)
def _sentences(code: str, column: str, row: int, file: str, expected: str, correction: str) -> tuple[str, str, str]:
    """The reason in Portuguese and in English, and the suggestion."""
    reason, values = ReasonCode(code), {"column": column, "row": row, "file": file, "expected": expected}
    portuguese, english = (reason.sentence(language, **values) for language in (Language.PT_BR, Language.EN))
    return portuguese, english, reason.advice(column, expected, correction)
