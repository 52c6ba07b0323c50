"""raw_base → validated_recipients and rejected_recipients, held to their pandera contracts."""

import contextlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.raw_base import list_intakes, raw_fingerprint
from mensageria_pipeline.contracts.recipients import (
    arrow_schema,
)
from mensageria_pipeline.definition.model import CampaignDefinition, OneMessagePer
from mensageria_pipeline.errors import ContractError, InputError, StaleInputError
from mensageria_pipeline.recipients.addressing import AcceptedKinds
from mensageria_pipeline.recipients.contested import Decided, Notes, rows_of
from mensageria_pipeline.recipients.fates import FateResolver, Row, SendHistory
from mensageria_pipeline.recipients.frames import constant
from mensageria_pipeline.recipients.normalize import TextNeeds
from mensageria_pipeline.recipients.recipient_files import TABLES, planned_rows, write_chunk
from mensageria_pipeline.recipients.refusals import refusals
from mensageria_pipeline.recipients.row_checks import CHUNK_ROWS, Base, write_row_checks
from mensageria_pipeline.storage.dataset import DatasetWriter, Stamp, ahead
from mensageria_pipeline.storage.duckdb import open_duckdb, query
from mensageria_pipeline.storage.layout import Asset, Layout

_PACKAGE = "mensageria_pipeline.recipients"


@dataclass(slots=True)
class RecipientsSummary:
    """What became of the rows."""

    validated: Stamp
    rejected: Stamp
    row_count: int
    fates: Mapping[str, int]
    codes: Mapping[str, int]
    """Reason code → rows, of rows that are not planned and that no later row corrects."""
    columns: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    """Role → header, of the latest intake."""
    cleaned_count: int = 0
    """Rows with unseen characters in an id, a document or an address, which were left out."""


ProgressSink = Callable[[int, int], None]
"""Called with rows dealt with, and rows in all."""
_MEMORY = "512MB"
_ROW = ["position", "intake", "channel", "address", "known_as", "document", "code"]
"""What a fate depends on, in the order of `rows`."""


def validate_recipients(
    layout: Layout,
    partition: str,
    definition: CampaignDefinition,
    memory: SendHistory,
    needs_of: Callable[[Sequence[str]], TextNeeds],
    accepted_kinds: AcceptedKinds,
    on_progress: ProgressSink = lambda _done, _total: None,
    judged_with: Mapping[str, object] = MappingProxyType({}),
) -> RecipientsSummary:
    """Judge every row of every intake of the partition and write both tables. Memory does not grow with the rows.

    `needs_of` says, for a base's headers, what the message's text asks of its rows; `accepted_kinds`, for a channel,
    which addresses its provider takes; `judged_with` names what else the rows are judged by, and is remembered with the
    tables. Raises InputError when a base has no usable address column, and ContractError when rows are not conserved.
    """
    intakes = list_intakes(layout, partition)
    if not intakes:
        raise StaleInputError("step_missing", asset=Asset.RAW_BASE, campaign=partition)
    if any(intake.purged_at for intake in intakes):
        raise InputError("campaign_purged", campaign=partition)
    bases = [
        Base(number, intake, definition, needs_of(intake.columns), accepted_kinds)
        for number, intake in enumerate(intakes)
    ]
    for base in bases:
        _ = base.roles  # a base without an address column is refused before any row is looked at
    with _scratch(layout, partition) as folder:
        judgement = _Judgement(layout, partition, bases, definition, memory, folder, on_progress, judged_with)
        return judgement.write()


@contextlib.contextmanager
def _scratch(layout: Layout, partition: str) -> Iterator[Path]:
    """A folder for this preparation; what a killed one left is cleared."""
    folder = layout.preparing_dir(partition)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Judgement:
    """One pass over the rows for what each is by itself, one over those that may repeat another, one to write."""

    layout: Layout
    partition: str
    bases: Sequence[Base]
    definition: CampaignDefinition
    memory: SendHistory
    folder: Path
    on_progress: ProgressSink
    judged_with: Mapping[str, object]

    def write(self) -> RecipientsSummary:
        path, total = self.folder / "judged.parquet", sum(base.intake.row_count for base in self.bases)
        self._done, self._total = 0, 2 * total
        found, self._cleaned = write_row_checks(path, self.layout, self.bases, self._connect, self._advance)
        with self._connect() as connection, pq.ParquetFile(path) as judged:
            connection.execute(f"CREATE VIEW judged AS SELECT * FROM read_parquet('{_escaped(path)}')")  # noqa: S608
            corrections = self._corrections(connection)
            contested = self._contested(connection, corrections)
            notes = Notes.of(connection, contested)
            if len(self.bases) > 1:
                notes.superseded = self._superseded(connection, judged, contested)
            summary = self._write(judged, contested, notes)
        if not found == total == summary.row_count:
            raise ContractError("rows_not_conserved", campaign=self.partition, count=total, found=summary.row_count)
        return summary

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return open_duckdb(memory_limit=_MEMORY, temp_directory=str(self.folder / "spilled"))

    def _advance(self, rows: int) -> None:
        self._done += rows
        self.on_progress(self._done // 2, self._total // 2)

    def _corrections(self, connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
        """Position of a correction → that of the row it corrects."""
        intakes = pa.table(  # noqa: F841 - DuckDB reads it
            {
                "number": [base.number for base in self.bases],
                "content_hash": [base.intake.content_hash for base in self.bases],
            }
        )
        connection.execute("CREATE TABLE intakes AS SELECT * FROM intakes")
        connection.execute(f"CREATE TABLE corrections AS {query(_PACKAGE, 'corrections')}")
        return dict(connection.execute("FROM corrections").fetchall())

    def _contested(self, connection: duckdb.DuckDBPyConnection, corrections: Mapping[int, int]) -> Decided:
        """Decide, in the order of arrival, the rows that share their person or address with another."""
        connection.execute(f"CREATE TABLE contested AS {query(_PACKAGE, 'contested')}")
        judge = FateResolver(self.definition.one_message_per, self.memory, corrections, self._correcting(connection))
        decided = Decided()
        wanted = f"SELECT {', '.join(_ROW)} FROM judged WHERE position IN (FROM contested) ORDER BY position"  # noqa: S608
        rows = connection.sql(wanted)
        for batch in rows.to_arrow_reader(CHUNK_ROWS):
            columns = [column.to_pylist() for column in batch.columns]
            decided.add(columns[0], judge.decide(rows_of(columns)))
        return decided

    def _correcting(self, connection: duckdb.DuckDBPyConnection) -> dict[int, list[Row]]:
        """Position of a corrected row → the rows that correct it."""
        wanted = f"SELECT {', '.join(_ROW)} FROM judged WHERE position IN (SELECT position FROM corrections)"  # noqa: S608
        columns = [column.to_pylist() for column in connection.sql(wanted).to_arrow_table().columns]
        originals = dict(connection.execute("FROM corrections").fetchall())
        found: dict[int, list[Row]] = {}
        for row in rows_of(columns):
            found.setdefault(originals[row.position], []).append(row)
        return found

    def _fated(self, table: pa.Table, contested: Decided) -> pd.DataFrame:
        """The rows of a chunk with their fate, code, revision and the row they refer to."""
        frame = table.select(["position", "code"]).to_pandas()
        fates = constant(Fate.PLANNED.value, frame.index).mask(frame["code"] != "", Fate.REJECTED.value)
        frame["fate"] = fates.mask(frame["code"] == Fate.ERASED.value, Fate.ERASED.value)
        if not self.memory.is_blank:
            judge = FateResolver(self.definition.one_message_per, self.memory)
            places = self._known_rows(table)
            rows = rows_of([column.to_pylist() for column in table.select(_ROW).take(places).columns])
            decisions = [judge.decide_alone(row) for row in rows]
            frame.loc[places.to_pylist(), "fate"] = [decision.fate.value for decision in decisions]
            frame.loc[places.to_pylist(), "code"] = [decision.code for decision in decisions]
        return contested.apply(frame.assign(revision=0, refers_to=-1))

    def _known_rows(self, table: pa.Table) -> pa.UInt64Array:
        """Places of the rows of a chunk that the memory knows something of."""
        known = [pa.array([], pa.uint64())]
        for channel in pc.unique(table["channel"]).to_pylist():
            places = pc.indices_nonzero(pc.equal(table["channel"], channel))
            rows = table.select(["address", "known_as", "document"]).take(places)
            address, known_as, document = (column.to_pylist() for column in rows.columns)
            recipients = address
            if self.definition.one_message_per is OneMessagePer.PERSON:
                recipients = [person or other for person, other in zip(known_as, address, strict=True)]
            parts = [text.partition(" ") for text in document]
            people = (known_as, [first for first, _, _ in parts], [second for _, _, second in parts])
            mask = self.memory.knows(channel, recipients, address, people)
            known.append(places.filter(mask))
        return pa.concat_arrays(known)

    def _superseded(
        self, connection: duckdb.DuckDBPyConnection, judged: pq.ParquetFile, contested: Decided
    ) -> dict[int, str]:
        connection.execute("CREATE TABLE fates (position BIGINT, fate VARCHAR, code VARCHAR)")
        for group in range(judged.num_row_groups):
            chunk = self._fated(judged.read_row_group(group, _ROW), contested)  # noqa: F841 - DuckDB reads it
            connection.execute("INSERT INTO fates SELECT position, fate, code FROM chunk")
        return dict(connection.execute(query(_PACKAGE, "superseded")).fetchall())

    def _chunks(
        self, judged: pq.ParquetFile, contested: Decided, notes: Notes
    ) -> Iterator[tuple[pd.DataFrame, pa.Table, pa.Table]]:
        """Per chunk: its fates, and its rows for each of the two tables."""
        files = {base.number: (base.intake.content_hash, base.intake.file_name) for base in self.bases}
        for group in range(judged.num_row_groups):
            table = judged.read_row_group(group)
            fated = self._fated(table, contested)
            planned = (fated["fate"] == Fate.PLANNED).to_numpy(dtype=bool)
            refused = table.filter(pa.array(~planned))
            yield (
                fated,
                planned_rows(table, fated, planned, files),
                refusals(refused, fated[~planned], files, notes.referred, notes.superseded),
            )

    def _write(self, judged: pq.ParquetFile, contested: Decided, notes: Notes) -> RecipientsSummary:
        intakes = [base.intake for base in self.bases]
        inputs = {Asset.RAW_BASE.value: raw_fingerprint(intakes), "definition": self.definition.judging_version}
        fates, codes, rows, superseded = Counter({fate.value: 0 for fate in Fate}), Counter[str](), 0, 0
        validated, rejected = (
            DatasetWriter(self.layout.table(asset, self.partition), arrow_schema(model), inputs)
            for asset, model in TABLES
        )
        with validated, rejected:
            for fated, planned, refused in ahead(self._chunks(judged, contested, notes)):
                fates.update(fated["fate"].tolist())
                is_corrected = fated["position"].isin(notes.superseded.keys())
                codes.update(fated.loc[(fated["fate"] != Fate.PLANNED) & ~is_corrected, "code"].tolist())
                superseded += int(is_corrected.sum())
                write_chunk(validated, *TABLES[0], planned)
                write_chunk(rejected, *TABLES[1], refused)
                rows += len(fated)
                self._advance(len(fated))
            columns = tuple(dict.fromkeys(header for intake in intakes for header in intake.columns))
            facts = {
                "intakes": [intake.content_hash for intake in intakes],
                "rows": rows,
                "fates": dict(fates),
                "codes": dict(codes.most_common()),
                "columns": columns,
                "superseded": superseded,
                "cleaned": self._cleaned,
                "judged_with": dict(self.judged_with),
            }
            stamps = validated.finish(facts), rejected.finish(facts)
        headers = {role.value: header for role, header in self.bases[-1].roles.headers.items()}
        return RecipientsSummary(*stamps, rows, dict(fates), dict(codes.most_common()), columns, headers, self._cleaned)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
