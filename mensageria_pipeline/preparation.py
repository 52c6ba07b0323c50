"""Stages put together: what one stage asks of another is handed over here, because stages do not know each other."""

import logging
from collections.abc import Sequence

from mensageria_pipeline.contracts.campaign import CampaignDefinition
from mensageria_pipeline.contracts.layout import Layout
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.messages.plan import template_needs
from mensageria_pipeline.people.opt_out_lists import ImportReport, import_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.recipients.normalize import TextNeeds
from mensageria_pipeline.recipients.validate import ProgressSink, RecipientsReport, validate_recipients
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.memory import LedgerMemory

_logger = logging.getLogger(__name__)


def take_in_lists(project: Project) -> ImportReport:
    """import_lists of the project's own folder; before people are judged, and again before they are sent to."""
    settings = project.settings
    return import_lists(
        project.layout, project.ledger, project.registry, settings.limits, settings.input_settle_s
    )  # fmt: skip


def judge_recipients(
    layout: Layout,
    ledger: Ledger,
    partition: Partition,
    definition: CampaignDefinition,
    on_progress: ProgressSink = lambda _done, _total: None,
) -> RecipientsReport:
    """validate_recipients with what the campaign's text needs and what its ledger knows."""

    def needs_of(headers: Sequence[str]) -> TextNeeds:
        needs = template_needs(definition, partition, headers)
        return TextNeeds(needs.required, needs.used, needs.can_render, needs.columns)

    mode = Mode.LIVE if definition.is_live else Mode.SIMULATED
    memory = LedgerMemory(ledger, partition, definition.edition, mode)
    report = validate_recipients(layout, partition.key, definition, memory, needs_of, on_progress)
    _logger.info("recipients judged", extra={"rows": report.row_count, "fates": dict(report.fates)})
    return report
