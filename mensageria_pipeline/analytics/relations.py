"""The tables and views of the warehouse, as their SQL files say them.

A file's head is its documentation: the first paragraph describes the relation and its grain, then one line
`-- column: meaning` each. It becomes COMMENT ON in the database, and docs/data-dictionary.md from there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from mensageria_pipeline.contracts.receipts import RECEIPTS
from mensageria_pipeline.contracts.recipients import RejectedRecipients, descriptions
from mensageria_pipeline.contracts.send_results import ATTEMPTS, SEND_RESULTS

TABLES = (
    "campaign_metrics", "outcomes_by_code", "error_rate_by_window", "sends_by_minute", "latency_by_provider",
    "latency_histogram", "row_fates",
)  # fmt: skip
VIEWS = ("send_results", "attempts", "receipts", "rejected_recipients", "dead_letters", "campaigns")

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
        lines = [f"COMMENT ON {kind} {target} IS {_literal(self.comment)}"]
        return lines + [
            f'COMMENT ON COLUMN {target}."{name}" IS {_literal(text)}' for name, text in self.columns.items()
        ]


def relation(name: str) -> Relation:
    kind = "views" if name in VIEWS else "tables"
    statement = (files("mensageria_pipeline.analytics") / "sql" / kind / f"{name}.sql").read_text(encoding="utf-8")
    head = [line.removeprefix("--").strip() for line in statement.splitlines() if line.startswith("--")]
    gap = head.index("")
    columns = dict(re.split(r":\s+", line, maxsplit=1) for line in head[gap + 1 :])
    return Relation(name, statement, " ".join(head[:gap]), {**columns, **_FROM_CONTRACTS.get(name, {})})


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
