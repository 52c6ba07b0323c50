"""The journal of a campaign: append-only lines, an intent before each request and an answer after."""

from mensageria_pipeline.ledger.journal.journal import Journal
from mensageria_pipeline.ledger.journal.lines import (
    LEDGER_ID,
    SCHEMA,
    Event,
    LatestLine,
    Line,
    now_us,
    provider_of,
    route_of,
)
from mensageria_pipeline.ledger.journal.shard import Shard

__all__ = [
    "LEDGER_ID",
    "SCHEMA",
    "Event",
    "Journal",
    "LatestLine",
    "Line",
    "Shard",
    "now_us",
    "provider_of",
    "route_of",
]
