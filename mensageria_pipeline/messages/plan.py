"""validated_recipients → messages: one row per message, with its text and its name for ever."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import LEDGER_FACT, READDRESSED, SCHEMA, Mode, Names
from mensageria_pipeline.contracts.partition import Partition, column_key
from mensageria_pipeline.contracts.raw_base import Intake, list_intakes
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.definition.model import HOW_NOT_WHAT, SIMULATED, CampaignDefinition, OneMessagePer
from mensageria_pipeline.errors import ContractError, StaleInputError
from mensageria_pipeline.messages.templates import Renderer, template_of
from mensageria_pipeline.storage.dataset import BATCH_ROWS, Stamp, ahead, read_stamp, write_dataset
from mensageria_pipeline.storage.duckdb import identifier, open_duckdb
from mensageria_pipeline.storage.layout import Asset, Layout

_logger = logging.getLogger(__name__)
ProgressSink = Callable[[int, int], None]
"""Called with messages made, and messages in all."""
ProviderChoice = Callable[[Channel], str]
"""Channel → the name of the provider that its messages go through."""


@dataclass(frozen=True, slots=True)
class MessagesSummary:
    """What was planned."""

    stamp: Stamp
    providers: Mapping[str, int]
    problems: int
    """Messages that could not be rendered: they are recorded as rejected and not sent."""
    placeholders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateNeeds:
    """What a campaign's text asks of the rows of one base."""

    required: list[str]
    """Headers whose emptiness makes a row unfit."""
    used: list[str]
    """Headers whose values may fail to become text; empty when none can."""
    can_render: Callable[[Mapping[str, str], str], bool]
    """Whether a row's cells, by header, become text on a channel."""
    columns: list[str]
    """All headers that the text uses."""


def template_needs(definition: CampaignDefinition, partition: Partition, headers: Sequence[str]) -> TemplateNeeds:
    """Raises TemplateError when the template cannot be read; columns that are missing are not its concern."""
    renderer = Renderer(template_of(definition, partition.campaign, headers))
    columns = renderer.columns_for(headers, definition.columns_added(headers))
    is_complete = all(name in columns for name in renderer.required)

    def can_render(cells: Mapping[str, str], channel: str) -> bool:
        values = {name: cells[header] for name, header in columns.items() if cells[header]}
        return renderer.render(values, channel).problem is None

    used = list(dict.fromkeys(columns.values())) if is_complete and renderer.may_fail else []
    return TemplateNeeds(
        [columns[name] for name in renderer.required if name in columns], used, can_render, list(columns.values())
    )


def plan_messages(
    layout: Layout,
    partition: Partition,
    definition: CampaignDefinition,
    key: bytes,
    ledger_id: str,
    provider_for: ProviderChoice,
    further_inputs: Mapping[str, str],
    on_progress: ProgressSink = lambda _done, _total: None,
) -> MessagesSummary:
    """Render one message per validated recipient and write the table.

    `key` is that of the ledger called `ledger_id`; `further_inputs` are what else the messages depend on.
    `provider_for` names a channel's provider, and raises DefinitionError where there is none that takes it. Raises
    TemplateError before anything is rendered when a placeholder cannot be filled by every intake, and ContractError
    when a planned row would end without a message.
    """
    source = layout.table(Asset.VALIDATED_RECIPIENTS, partition.key)
    recipients = read_stamp(source)
    if recipients is None:
        raise StaleInputError("step_missing", asset=Asset.VALIDATED_RECIPIENTS, campaign=partition.key)
    total, intakes = recipients.row_count, list_intakes(layout, partition.key)
    planner = _Planner(partition, definition, key, intakes, provider_for, lambda done: on_progress(done, total))
    stamp = write_dataset(
        layout.table(Asset.MESSAGES, partition.key),
        SCHEMA,
        planner.batches(source),
        inputs={
            Asset.VALIDATED_RECIPIENTS.value: recipients.fingerprint,
            "definition": definition.fingerprint(without=HOW_NOT_WHAT),
            **further_inputs,
        },
        facts=lambda: planner.facts() | ({LEDGER_FACT: {"id": ledger_id}} if planner.is_live else {}),
    )
    if stamp.row_count != recipients.row_count:
        expected, found = recipients.row_count, stamp.row_count
        raise ContractError("messages_not_conserved", campaign=partition.key, expected=expected, found=found)
    _logger.info("messages planned", extra={"messages": stamp.row_count, ReasonCode.UNRENDERABLE: planner.problems})
    return MessagesSummary(stamp, dict(planner.providers), planner.problems, tuple(sorted(planner.placeholders)))


class _Planner:
    """Turns batches of recipients into batches of messages."""

    def __init__(
        self,
        partition: Partition,
        definition: CampaignDefinition,
        key: bytes,
        intakes: Sequence[Intake],
        provider_for: ProviderChoice,
        on_progress: Callable[[int], None],
    ) -> None:
        self._partition, self._definition = partition, definition
        self._names = Names(key, partition, definition.edition)
        self._provider_for, self._on_progress = provider_for, on_progress
        self._renderers = {intake.content_hash: self._renderer(intake) for intake in intakes}
        self._fields = {intake.content_hash: self._keys(intake) for intake in intakes}
        self.placeholders = {name for renderer in self._renderers.values() for name in renderer.placeholders}
        self.providers: Counter[str] = Counter()
        self.problems = 0
        self.readdressed = 0

    @property
    def is_live(self) -> bool:
        """Whether any message is for a real provider."""
        return any(name != SIMULATED for name in self.providers)

    def facts(self) -> dict[str, object]:
        """What the file says of itself, once all rows have passed."""
        return {"edition": self._definition.edition, READDRESSED: self.readdressed}

    def _renderer(self, intake: Intake) -> Renderer:
        renderer = Renderer(template_of(self._definition, self._partition.campaign, intake.columns))
        renderer.check_against(intake.columns, self._definition.columns_added(intake.columns))
        return renderer

    def _keys(self, intake: Intake) -> dict[str, str]:
        """Placeholder → key of its cell among a row's fields."""
        added = self._definition.columns_added(intake.columns)
        columns = self._renderers[intake.content_hash].columns_for(intake.columns, added)
        return {name: column_key(header) or header for name, header in columns.items()}

    def batches(self, source: Path) -> Iterator[pa.Table]:
        keys = sorted({key for fields in self._fields.values() for key in fields.values()})
        cells = "".join(f", json_extract_string(fields, ?) AS {identifier(f'cell:{key}')}" for key in keys)
        paths = [f"$.{identifier(key)}" for key in keys]
        statement = f"SELECT *{cells} FROM read_parquet(?, hive_partitioning = false)"  # noqa: S608 - identifiers are quoted
        done = 0
        with open_duckdb() as connection:
            relation = connection.sql(statement, params=[*paths, str(source)])
            for batch in ahead(relation.to_arrow_reader(BATCH_ROWS)):
                table = pa.Table.from_batches([batch])
                for part in _runs(table, "intake"):
                    yield self._messages(part)
                done += batch.num_rows
                self._on_progress(done)

    def _messages(self, rows: pa.Table) -> pa.Table:
        """The messages of rows of one intake, in their order; each channel is rendered by its own rules."""
        channels = pc.unique(rows["channel"]).to_pylist()
        if len(channels) == 1:
            return self._of_channel(rows, channels[0])
        masks = [pc.equal(rows["channel"], channel) for channel in channels]
        parts = [self._of_channel(rows.filter(mask), channel) for mask, channel in zip(masks, channels, strict=True)]
        places = pa.concat_arrays([pc.indices_nonzero(mask) for mask in masks])
        return pa.concat_tables(parts).take(pc.sort_indices(places))

    def _of_channel(self, rows: pa.Table, channel: str) -> pa.Table:
        count, intake = rows.num_rows, rows["intake"][0].as_py()
        provider = self._provider_for(Channel(channel))
        mode = Mode.SIMULATED if provider == SIMULATED else Mode.LIVE
        addresses = rows["address"].to_pylist()
        per_person = self._definition.one_message_per is OneMessagePer.PERSON
        recipients = rows["person"].to_pylist() if per_person else addresses
        values = {name: _filled(rows[f"cell:{key}"]) for name, key in self._fields[intake].items()}
        self._renderers[intake].check_channel(channel)
        rendered = self._renderers[intake].render_many(values, count, channel)
        self.providers[provider] += count
        self.readdressed += pc.sum(pc.greater(rows["revision"], 0)).as_py() or 0
        self.problems += count - rendered.problems.null_count
        columns = {
            "message_id": self._names.message_ids(channel, recipients, rows["revision"].to_pylist()),
            "address_key": self._names.address_keys(channel, addresses),
            "provider": pa.repeat(provider, count),
            "mode": pa.repeat(mode.value, count),
            "edition": pa.repeat(pa.scalar(self._definition.edition, pa.int64()), count),
            "title": rendered.titles,
            "body": rendered.bodies,
            "data": _as_json(rendered.data, count),
            "problem": rendered.problems,
        }
        return pa.table([columns[name] if name in columns else rows[name] for name in SCHEMA.names], schema=SCHEMA)


def _runs(table: pa.Table, column: str) -> Iterator[pa.Table]:
    """Slices of consecutive rows that share their value of `column`."""
    ends = pc.run_end_encode(table[column].combine_chunks()).run_ends.to_pylist() if table.num_rows else []
    for start, end in zip([0, *ends], ends, strict=False):
        yield table.slice(start, end - start)


def _filled(column: pa.ChunkedArray) -> pa.Array:
    """Cells as they are; null where there is nothing but white space."""
    cells = column.combine_chunks()
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(cells), ""), pa.scalar(None, pa.string()), cells)


def _as_json(data: Mapping[str, pa.Array], count: int) -> pa.Array:
    if not data:
        return pa.repeat(pa.scalar("{}"), count)
    rows = zip(*(column.to_pylist() for column in data.values()), strict=True)
    return pa.array([json.dumps(dict(zip(data, row, strict=True)), ensure_ascii=False) for row in rows])
