"""What the keys of a definition take: types with their limits, and what to write instead for each of them."""

from datetime import UTC, datetime
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from mensageria_pipeline.contracts.doubts import DOUBTS
from mensageria_pipeline.contracts.mailbox import ascii_url, is_mailbox


class Strict(BaseModel):
    """A part of a definition: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


HOURS = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"
LOOKUP_TABLE = r"^[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_-]+)?$"
FILE_NAME = r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*$"
HTTPS_LINK = r"^https://\S+$"
EXPECTED_BY_PATTERN = {
    HOURS: "expected_hours",
    LOOKUP_TABLE: "expected_lookup_table",
    FILE_NAME: "expected_file_name",
    HTTPS_LINK: "expected_https_link",
}
"""Pattern of a key → what to write instead, as a key of the catalogue. A pattern without one fails a test."""


def _valid_pattern(pattern: str) -> str:
    """RE2's syntax: a pattern of an operator must not be able to take for ever."""
    try:
        pc.match_substring_regex(pa.array([""]), f"^(?:{pattern})$")
    except pa.ArrowInvalid:
        raise ValueError("pattern") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_valid_pattern)]


def _valid_mailbox(text: str) -> str:
    if not is_mailbox(text):
        raise ValueError("mailbox")
    return text


def _valid_link(text: str) -> str:
    ascii_url(text)
    return text


Mailbox = Annotated[str, AfterValidator(_valid_mailbox)]
FileName = Annotated[str, Field(pattern=FILE_NAME)]
"""A file beside the definition: never a path."""
Link = Annotated[str, AfterValidator(_valid_link)]
Rate = Annotated[float, Field(ge=0, le=1)]
RatePerS = Annotated[float, Field(gt=0, le=100_000)]
Reais = Annotated[float, Field(ge=0, le=1_000)]


def _valid_cron(expression: str) -> str:
    try:
        CronSim(expression, datetime.now(UTC))
    except CronSimError:
        raise ValueError("cron") from None
    if len(expression.split()) != 5:  # occurrences are named by the minute
        raise ValueError("cron")
    return expression


Cron = Annotated[str, AfterValidator(_valid_cron)]


def _known_doubt(name: str) -> str:
    if name not in DOUBTS:
        raise ValueError("doubt")
    return name


DoubtName = Annotated[str, AfterValidator(_known_doubt), WithJsonSchema({"type": "string", "enum": list(DOUBTS)})]
