"""A few rows of a list, and the messages that they become: for whoever writes the text."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import list_intakes
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.intake.inspection import FIRST_ROWS, Inspection
from mensageria_pipeline.ledger.test_sends import TestSend
from mensageria_pipeline.providers.email_message import EmailWriter
from mensageria_pipeline.sending.request_preview import MessagePreview, first_messages, show
from mensageria_pipeline.sending.test_send import send_test
from mensageria_pipeline.services.dry_run import DryRun, dry_run, providers_of, scratch_folder, shown_config
from mensageria_pipeline.services.message_to_test import address_to_test, channel_of, message_to_test
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Layout

_NOBODY = "voce@exemplo.com.br"
"""Whom a page comes from while no sender is set."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a list under its headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)

    @classmethod
    def of_file(cls, found: Inspection) -> "Sample":
        return cls._of(found.columns, found.first_rows)

    @classmethod
    def of_campaign(cls, layout: Layout, campaign: str) -> "Sample | None":
        """The first rows of the campaign's latest list; None where it has none, or they were deleted."""
        intakes = [intake for intake in list_intakes(layout, campaign) if not intake.purged_at]
        if not intakes:
            return None
        latest = intakes[-1]
        with pq.ParquetFile(latest.path) as file:
            batch = next(file.iter_batches(FIRST_ROWS, columns=list(latest.columns)), None)
        return cls._of(latest.columns, batch.to_pylist() if batch is not None else [])

    @classmethod
    def _of(cls, headers: Sequence[str], rows: Sequence[dict[str, Any]]) -> "Sample":
        return cls(tuple(headers), tuple(tuple(row[name] or "" for name in headers) for row in rows))

    def write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
            writer.writerow(self.headers)
            writer.writerows(self.rows)


@dataclass(frozen=True, slots=True)
class Pictured:
    """A message, and the page that it is in mail programs; None where it is no e-mail, or has only text."""

    message: MessagePreview = field(repr=False)
    page: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the sample's rows become."""

    messages: list[Pictured]
    refused: tuple[str, ...]
    """Why rows of the sample become no message, in words."""
    columns: tuple[str, ...]
    """What a text may name: the list's own columns, joined and derived ones."""
    missing: tuple[str, ...]
    """Why providers cannot send yet."""


def render(project: Project, campaign: str, definition_yaml: str, sample: Sample) -> Rendering:
    """Raises what preparing raises: DefinitionError above all."""
    with _prepared(project, campaign, definition_yaml, sample) as prepared:
        definition = prepared.definition
        providers, missing = providers_of(project, campaign, definition)
        writer = EmailWriter.of(shown_config(project, campaign, definition), _NOBODY)
        pictured = []
        for message, name, mode in first_messages(prepared.plan, FIRST_ROWS):
            found = show(message, providers.get(name), mode, name, project.settings, definition)
            page = writer.page(message) if message.channel == Channel.EMAIL and not found.refusal else None
            pictured.append(Pictured(found, page))
        return Rendering(
            pictured,
            tuple(ReasonCode(code).label for code in prepared.recipients.codes),
            (*sample.headers, *definition.columns_added(sample.headers)),
            tuple(error.text() for error in missing),
        )


def send_sample(project: Project, campaign: str, definition_yaml: str, sample: Sample, to: str) -> TestSend:
    """Send the sample's first message to an address of whoever tests, marked as a test. Raises what a test raises."""
    channel = channel_of(to)
    address = address_to_test(channel, to)
    with _prepared(project, campaign, definition_yaml, sample) as prepared:
        message, provider = message_to_test(project, prepared, channel)
        addressed: Message = message._replace(address=address)
        return send_test(project.ledger, provider, campaign, addressed, project.settings.timeout_s)


@contextmanager
def _prepared(project: Project, campaign: str, definition_yaml: str, sample: Sample) -> Iterator[DryRun]:
    with scratch_folder(project.layout) as folder:
        path = folder / "amostra.csv"
        sample.write(path)
        with dry_run(project, Partition(campaign), added=path, definition_yaml=definition_yaml, is_alone=True) as made:
            yield made
