"""What results and receipts say that the ledger does not know: after a restore, a loss, or a mix of two installations.

Every file of results and receipts names the ledger that it was made from, and how far each shard of the journal went
then. A journal only grows; one that is shorter now is an older copy, or partly gone, and what it forgot would be sent
again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.messages import LEDGER_FACT, Mode
from mensageria_pipeline.contracts.messages import SCHEMA as MESSAGES
from mensageria_pipeline.contracts.receipts import RECEIPTS
from mensageria_pipeline.contracts.send_results import SEND_RESULTS, Outcome
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import CampaignLease
from mensageria_pipeline.ledger.journal import Event, Line, now_us
from mensageria_pipeline.ledger.journal_view import read_journal
from mensageria_pipeline.ledger.receipts import microseconds
from mensageria_pipeline.sending.settle import append_lines
from mensageria_pipeline.storage.dataset import Stamp, read_stamp
from mensageria_pipeline.storage.duckdb import literal, open_duckdb, query
from mensageria_pipeline.storage.layout import Asset, Layout

_PLAN = pa.schema([MESSAGES.field(name) for name in ("message_id", "edition", "address_key")])


def check_recorded(layout: Layout, ledger: Ledger, partition: str) -> None:
    """Raises LedgerError where live results or receipts belong to another ledger, or say more than this one knows.

    For whoever holds the campaign, before anything is written to its journal.
    """
    stamps = check_own(layout, ledger, partition)
    extent = ledger.journal(partition).extent()
    if all(_is_covered(stamp, extent) for stamp in stamps):
        return
    found = unrecorded(layout, ledger, partition)
    if found.num_rows:
        counts = Counter(found["outcome"].to_pylist())
        raise LedgerError(
            "ledger_behind", campaign=partition, count=found.num_rows, accepted=counts[Outcome.ACCEPTED.value]
        )


def check_own(layout: Layout, ledger: Ledger, partition: str) -> list[Stamp]:
    """The stamps of a partition's live results and receipts.

    Raises LedgerError where one, or the plan, is of another ledger: that one may know of messages that have left.
    """
    paths = [*result_files(layout, partition), layout.table(Asset.RECEIPTS, partition)]
    stamps = [stamp for path in paths if (stamp := read_stamp(path))]
    plan = read_stamp(layout.table(Asset.MESSAGES, partition))
    for stamp in (*stamps, *([plan] if plan else [])):
        if LEDGER_FACT in stamp.facts and stamp.facts[LEDGER_FACT]["id"] != ledger.id:
            raise LedgerError("results_foreign", campaign=partition)
    return stamps


def result_files(layout: Layout, partition: str) -> list[Path]:
    """The live results of a partition, of every edition."""
    return sorted(layout.partition_dir(Asset.SEND_RESULTS, partition).glob(f"[!.]*-{Mode.LIVE.value}.parquet"))


def _is_covered(stamp: Stamp, extent: dict[int, int]) -> bool:
    """Whether the journal goes as far as it did; results of before they said so are compared line by line."""
    lines = stamp.facts.get(LEDGER_FACT, {}).get("lines")
    return lines is not None and all(extent.get(int(shard), 0) >= last for shard, last in lines.items())


def unrecorded(layout: Layout, ledger: Ledger, partition: str) -> pa.Table:
    """1 row per live message of which results or receipts say more than the journal, but for people being erased."""
    with open_duckdb() as connection:
        _add_view(connection, "results", result_files(layout, partition), SEND_RESULTS)
        _add_view(connection, "receipts", _existing(layout.table(Asset.RECEIPTS, partition)), RECEIPTS)
        _add_view(connection, "plan", _existing(layout.table(Asset.MESSAGES, partition)), _PLAN)
        read_journal(connection, ledger.journal(partition), with_answers=True)
        found = connection.sql(query("mensageria_pipeline.sending", "unrecorded")).to_arrow_table()
    erased = {name for erasure in ledger.erasures.unfinished() for name in erasure.message_ids.get(partition, ())}
    return found.filter(pc.invert(pc.is_in(found["message_id"], pa.array(sorted(erased), pa.string()))))


def _existing(path: Path) -> list[Path]:
    return [path] if path.exists() else []


def _add_view(connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path], schema: pa.Schema) -> None:
    """The columns of `schema` over files; none of them makes a view without rows. Older files may lack columns."""
    connection.register(f"no_{name}", schema.empty_table())
    files = ", ".join(literal(path) for path in paths)
    read = f"UNION ALL BY NAME FROM read_parquet([{files}], hive_partitioning = false, union_by_name = true)"
    columns = ", ".join(schema.names)
    connection.execute(
        f"CREATE VIEW {name} AS SELECT {columns} FROM (FROM no_{name} {read if files else ''})"  # noqa: S608
    )


def take_in(ledger: Ledger, campaign_lease: CampaignLease, found: pa.Table) -> None:
    """Write what `unrecorded` found into the journal, as it was: requests, and the outcomes of those that have one."""
    append_lines(ledger, campaign_lease, (line for row in found.to_pylist() for line in _lines_of(row)))


def _lines_of(row: dict[str, Any]) -> Iterator[Line]:
    message_id, mode, attempt = row["message_id"], Mode.LIVE.value, row["attempts"]
    if row["outcome"] == Outcome.UNKNOWN.value and row["is_settled"]:
        yield Line(message_id, mode, 0, Event.REOPENED.value, now_us())
    if attempt:
        yield Line(
            message_id,
            mode,
            attempt,
            Event.ATTEMPTING.value,
            microseconds(row["first_attempt_at"]) or now_us(),
            address_key=row["address_key"],
            edition=row["edition"],
        )
    if row["outcome"] != Outcome.UNKNOWN.value:
        yield Line(
            message_id,
            mode,
            attempt,
            row["outcome"],
            microseconds(row["decided_at"]) or now_us(),
            row["code"],
            row["provider_message_id"],
            row["latency_ms"],
            cost=row["cost"],
        )
