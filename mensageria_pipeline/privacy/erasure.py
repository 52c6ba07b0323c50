"""Erasing rows from everything a partition keeps: cells become null, row numbers stay, and the fate is `erased`."""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, Intake, list_intakes
from mensageria_pipeline.contracts.receipts import without_incredible
from mensageria_pipeline.contracts.recipients import RejectedRecipients, arrow_schema
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import CampaignLease
from mensageria_pipeline.storage.dataset import (
    BATCH_ROWS,
    Stamp,
    read_stamp,
    renamed_inputs,
    rewrite_dataset,
    was_called,
)
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline.texts import Language, say

Places = Mapping[str, Collection[int]]
"""Intake → row numbers."""
_Mask = Callable[[pa.Table], pa.Array]


def erase_rows(
    layout: Layout, ledger: Ledger, campaign_lease: CampaignLease, places: Places, message_ids: Sequence[str]
) -> Counter[str]:
    """Erase rows and their messages; how many rows of each table. Safe to repeat after a kill at any moment.

    For whoever has the campaign's preparation lock too. Each table is replaced whole; the chain of fingerprints
    and a release of the plan hold on, so that nothing has to be prepared or released anew.
    """
    counts: Counter[str] = Counter()
    partition = campaign_lease.lease.scope
    sweep(layout, partition)
    intakes = [intake for intake in list_intakes(layout, partition) if intake.content_hash in places]
    for intake in intakes:
        counts[Asset.RAW_BASE.value] += _empty_cells(intake, set(places[intake.content_hash]))
    journal = ledger.journal(partition)
    counts["journal"] = sum(journal.shard(n, campaign_lease.lease.token).erase(message_ids) for n in journal.shards())
    ledger.receipts.erase(message_ids)
    recipients = _erase_recipients(layout, partition, places, intakes, counts)
    plan = _erase_messages(layout, ledger, partition, places, recipients, counts)
    _erase_results(layout, partition, _is_of(message_ids), plan, counts)
    return counts


def sweep(layout: Layout, partition: str) -> None:
    """Delete what killed processes left of a partition: unfinished files, held plans, scratch."""
    folders = [layout.partition_dir(asset, partition) for asset in Asset] + [layout.export_dir(partition)]
    for folder in folders:
        for leftover in folder.glob(".*"):
            if leftover.is_file():
                leftover.unlink(missing_ok=True)
    for scratch in (layout.preparing_dir(partition), layout.sending_dir(partition)):
        shutil.rmtree(scratch, ignore_errors=True)


def _empty_cells(intake: Intake, numbers: set[int]) -> int:
    def emptied(table: pa.Table) -> pa.Table:
        gone = pc.is_in(table["_row_number"], pa.array(sorted(numbers), pa.int64()))
        cells = [name for name in table.column_names if name not in PROVENANCE_NAMES]
        empty = {name: pc.if_else(gone, pa.scalar(None, pa.string()), table[name]) for name in cells}
        return pa.table({name: empty.get(name, table[name]) for name in table.column_names})

    rewrite_dataset(intake.path, emptied, facts={"erased": sorted(intake.erased | numbers)})
    return len(numbers - intake.erased)


def _erase_recipients(
    layout: Layout, partition: str, places: Places, intakes: Sequence[Intake], counts: Counter[str]
) -> Stamp | None:
    """The new stamp of validated_recipients; None where the rows were never judged."""
    validated, rejected = (
        layout.table(asset, partition) for asset in (Asset.VALIDATED_RECIPIENTS, Asset.REJECTED_RECIPIENTS)
    )
    if read_stamp(validated) is None or read_stamp(rejected) is None:
        return None
    mask = _is_at(places)
    planned = _rows_of(validated, ["intake", "row_number"], mask)
    refused = _rows_of(rejected, ["intake", "row_number", "fate"], mask)
    # A killed erasure may have refused them already, and not yet taken them out of the plan.
    known = {(row["intake"], row["row_number"]) for row in refused}
    new = [row for row in planned if (row["intake"], row["row_number"]) not in known]
    names = {intake.content_hash: intake.file_name for intake in intakes}
    added = pa.Table.from_pylist(
        [row | {"file_name": names[row["intake"]], **_erased_row()} for row in new],
        schema=arrow_schema(RejectedRecipients),
    )
    facts = _facts_after(validated, rejected, mask, len(known) + len(new))

    def blanked(table: pa.Table) -> pa.Table:
        gone, row = mask(table), _erased_row()
        blank = {name: pc.if_else(gone, pa.scalar(value), table[name]) for name, value in row.items()}
        return pa.table({name: blank.get(name, table[name]) for name in table.column_names})

    rewrite_dataset(rejected, blanked, added=added, facts=facts)
    counts[Asset.VALIDATED_RECIPIENTS.value] += len(planned)
    counts[Asset.REJECTED_RECIPIENTS.value] += sum(row["fate"] != Fate.ERASED for row in refused)
    return rewrite_dataset(validated, _without(mask), facts=facts)


def _erased_row() -> dict[str, Any]:
    """What rejected_recipients says of an erased row, beside where it stood."""
    code = Fate.ERASED.value
    texts = dict.fromkeys(
        ("column", "value_masked", "correction", "person", "channel", "refers_to_intake", "superseded_by"), ""
    )
    return texts | {
        "fate": code,
        "code": code,
        "reason": say(code, Language.PT_BR),
        "reason_en": say(code, Language.EN),
        "suggestion": say("suggest_none", Language.PT_BR),
        "refers_to_row": 0,
    }


def _facts_after(validated: Path, rejected: Path, mask: _Mask, erased: int) -> dict[str, Any]:
    """Fates and codes, counted anew, once `erased` rows at the places of `mask` have that fate."""
    stays: _Mask = lambda table: pc.invert(mask(table))  # noqa: E731 - the other mask
    refused = _rows_of(rejected, ["fate", "code", "superseded_by"], stays)
    fates = Counter({fate.value: 0 for fate in Fate}) + Counter(row["fate"] for row in refused)
    codes = Counter(row["code"] for row in refused if not row["superseded_by"])
    code = Fate.ERASED.value
    fates[Fate.PLANNED.value] = len(_rows_of(validated, ["row_number"], stays))
    fates[code] += erased
    codes[code] += erased
    return {
        "fates": {fate.value: fates[fate.value] for fate in Fate},
        "codes": {name: count for name, count in codes.most_common() if count},
        "superseded": sum(bool(row["superseded_by"]) for row in refused),
    }


def _erase_messages(
    layout: Layout, ledger: Ledger, partition: str, places: Places, recipients: Stamp | None, counts: Counter[str]
) -> Stamp | None:
    """The new stamp of the plan. Whoever released the old one has released the new one."""
    path = layout.table(Asset.MESSAGES, partition)
    before = read_stamp(path)
    if before is None:
        return None
    after = rewrite_dataset(path, _without(_is_at(places)), inputs=renamed_inputs(before.inputs, recipients))
    counts[Asset.MESSAGES.value] += before.row_count - after.row_count
    if any(ledger.is_released(partition, name) for name in was_called(after)):
        ledger.release(partition, after.fingerprint)
    return after


def _erase_results(layout: Layout, partition: str, mask: _Mask, plan: Stamp | None, counts: Counter[str]) -> None:
    """The results, attempts and receipts of every edition and mode."""
    for asset in (Asset.ATTEMPTS, Asset.SEND_RESULTS, Asset.RECEIPTS):
        for path in sorted(layout.partition_dir(asset, partition).glob("[!.]*.parquet")):
            before = read_stamp(path)
            assert before is not None  # noqa: S101 - it was just listed
            after = rewrite_dataset(path, _without_and_dated(mask), inputs=renamed_inputs(before.inputs, plan))
            counts[asset.value] += before.row_count - after.row_count


def _rows_of(path: Path, columns: Sequence[str], mask: _Mask) -> list[dict[str, Any]]:
    """Some columns of the rows that `mask` chooses."""
    read = list(dict.fromkeys(["intake", "row_number", *columns]))
    found: list[dict[str, Any]] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=read):
            table = pa.Table.from_batches([batch])
            found += table.filter(mask(table)).select(list(columns)).to_pylist()
    return found


def _without(mask: _Mask) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.filter(pc.invert(mask(table)))


def _without_and_dated(mask: _Mask) -> Callable[[pa.Table], pa.Table]:
    """The same, and no date that nothing made of them can hold."""
    without = _without(mask)
    return lambda table: without_incredible(without(table), "happened_at", "delivery_at")


def _is_at(places: Places) -> _Mask:
    """The rows that stand at `places`."""

    def mask(table: pa.Table) -> pa.Array:
        intakes, numbers = table["intake"].combine_chunks(), table["row_number"].combine_chunks()
        found = pa.repeat(pa.scalar(value=False), table.num_rows)
        for intake, wanted in places.items():
            here = pc.is_in(numbers, pa.array(sorted(wanted), pa.int64()))
            found = pc.or_(found, pc.and_(pc.equal(intakes, intake), here))
        return found

    return mask


def _is_of(message_ids: Sequence[str]) -> _Mask:
    wanted = pa.array(message_ids, pa.string())
    return lambda table: pc.is_in(table["message_id"].combine_chunks(), wanted)
