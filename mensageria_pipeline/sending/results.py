"""The journal and the plan, joined: send_results and attempts, and the counts of a campaign at any moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from mensageria_pipeline.contracts.dataset import BATCH_ROWS, Stamp, write_dataset
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.queries import query
from mensageria_pipeline.contracts.send_results import ATTEMPTS, FINAL_OUTCOMES, SEND_RESULTS, Outcome
from mensageria_pipeline.sending.deliveries import NONE
from mensageria_pipeline.sending.ledger.journal import Journal
from mensageria_pipeline.sending.look import add_deliveries, connect, read_journal

_PACKAGE = "mensageria_pipeline.sending"


@dataclass(slots=True)
class Tally:
    """The messages of a plan, counted. Conserved: messages = final outcomes + unknown + pending."""

    messages: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: {outcome.value: 0 for outcome in FINAL_OUTCOMES})
    unknown: int = 0
    pending: int = 0
    attempts: int = 0

    @property
    def is_conserved(self) -> bool:
        return self.messages == sum(self.outcomes.values()) + self.unknown + self.pending

    @property
    def is_complete(self) -> bool:
        return self.unknown == 0 and self.pending == 0


class Results:
    """One look at a plan and its journal. A context manager; the journal is read once, on entering."""

    def __init__(self, plan: Path, journal: Journal, as_mode: Mode | None = None, deliveries: pa.Table = NONE) -> None:
        """`as_mode` looks at the plan as if its messages were of that mode: what is there still to be sent live?"""
        self._plan, self._journal, self._as_mode, self._deliveries = plan, journal, as_mode, deliveries

    def __enter__(self) -> "Results":
        self._connection = connect(self._plan, self._as_mode)
        add_deliveries(self._connection, self._deliveries)
        read_journal(self._connection, self._journal, with_answers=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def modes(self) -> list[Mode]:
        """The modes of the plan's messages, live first."""
        rows = self._connection.execute("SELECT DISTINCT mode FROM plan ORDER BY mode").fetchall()
        return [Mode(row[0]) for row in rows]

    def tally(self) -> Tally:
        """The plan's messages in their own modes."""
        tally = Tally()
        for mode in self.modes():
            statement = query(_PACKAGE, "send_results")
            counted = f"SELECT outcome, count(*), sum(attempts) FROM ({statement}) GROUP BY outcome"  # noqa: S608
            for outcome, count, attempts in self._connection.execute(counted, {"mode": mode.value}).fetchall():
                _count(tally, Outcome(outcome), count, int(attempts))
        return tally

    def latencies(self) -> list[tuple[Any, ...]]:
        """Request to answer of the attempts that decided: provider, answers, mean, p50, p95 and p99 in ms."""
        return self._connection.execute(query(_PACKAGE, "latencies")).fetchall()

    def export(
        self, layout: Layout, partition: str, inputs: Mapping[str, str], facts: Mapping[str, object]
    ) -> list[Stamp]:
        """Write send_results and attempts of the plan: one file per edition and mode, so that history stays."""
        stamps = []
        for mode in self.modes():
            edition = self._connection.execute("SELECT any_value(edition) FROM plan").fetchall()[0][0]
            for asset, schema in ((Asset.ATTEMPTS, ATTEMPTS), (Asset.SEND_RESULTS, SEND_RESULTS)):
                relation = self._connection.sql(query(_PACKAGE, asset.value), params={"mode": mode.value})
                path = layout.partition_dir(asset, partition) / f"edition-{edition}-{mode.value}.parquet"
                stamp = write_dataset(path, schema, relation.to_arrow_reader(BATCH_ROWS), inputs=inputs, facts=facts)
            stamps.append(stamp)
        return stamps


def _count(tally: Tally, outcome: Outcome, count: int, attempts: int) -> None:
    tally.messages += count
    tally.attempts += attempts
    if outcome.is_final:
        tally.outcomes[outcome.value] += count
    elif outcome is Outcome.UNKNOWN:
        tally.unknown += count
    else:
        tally.pending += count
