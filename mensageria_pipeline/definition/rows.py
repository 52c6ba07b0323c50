"""What a campaign asks of its rows, and what it joins to them."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from mensageria_pipeline.definition.fields import LOOKUP_TABLE, Pattern, Strict


class DateRange(Strict):
    """A column holds dates; with bounds, both included."""

    min: date | None = Field(None, description="Earliest date.")
    max: date | None = Field(None, description="Latest date.")


class Rules(Strict):
    """What a campaign asks of its rows beyond an address. Columns are named as in the base, or derived."""

    required: tuple[str, ...] = Field((), description="Columns that must not be empty.")
    allowed: dict[str, tuple[str, ...]] = Field({}, description="Column → the values it may have.")
    matches: dict[str, Pattern] = Field({}, description="Column → a regular expression (RE2) for the whole value.")
    min: dict[str, float] = Field({}, description="Column → least amount.")
    max: dict[str, float] = Field({}, description="Column → greatest amount.")
    dates: dict[str, DateRange] = Field({}, description="Column → that it holds dates, with optional min and max.")


class Missing(StrEnum):
    """What becomes of a row whose key a lookup table does not have."""

    EMPTY = "empty"
    REJECT = "reject"


class Lookup(Strict):
    """Columns joined to each row from a table below data/lookup/."""

    table: str = Field(
        pattern=LOOKUP_TABLE,
        description="cidades.csv (or any other format of lists), or base.duckdb/cidades for a table of a DuckDB file.",
    )
    key: str = Field(description="Column of the base.")
    lookup_key: str | None = Field(None, description="Column of the table. Default: the same name.")
    columns: tuple[str, ...] = Field(min_length=1, description="Columns to bring over.")
    missing: Missing = Field(Missing.EMPTY, description="Rows whose key is not in the table: leave empty, or reject.")
