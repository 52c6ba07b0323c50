"""raw_base → validated_recipients and rejected_recipients, held to their pandera contracts."""

import bisect
import contextlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandera.errors import SchemaErrors

from mensageria_pipeline.contracts.campaign import CampaignDefinition, OneMessagePer
from mensageria_pipeline.contracts.dataset import DatasetWriter, Stamp, ahead
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.queries import open_duckdb, query
from mensageria_pipeline.contracts.raw_base import ROW_FIELDS, list_intakes, raw_fingerprint
from mensageria_pipeline.contracts.recipients import (
    Fate,
    RejectedRecipients,
    ValidatedRecipients,
    arrow_schema,
)
from mensageria_pipeline.errors import ContractError, InputError, StaleInputError
from mensageria_pipeline.recipients.addresses import constant
from mensageria_pipeline.recipients.fates import Decision, FateJudge, Row, SendMemory
from mensageria_pipeline.recipients.judged import CHUNK_ROWS, Base, write_judged
from mensageria_pipeline.recipients.normalize import TextNeeds
from mensageria_pipeline.recipients.refusals import refusals

_PACKAGE = "mensageria_pipeline.recipients"


@dataclass(slots=True)
class RecipientsReport:
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


ProgressSink = Callable[[int, int], None]
"""Called with rows dealt with, and rows in all."""
_MEMORY = "512MB"
_ROW = ["position", "intake", "channel", "address", "known_as", "document", "code"]
"""What a fate depends on, in the order of `_rows`."""


def validate_recipients(
    layout: Layout,
    partition: str,
    definition: CampaignDefinition,
    memory: SendMemory,
    needs_of: Callable[[Sequence[str]], TextNeeds],
    on_progress: ProgressSink = lambda _done, _total: None,
) -> RecipientsReport:
    """Judge every row of every intake of the partition and write both tables. Memory does not grow with the rows.

    `needs_of` says, for a base's headers, what the message's text asks of its rows. Raises InputError
    when a base has no usable address column, and ContractError when rows are not conserved.
    """
    intakes = list_intakes(layout, partition)
    if not intakes:
        raise StaleInputError("step_missing", asset=Asset.RAW_BASE, campaign=partition)
    if any(intake.purged_at for intake in intakes):
        raise InputError("campaign_purged", campaign=partition)
    campaign = Partition.parse(partition).campaign
    bases = [
        Base(number, intake, definition, needs_of(intake.columns), campaign) for number, intake in enumerate(intakes)
    ]
    for base in bases:
        _ = base.roles  # a base without an address column is refused before any row is looked at
    with _scratch(layout, partition) as folder:
        judgement = _Judgement(layout, partition, bases, definition, memory, folder, on_progress)
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
    memory: SendMemory
    folder: Path
    on_progress: ProgressSink

    def write(self) -> RecipientsReport:
        path, total = self.folder / "judged.parquet", sum(base.intake.row_count for base in self.bases)
        self._done, self._total = 0, 2 * total
        found = write_judged(path, self.layout, self.bases, self._connect, self._advance)
        with self._connect() as connection, pq.ParquetFile(path) as judged:
            connection.execute(f"CREATE VIEW judged AS SELECT * FROM read_parquet('{_escaped(path)}')")  # noqa: S608
            corrections = self._corrections(connection)
            crowded = self._crowded(connection, corrections)
            notes = _Notes.of(connection, crowded)
            if len(self.bases) > 1:
                notes.superseded = self._superseded(connection, judged, crowded)
            report = self._write(judged, crowded, notes)
        if not found == total == report.row_count:
            raise ContractError("rows_not_conserved", campaign=self.partition, expected=total, found=report.row_count)
        return report

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return open_duckdb(memory_limit=_MEMORY, temp_directory=str(self.folder / "spilled"))

    def _advance(self, rows: int) -> None:
        self._done += rows
        self.on_progress(self._done // 2, self._total // 2)

    def _corrections(self, connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
        """Position of a correction → that of the row it corrects."""
        intakes = pa.table(  # noqa: F841 - DuckDB reads it
            {"number": [base.number for base in self.bases],
             "content_hash": [base.intake.content_hash for base in self.bases]}
        )  # fmt: skip
        connection.execute("CREATE TABLE intakes AS SELECT * FROM intakes")
        connection.execute(f"CREATE TABLE corrections AS {query(_PACKAGE, 'corrections')}")
        return dict(connection.execute("FROM corrections").fetchall())

    def _crowded(self, connection: duckdb.DuckDBPyConnection, corrections: Mapping[int, int]) -> "_Decided":
        """Decide, in the order of arrival, the rows that share their person or address with another."""
        connection.execute(f"CREATE TABLE crowded AS {query(_PACKAGE, 'crowded')}")
        judge = FateJudge(self.definition.one_message_per, self.memory, corrections, self._correcting(connection))
        decided = _Decided()
        wanted = f"SELECT {', '.join(_ROW)} FROM judged WHERE position IN (FROM crowded) ORDER BY position"  # noqa: S608
        rows = connection.sql(wanted)
        for batch in rows.to_arrow_reader(CHUNK_ROWS):
            columns = [column.to_pylist() for column in batch.columns]
            decided.add(columns[0], judge.decide(_rows(columns)))
        return decided

    def _correcting(self, connection: duckdb.DuckDBPyConnection) -> dict[int, list[Row]]:
        """Position of a corrected row → the rows that correct it."""
        wanted = f"SELECT {', '.join(_ROW)} FROM judged WHERE position IN (SELECT position FROM corrections)"  # noqa: S608
        columns = [column.to_pylist() for column in connection.sql(wanted).to_arrow_table().columns]
        originals = dict(connection.execute("FROM corrections").fetchall())
        found: dict[int, list[Row]] = {}
        for row in _rows(columns):
            found.setdefault(originals[row.position], []).append(row)
        return found

    def _fated(self, table: pa.Table, crowded: "_Decided") -> pd.DataFrame:
        """The rows of a chunk with their fate, code, revision and the row they refer to."""
        frame = table.select(["position", "code"]).to_pandas()
        fates = constant(Fate.PLANNED.value, frame.index).mask(frame["code"] != "", Fate.REJECTED.value)
        frame["fate"] = fates.mask(frame["code"] == Fate.ERASED.value, Fate.ERASED.value)
        if not self.memory.is_blank:
            judge = FateJudge(self.definition.one_message_per, self.memory)
            places = self._known_rows(table)
            rows = _rows([column.to_pylist() for column in table.select(_ROW).take(places).columns])
            decisions = [judge.decide_alone(row) for row in rows]
            frame.loc[places.to_pylist(), "fate"] = [decision.fate.value for decision in decisions]
            frame.loc[places.to_pylist(), "code"] = [decision.code for decision in decisions]
        return crowded.apply(frame.assign(revision=0, refers_to=-1))

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
        self, connection: duckdb.DuckDBPyConnection, judged: pq.ParquetFile, crowded: "_Decided"
    ) -> dict[int, str]:
        connection.execute("CREATE TABLE fates (position BIGINT, fate VARCHAR, code VARCHAR)")
        for group in range(judged.num_row_groups):
            chunk = self._fated(judged.read_row_group(group, _ROW), crowded)  # noqa: F841 - DuckDB reads it
            connection.execute("INSERT INTO fates SELECT position, fate, code FROM chunk")
        return dict(connection.execute(query(_PACKAGE, "superseded")).fetchall())

    def _chunks(
        self, judged: pq.ParquetFile, crowded: "_Decided", notes: "_Notes"
    ) -> Iterator[tuple[pd.DataFrame, pa.Table, pa.Table]]:
        """Per chunk: its fates, and its rows for each of the two tables."""
        files = {base.number: (base.intake.content_hash, base.intake.file_name) for base in self.bases}
        for group in range(judged.num_row_groups):
            table = judged.read_row_group(group)
            fated = self._fated(table, crowded)
            planned = (fated["fate"] == Fate.PLANNED).to_numpy(dtype=bool)
            refused = table.filter(pa.array(~planned))
            yield (
                fated,
                _planned(table, fated, planned, files),
                refusals(refused, fated[~planned], files, notes.referred, notes.superseded),
            )

    def _write(self, judged: pq.ParquetFile, crowded: "_Decided", notes: "_Notes") -> RecipientsReport:
        intakes = [base.intake for base in self.bases]
        inputs = {Asset.RAW_BASE.value: raw_fingerprint(intakes), "definition": self.definition.judging_version}
        fates, codes, rows, superseded = Counter({fate.value: 0 for fate in Fate}), Counter[str](), 0, 0
        validated, rejected = (
            DatasetWriter(self.layout.table(asset, self.partition), arrow_schema(model), inputs)
            for asset, model in _TABLES
        )
        with validated, rejected:
            for fated, planned, refused in ahead(self._chunks(judged, crowded, notes)):
                fates.update(fated["fate"].tolist())
                is_corrected = fated["position"].isin(notes.superseded.keys())
                codes.update(fated.loc[(fated["fate"] != Fate.PLANNED) & ~is_corrected, "code"].tolist())
                superseded += int(is_corrected.sum())
                _write_chunk(validated, *_TABLES[0], planned)
                _write_chunk(rejected, *_TABLES[1], refused)
                rows += len(fated)
                self._advance(len(fated))
            columns = tuple(dict.fromkeys(header for intake in intakes for header in intake.columns))
            facts = {
                "intakes": [intake.content_hash for intake in intakes],
                "rows": rows, "fates": dict(fates), "codes": dict(codes.most_common()), "columns": columns,
                "superseded": superseded,
            }  # fmt: skip
            stamps = validated.finish(facts), rejected.finish(facts)
        headers = {role.value: header for role, header in self.bases[-1].roles.headers.items()}
        return RecipientsReport(*stamps, rows, dict(fates), dict(codes.most_common()), columns, headers)


_TABLES = ((Asset.VALIDATED_RECIPIENTS, ValidatedRecipients), (Asset.REJECTED_RECIPIENTS, RejectedRecipients))


@dataclass
class _Decided:
    """Decisions over crowded rows, by position, in order."""

    positions: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def add(self, positions: Sequence[int], decisions: Sequence[Decision]) -> None:
        self.positions += positions
        self.decisions += decisions

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put the decisions into a chunk of consecutive positions."""
        if frame.empty:
            return frame
        start, end = int(frame["position"].iloc[0]), int(frame["position"].iloc[-1])
        low, high = bisect.bisect_left(self.positions, start), bisect.bisect_right(self.positions, end)
        places = [position - start for position in self.positions[low:high]]
        if places:
            chosen = self.decisions[low:high]
            frame.loc[places, "fate"] = [decision.fate.value for decision in chosen]
            frame.loc[places, "code"] = [decision.code for decision in chosen]
            frame.loc[places, "revision"] = [decision.revision for decision in chosen]
            frame.loc[places, "refers_to"] = [decision.refers_to for decision in chosen]
        return frame


@dataclass
class _Notes:
    """What refused rows say of other rows."""

    referred: dict[int, tuple[int, int]]
    """Position → (intake's number, row number) of rows that others duplicate or repeat."""
    superseded: dict[int, str] = field(default_factory=dict)
    """Position of a rejected row → intake:row of its correction."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, crowded: _Decided) -> "_Notes":
        wanted = sorted({decision.refers_to for decision in crowded.decisions if decision.refers_to >= 0})
        crowded_fates = pa.table({"refers_to": pa.array(wanted, pa.int64())})  # noqa: F841 - DuckDB reads it
        rows = connection.execute(query(_PACKAGE, "referred")).fetchall()
        return cls({position: (intake, row_number) for position, intake, row_number in rows})


def _rows(columns: Sequence[Sequence[Any]]) -> Iterator[Row]:
    """Rows from the columns of `_ROW`."""
    for position, intake, channel, address, known_as, document, code in zip(*columns, strict=True):
        yield Row(position, intake, channel, address, known_as or address, known_as, document, code)


def _planned(
    table: pa.Table, fated: pd.DataFrame, planned: "np.ndarray[Any, np.dtype[np.bool_]]",
    files: Mapping[int, tuple[str, str]],
) -> pa.Table:  # fmt: skip
    kept = table.filter(pa.array(planned))
    intakes = kept["intake"]
    filled = {
        "person": pc.if_else(pc.equal(kept["known_as"], ""), kept["address"], kept["known_as"]),
        "intake": pa.array([content_hash for content_hash, _ in files.values()]).take(intakes),
        "file_name": pa.array([name for _, name in files.values()]).take(intakes),
        "revision": pa.array(fated["revision"].to_numpy()[planned]),
        "fields": kept[ROW_FIELDS],
    }
    schema = arrow_schema(ValidatedRecipients)
    return pa.table([filled[name] if name in filled else kept[name] for name in schema.names], schema=schema)


def _write_chunk(writer: DatasetWriter, asset: Asset, model: type[pandera.DataFrameModel], table: pa.Table) -> None:
    if table.num_rows:
        _check(model, table.to_pandas(), asset)
        writer.write(table)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def _check(model: type[pandera.DataFrameModel], frame: pd.DataFrame, asset: Asset) -> None:
    """Hold rows to their contract. Foreign errors quote values: only rules cross."""
    try:
        model.validate(frame, lazy=True)
    except SchemaErrors as error:
        broken = error.failure_cases[["column", "check"]].drop_duplicates()
        problems = "; ".join(f"{column}: {check}" for column, check in broken.itertuples(index=False))
        raise ContractError("contract_broken", table=asset.value, problems=problems) from None
