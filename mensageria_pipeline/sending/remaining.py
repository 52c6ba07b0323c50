"""What is left to send: the plan without what has a final outcome. An anti-join, never an offset."""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.ledger.journal import Journal
from mensageria_pipeline.ledger.journal_view import connect, read_journal
from mensageria_pipeline.sending.outbox import BLOCK_ROWS, remaining_file
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.duckdb import query


@dataclass(frozen=True, slots=True)
class Remaining:
    """What was left when it was looked at."""

    total: int
    """Messages of the plan."""
    rows: pa.Table = field(repr=False)
    """plan_row, attempts, is_in_doubt, doubtful_routes: 1 row per open message, in the order of the plan."""

    @property
    def count(self) -> int:
        return int(self.rows.num_rows)

    @property
    def pending_rows(self) -> pa.ChunkedArray:
        """The plan rows of those that surely reached nobody: what is in doubt is left out."""
        return self.rows["plan_row"].filter(pc.invert(self.rows["is_in_doubt"]))

    def write(self, folder: Path, shards: int, only: int | None = None) -> None:
        """Write what is left to each of `shards`, or to one of them: rows and numbers, no content of a message."""
        folder.mkdir(parents=True, exist_ok=True)
        shard_of_row = (self.rows["plan_row"].to_numpy() // BLOCK_ROWS) % shards
        for shard in range(shards) if only is None else (only,):
            with replacing(remaining_file(folder, shard)) as temporary:
                pq.write_table(self.rows.filter(pa.array(shard_of_row == shard)), temporary)


def find_remaining(plan: Path, journal: Journal) -> Remaining:
    """What is left of a plan now. Raises LedgerError where the journal cannot be read."""
    with connect(plan) as connection:
        read_journal(connection, journal, with_routes=True)
        rows = connection.sql(query("mensageria_pipeline.sending", "remaining")).to_arrow_table()
    return Remaining(pq.read_metadata(plan).num_rows, rows)
