"""Files of a campaign → raw_base, one Parquet file per content, once."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mensageria_pipeline.contracts.columns import REJECT_COLUMNS, recognize
from mensageria_pipeline.contracts.partition import Partition, header_key
from mensageria_pipeline.contracts.raw_base import Intake, facts_of, intake_path, list_intakes, schema_of
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.doubts import settle_doubts
from mensageria_pipeline.intake.empty_columns import EmptyColumns
from mensageria_pipeline.intake.files import InputFile, discover
from mensageria_pipeline.intake.readers import ReadOptions, open_sheet
from mensageria_pipeline.intake.registry import IntakeRegistry
from mensageria_pipeline.intake.table import Sheet
from mensageria_pipeline.storage.dataset import ahead, fingerprint_of, share_file, write_dataset
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline.texts import say

PATIENCE_S = 10.0
"""How long a run waits for a file that is still changing, before it leaves it to the next run."""


_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class IngestSummary:
    """What one look at a campaign's folder brought."""

    intakes: list[Intake] = field(default_factory=list)
    """All intakes of the partition, in the order they were received."""
    new: list[Intake] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    """Names of files whose content was taken in before."""
    growing: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(file name, reason) of files that could not be used."""


def ingest(
    layout: Layout,
    registry: IntakeRegistry,
    partition: Partition,
    definition: CampaignDefinition,
    settle_s: float,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    on_rows: Callable[[int], None] = lambda _rows: None,
) -> IngestSummary:
    """Take in every whole, readable file of the campaign that is not taken in yet.

    A file counts as whole when it has not changed for `settle_s` seconds. One bad file does not stop the others.
    `on_rows` is told how many rows were read so far. Raises InputError when the partition has no intake at all.
    """
    if any(intake.purged_at for intake in list_intakes(layout, partition.key)):
        raise InputError("campaign_purged", campaign=partition.key)
    if partition.occurrence:
        _adopt_intakes(layout, partition)
    summary = IngestSummary()
    if not partition.occurrence:
        counter = _Counter(on_rows)
        _take_in_folder(layout, registry, partition.campaign, definition, settle_s, limits, counter, summary)
    summary.intakes = list_intakes(layout, partition.key)
    if not summary.intakes:
        raise _nothing_usable(layout, partition, summary)
    rows = sum(intake.row_count for intake in summary.intakes)
    _logger.info("lists taken in", extra={"intakes": len(summary.intakes), "rows": rows})
    return summary


def definition_version(definition: CampaignDefinition) -> str:
    """What a refusal depends on: another mapping or channel may make a refused file usable."""
    return fingerprint_of(
        definition.model_dump(mode="json", include={"columns", "channel", "sheet", "strict", "accept"})
    )


def _take_in_folder(
    layout: Layout,
    registry: IntakeRegistry,
    campaign: str,
    definition: CampaignDefinition,
    settle_s: float,
    limits: Limits,
    counter: "_Counter",
    summary: IngestSummary,
) -> None:
    known = {intake.content_hash for intake in list_intakes(layout, campaign)}
    discovery = discover(layout.input_dir, registry.name_owners())
    summary.refused += [(path.name, error.text()) for path, error in discovery.refused_of(campaign)]
    for file in discovery.of(campaign):
        if not _becomes_settled(file, settle_s):
            summary.growing.append(file.path.name)
            continue
        try:
            with pinned(file.path, within=layout.input_dir) as opened:
                _take_in_file(layout, registry, file, opened, definition, limits, counter, known, summary)
        except InputError as error:  # a link was put in its place, or it is gone
            summary.refused.append((file.path.name, error.text()))


def _take_in_file(
    layout: Layout,
    registry: IntakeRegistry,
    file: InputFile,
    opened: Path,
    definition: CampaignDefinition,
    limits: Limits,
    counter: "_Counter",
    known: set[str],
    summary: IngestSummary,
) -> None:
    """One file: hashed and read as it was opened, whatever has its name by now."""
    content_hash = registry.content_hash(file.path, opened)
    if content_hash in known:
        summary.already.append(file.path.name)
        return
    try:
        intake = _take_in(layout, file, opened, content_hash, definition, limits, counter)
        if registry.known_hash(file.path, opened) != content_hash:  # it changed while it was read
            intake.path.unlink()
            summary.growing.append(file.path.name)
            return
    except InputError as error:
        registry.refuse(file.campaign, content_hash, definition_version(definition), error.text())
        summary.refused.append((file.path.name, error.text()))
        return
    registry.own_name(file.campaign, file.original_name)
    known.add(content_hash)
    summary.new.append(intake)


def _becomes_settled(file: InputFile, settle_s: float) -> bool:
    """True once the file has stopped changing; False when it has not within `PATIENCE_S`, or is gone."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if file.has_settled(settle_s):
                return True
        except OSError:
            return False
        time.sleep(0.1)
    return False


def read_options(definition: CampaignDefinition, limits: Limits) -> ReadOptions:
    """How a campaign's files are to be read."""
    return ReadOptions(definition.sheet, tuple(definition.columns.values()), limits)


def _take_in(
    layout: Layout,
    file: InputFile,
    opened: Path,
    content_hash: str,
    definition: CampaignDefinition,
    limits: Limits,
    counter: "_Counter",
) -> Intake:
    """Write one file's rows to raw_base. Raises InputError when it has no address column or no rows."""
    received_at, name = datetime.now(UTC), file.path.name
    path = intake_path(layout, file.campaign, content_hash)
    with open_sheet(file.path, read_options(definition, limits), opened) as sheet:
        _check_addresses(sheet.headers, definition)
        ours = _our_columns(sheet.headers)
        kept = [header for header in sheet.headers if header not in ours]
        empty = EmptyColumns(kept)

        def columns() -> list[str]:
            return [header for header in sheet.columns if header not in ours]

        def facts() -> Mapping[str, Any]:
            reading = sheet.reading
            settle_doubts(reading, definition, name)
            recognize(columns(), definition.columns, definition.channel, empty.names)
            about = reading.as_json()
            return facts_of(name, received_at, columns(), reading.surplus, reading.faults, empty.names, about)

        rows = counter.of(empty.of(_with_provenance(sheet, kept, content_hash, name)))
        stamp = write_dataset(path, schema_of(kept), rows, inputs={"content": content_hash}, facts=facts)
        reading = sheet.reading
        read = Intake(content_hash, name, received_at, stamp.row_count, tuple(columns()), path)
        return replace(read, surplus=reading.surplus, faults=reading.faults, empty=empty.names)


def _check_addresses(headers: Sequence[str], definition: CampaignDefinition) -> None:
    """Raises InputError before any row is read, unless its reason may go away with columns that turn out empty."""
    try:
        recognize(headers, definition.columns, definition.channel)
    except InputError as error:
        if error.key not in {"ambiguous_channel", "ambiguous_column"}:
            raise


@dataclass(slots=True)
class _Counter:
    """Counts the rows of all files of one look at a folder."""

    on_rows: Callable[[int], None]
    count: int = 0

    def of(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            yield table
            self.count += table.num_rows
            self.on_rows(self.count)


def _our_columns(headers: Sequence[str]) -> frozenset[str]:
    """What a workbook of rejected rows brings back that is not the operator's: the errors of before.

    Only right before `linha_original`, where the workbook has them: a list may have columns of these names itself, and
    then ours came under another (`sugestao_2`).
    """
    error, suggestion, origin = (header_key(name) for name in REJECT_COLUMNS)
    bare = [header_key(re.sub(r"_\d+$", "", header)) for header in headers]
    if origin not in bare:
        return frozenset()
    end = len(bare) - 1 - bare[::-1].index(origin)
    names = zip(headers[max(0, end - 2) : end], bare[max(0, end - 2) : end], strict=True)
    return frozenset(header for header, name in names if name in {error, suggestion})


def _with_provenance(sheet: Sheet, headers: Sequence[str], content_hash: str, file_name: str) -> Iterator[pa.Table]:
    for batch in ahead(sheet.batches):
        rows = pa.Table.from_batches([batch])
        constants = {"_intake": content_hash, "_file_name": file_name, "_sheet": sheet.reading.sheet}
        columns = {name: pa.repeat(pa.scalar(value, pa.string()), len(rows)) for name, value in constants.items()}
        columns["_row_number"] = rows["_row_number"]
        columns |= {header: rows[header] for header in headers}
        yield pa.table(columns, schema=schema_of(headers))


def _adopt_intakes(layout: Layout, partition: Partition) -> None:
    """Give an occurrence the intakes that its campaign had when it was due; the files are shared, not copied."""
    due_at = partition.due_at
    for intake in list_intakes(layout, partition.campaign):
        target = intake_path(layout, partition.key, intake.content_hash)
        if not target.exists() and due_at is not None and intake.received_at <= due_at:
            share_file(intake.path, target)


def _nothing_usable(layout: Layout, partition: Partition, summary: IngestSummary) -> InputError:
    reasons = [reason for _, reason in summary.refused] or [say("no_input_hint")]
    folder = layout.input_dir / partition.campaign
    return InputError(
        "no_input",
        campaign=partition.campaign,
        folder=folder.relative_to(layout.data_dir.parent),
        detail=" ".join(reasons),
    )
