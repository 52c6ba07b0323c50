"""validated_recipients → messages: one row per message, with its text and its name for ever."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.campaign import HOW_NOT_WHAT, SIMULATED, CampaignDefinition, OneMessagePer
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.dataset import BATCH_ROWS, Stamp, read_stamp, write_dataset
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.messages import SCHEMA, Identity, Mode, address_key, message_id
from mensageria_pipeline.contracts.names import Partition, column_key
from mensageria_pipeline.contracts.raw_base import Intake, list_intakes
from mensageria_pipeline.errors import ContractError, StaleInputError
from mensageria_pipeline.messages.templates import Renderer, template_of


@dataclass(frozen=True, slots=True)
class MessagesReport:
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


def template_needs(definition: CampaignDefinition, partition: Partition, headers: Sequence[str]) -> TemplateNeeds:
    """Raises TemplateError when the template cannot be read; columns that are missing are not its concern."""
    renderer = Renderer(template_of(definition, partition.campaign, headers))
    columns = renderer.columns_for(headers)
    is_complete = all(name in columns for name in renderer.required)

    def can_render(cells: Mapping[str, str], channel: str) -> bool:
        values = {name: cells[header] for name, header in columns.items() if cells[header]}
        return renderer.render(values, channel).problem is None

    used = list(dict.fromkeys(columns.values())) if is_complete and renderer.may_fail else []
    return TemplateNeeds([columns[name] for name in renderer.required if name in columns], used, can_render)


def plan_messages(layout: Layout, partition: Partition, definition: CampaignDefinition, key: bytes) -> MessagesReport:
    """Render one message per validated recipient and write the table.

    Raises TemplateError before anything is rendered when a placeholder cannot be filled by every intake, and
    ContractError when a planned row would end without a message.
    """
    source = layout.table(Asset.VALIDATED_RECIPIENTS, partition.key)
    recipients = read_stamp(source)
    if recipients is None:
        raise StaleInputError("step_missing", asset=Asset.VALIDATED_RECIPIENTS, campaign=partition.key)
    planner = _Planner(partition, definition, key, list_intakes(layout, partition.key))
    stamp = write_dataset(
        layout.table(Asset.MESSAGES, partition.key), SCHEMA, planner.batches(source),
        inputs={
            Asset.VALIDATED_RECIPIENTS.value: recipients.fingerprint,
            "definition": definition.fingerprint(without=HOW_NOT_WHAT),
        },
        facts={"edition": definition.edition},
    )  # fmt: skip
    if stamp.row_count != recipients.row_count:
        raise ContractError(
            "messages_not_conserved",
            campaign=partition.key,
            expected=recipients.row_count,
            found=stamp.row_count,
        )
    return MessagesReport(stamp, dict(planner.providers), planner.problems, tuple(sorted(planner.placeholders)))


class _Planner:
    """Turns batches of recipients into batches of messages."""

    def __init__(
        self, partition: Partition, definition: CampaignDefinition, key: bytes, intakes: Sequence[Intake]
    ) -> None:
        self._partition, self._definition, self._key = partition, definition, key
        self._renderers = {intake.content_hash: self._renderer(intake) for intake in intakes}
        self._fields = {
            intake.content_hash: self._renderers[intake.content_hash].columns_for(intake.columns) for intake in intakes
        }
        self.placeholders = {name for renderer in self._renderers.values() for name in renderer.placeholders}
        self.providers: Counter[str] = Counter()
        self.problems = 0

    def _renderer(self, intake: Intake) -> Renderer:
        renderer = Renderer(template_of(self._definition, self._partition.campaign, intake.columns))
        renderer.check_against(intake.columns)
        return renderer

    def batches(self, source: object) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(source, page_checksum_verification=True) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                yield pa.RecordBatch.from_pylist([self._message(row) for row in batch.to_pylist()], schema=SCHEMA)

    def _message(self, row: Mapping[str, str | int]) -> dict[str, object]:
        intake, channel, address = str(row["intake"]), str(row["channel"]), str(row["address"])
        provider = self._definition.provider_for(self._partition.campaign, Channel(channel))
        rendered = self._renderers[intake].render(self._values(intake, str(row["fields"])), channel)
        per_person = self._definition.one_message_per is OneMessagePer.PERSON
        identity = Identity(
            self._partition, self._definition.edition, channel,
            str(row["person"]) if per_person else address, int(row["revision"]),
        )  # fmt: skip
        self.providers[provider] += 1
        self.problems += rendered.problem is not None
        return {
            "message_id": message_id(self._key, identity),
            "intake": intake, "row_number": row["row_number"], "person": row["person"], "channel": channel,
            "address": address, "address_key": address_key(self._key, channel, address), "provider": provider,
            "mode": (Mode.SIMULATED if provider == SIMULATED else Mode.LIVE).value,
            "edition": self._definition.edition, "title": rendered.title, "body": rendered.body,
            "data": json.dumps(rendered.data or {}, ensure_ascii=False), "problem": rendered.problem,
        }  # fmt: skip

    def _values(self, intake: str, fields: str) -> dict[str, str]:
        cells: Mapping[str, str | None] = json.loads(fields)
        named = ((name, cells.get(column_key(header) or header)) for name, header in self._fields[intake].items())
        return {name: value for name, value in named if value is not None and value.strip()}
