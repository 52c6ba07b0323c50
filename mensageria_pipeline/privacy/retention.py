"""The end of a campaign's personal data: after RETENTION_DAYS addresses and texts go, and every count stays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, list_intakes
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.privacy.erasure import sweep
from mensageria_pipeline.privacy.forget import delete_report
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot
from mensageria_pipeline.sending.send import refresh_results
from mensageria_pipeline.sending.settle import cancel_remaining
from mensageria_pipeline.sending.unrecorded import check_recorded
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.dataset import Stamp, read_stamp, renamed_inputs, rewrite_dataset
from mensageria_pipeline.storage.layout import Asset, Layout

_EMPTIED: Mapping[Asset, Mapping[str, str]] = {
    Asset.VALIDATED_RECIPIENTS: {"person": "", "document": "", "address": "", "fields": "{}"},
    Asset.REJECTED_RECIPIENTS: {"value_masked": "", "correction": "", "person": ""},
    Asset.MESSAGES: {"person": "", "document": "", "address": "", "title": "", "body": "", "data": "{}"},
    Asset.SEND_RESULTS: {"person": ""},
    Asset.ATTEMPTS: {},
    Asset.RECEIPTS: {},
}
"""Asset → column → what stands there afterwards. Everything else stays: outcomes, codes, latencies, keyed hashes."""

_MADE_FROM: Mapping[Asset, Asset] = {
    Asset.MESSAGES: Asset.VALIDATED_RECIPIENTS,
    Asset.SEND_RESULTS: Asset.MESSAGES,
    Asset.ATTEMPTS: Asset.MESSAGES,
}


@dataclass(frozen=True, slots=True)
class Expired:
    """A partition whose time is over."""

    partition: str
    last_used_at: datetime
    row_count: int


def expired(project: Project, partitions: Sequence[str], days: int) -> list[Expired]:
    """The partitions that nothing has happened to for `days`. Recurring campaigns use their lists again: they stay."""
    limit = datetime.now(UTC) - timedelta(days=days)
    found = []
    for partition in partitions:
        intakes = list_intakes(project.layout, partition)
        if not intakes or any(intake.purged_at for intake in intakes) or _recurs(project.layout, partition):
            continue
        last = max([*(intake.received_at for intake in intakes), *_decided_at(project.layout, partition)])
        if last < limit:
            found.append(Expired(partition, last, sum(intake.row_count for intake in intakes)))
    return found


def _recurs(layout: Layout, partition: str) -> bool:
    """Whether later occurrences need the lists; a definition that cannot be read might say so."""
    parsed = Partition.parse(partition)
    try:
        return not parsed.occurrence and bool(load_definition(layout, parsed.campaign).cron)
    except MensageriaError:
        return True


def _decided_at(layout: Layout, partition: str) -> list[datetime]:
    found = []
    for path in layout.partition_dir(Asset.SEND_RESULTS, partition).glob("[!.]*.parquet"):
        latest = pc.max(pq.read_table(path, columns=["decided_at"], partitioning=None)["decided_at"]).as_py()
        found += [latest] if latest else []
    return found


def purge(
    project: Project, partitions: Sequence[str], on_partition: Callable[[str], None] = lambda _partition: None
) -> list[str]:
    """Take addresses, texts and cells out of partitions; what is still pending ends as cancelled. Not to be undone.

    The names of the input files that were deleted. Safe to repeat.
    """
    deleted = []
    for partition in partitions:
        on_partition(partition)
        with (
            lease_campaign(project.ledger, partition, new_owner()) as campaign_lease,
            project.preparation_lock(partition),
        ):
            if project.layout.table(Asset.MESSAGES, partition).exists():
                check_recorded(project.layout, project.ledger, partition)
                with plan_snapshot(project.layout, partition) as plan:
                    cancel_remaining(project.ledger, campaign_lease, plan)
                    refresh_results(project.layout, project.ledger, campaign_lease, plan)
            if not Partition.parse(partition).occurrence:  # an occurrence's lists are its campaign's
                deleted += _delete_originals(project, partition)
            _empty_tables(project, partition)
            delete_report(project.layout, partition)
    if partitions:
        publish(project.layout, partitions)
    return deleted


def _empty_tables(project: Project, partition: str) -> None:
    """raw_base last: until then the partition counts as not purged, and a killed run is repeated."""
    layout, now = project.layout, datetime.now(UTC).isoformat(timespec="seconds")
    sweep(layout, partition)
    stamps: dict[Asset, Stamp] = {}
    for asset, values in _EMPTIED.items():
        for path in sorted(layout.partition_dir(asset, partition).glob("[!.]*.parquet")):
            before = read_stamp(path)
            assert before is not None  # noqa: S101 - it was just listed
            inputs = renamed_inputs(before.inputs, stamps.get(_MADE_FROM.get(asset, asset)))
            stamps[asset] = rewrite_dataset(path, _emptied(values), inputs=inputs, facts={"purged_at": now})
    for intake in list_intakes(layout, partition):
        rewrite_dataset(intake.path, _without_cells, facts={"purged_at": now})


def _emptied(values: Mapping[str, str]) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        empty = {name: pa.repeat(pa.scalar(value), table.num_rows) for name, value in values.items()}
        return pa.table({name: empty.get(name, table[name]) for name in table.column_names})

    return change


def _without_cells(table: pa.Table) -> pa.Table:
    empty = pa.nulls(table.num_rows, pa.string())
    return pa.table({name: table[name] if name in PROVENANCE_NAMES else empty for name in table.column_names})


def _delete_originals(project: Project, partition: str) -> list[str]:
    contents = {intake.content_hash for intake in list_intakes(project.layout, partition)}
    campaign, deleted = Partition.parse(partition).campaign, list[Path]()
    for file in discover(project.layout.input_dir, project.registry.name_owners()).of(campaign):
        if project.registry.content_hash(file.path) in contents:
            file.path.unlink(missing_ok=True)
            deleted.append(file.path)
    return [path.name for path in deleted]
