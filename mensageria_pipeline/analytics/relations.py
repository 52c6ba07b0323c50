"""The tables and views of the warehouse, as their SQL files say them.

A file's head is its documentation: the first paragraph describes the relation and its grain, then one line
`-- column: meaning` each. It becomes COMMENT ON in the database, and docs/data-dictionary.md from there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mensageria_pipeline.contracts.receipts import ARRIVED, RECEIPTS
from mensageria_pipeline.contracts.recipients import RejectedRecipients, descriptions
from mensageria_pipeline.contracts.send_results import ATTEMPTS, FAILED_VERDICTS, FAILURES, SEND_RESULTS
from mensageria_pipeline.storage.duckdb import literal, query

TABLES = (
    "campaign_metrics",
    "outcomes_by_code",
    "error_rate_by_window",
    "sends_by_minute",
    "latency_by_provider",
    "latency_histogram",
    "row_fates",
)
SOURCES = ("answered_attempts",)
"""Views that tables are computed from, in their order; they are not published."""
SHOWN_METRICS = (
    "mode",
    "edition",
    "provider",
    "channel",
    "messages",
    "accepted",
    "total_failed",
    "unknown",
    "pending",
    "retries",
    "throttled",
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "messages_per_minute",
    "cost",
)
"""Columns of campaign_metrics that Dagster, dashboard and workbook show, in this order. `metric_<column>` in the
catalogue heads each."""
VIEWS = ("send_results", "attempts", "receipts", "rejected_recipients", "dead_letters", "campaigns")

_SETS: Mapping[str, Sequence[str]] = {"failures": FAILURES, "failed_verdicts": FAILED_VERDICTS, "arrived": ARRIVED}
"""Placeholder of a statement → the values it stands for."""
_FROM_CONTRACTS: Mapping[str, Mapping[str, str]] = {
    "send_results": {field.name: (field.metadata or {})[b"comment"].decode() for field in SEND_RESULTS},
    "attempts": {field.name: (field.metadata or {})[b"comment"].decode() for field in ATTEMPTS},
    "receipts": {field.name: (field.metadata or {})[b"comment"].decode() for field in RECEIPTS},
    "rejected_recipients": descriptions(RejectedRecipients),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """One table or view: its SELECT and what its columns mean."""

    name: str
    statement: str
    comment: str
    columns: Mapping[str, str]

    def comments(self, target: str) -> list[str]:
        """The COMMENT ON statements, for the relation called `target`; `kind` is TABLE or VIEW."""
        kind = "VIEW" if self.name in VIEWS else "TABLE"
        lines = [f"COMMENT ON {kind} {target} IS {literal(self.comment)}"]
        return lines + [
            f'COMMENT ON COLUMN {target}."{name}" IS {literal(text)}' for name, text in self.columns.items()
        ]


def statement_of(kind: str, name: str) -> str:
    """The SQL of a source, table or view, with the sets that are defined once beside the enumerations."""
    statement = query("mensageria_pipeline.analytics", f"{kind}/{name}")
    for placeholder, values in _SETS.items():
        statement = statement.replace(f"{{{placeholder}}}", ", ".join(literal(value) for value in values))
    return statement


def relation(name: str) -> Relation:
    statement = statement_of("views" if name in VIEWS else "tables", name)
    head = [line.removeprefix("--").strip() for line in statement.splitlines() if line.startswith("--")]
    gap = head.index("")
    columns = dict(re.split(r":\s+", line, maxsplit=1) for line in head[gap + 1 :])
    return Relation(name, statement, " ".join(head[:gap]), {**columns, **_FROM_CONTRACTS.get(name, {})})
