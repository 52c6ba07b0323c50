"""The journal and the plan, joined: send_results and attempts, and the counts of a campaign at any moment."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.send_results import ATTEMPTS, SEND_RESULTS, Outcome
from mensageria_pipeline.ledger.journal import Journal
from mensageria_pipeline.ledger.journal_view import add_deliveries, connect, read_journal
from mensageria_pipeline.sending.deliveries import NONE
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.storage.dataset import BATCH_ROWS, Stamp, write_dataset
from mensageria_pipeline.storage.duckdb import query
from mensageria_pipeline.storage.layout import Asset, Layout

_PACKAGE = "mensageria_pipeline.sending"


class Results:
    """One look at a plan and its journal. A context manager; the journal is read once, on entering."""

    def __init__(self, plan: Path, journal: Journal, as_mode: Mode | None = None, deliveries: pa.Table = NONE) -> None:
        """`as_mode` looks at the plan as if its messages were of that mode: what is there still to be sent live?"""
        self._plan, self._journal, self._as_mode, self._deliveries = plan, journal, as_mode, deliveries

    def __enter__(self) -> "Results":
        self._connection = connect(self._plan, self._as_mode)
        add_deliveries(self._connection, self._deliveries)
        self.extent = self._journal.extent()
        """How far each shard went when it was read; while nobody writes, exactly so."""
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

    def in_flight(self, token: int) -> int:
        """Messages whose request whoever holds the campaign under `token`, and no run before it, has under way."""
        counts = [
            self._connection.execute(query(_PACKAGE, "in_flight"), {"mode": mode.value, "token": token}).fetchall()
            for mode in self.modes()
        ]
        return sum(int(count) for ((count,),) in counts)

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
