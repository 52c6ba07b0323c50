"""Stages put together: what one stage asks of another is handed over here, because stages do not know each other."""

import logging
from collections.abc import Sequence
from functools import partial

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.history import LedgerHistory
from mensageria_pipeline.ledger.suppressions import OptOut
from mensageria_pipeline.messages.plan import MessagesSummary, plan_messages, template_needs
from mensageria_pipeline.providers.choice import accepted_kinds, provider_for
from mensageria_pipeline.recipients.normalize import TextNeeds
from mensageria_pipeline.recipients.validate import ProgressSink, RecipientsSummary, validate_recipients
from mensageria_pipeline.sending.carried import CARRIED, carried
from mensageria_pipeline.sending.unrecorded import check_own
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.settled import FAILED, judged_by
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.suppressions.opt_out_lists import ImportSummary, import_lists, opt_outs_not_taken_in

_logger = logging.getLogger(__name__)


def take_in_lists(project: Project) -> ImportSummary:
    """import_lists of the project's own folder; before people are judged, and again before they are sent to."""
    settings = project.settings
    return import_lists(project.layout, project.ledger, project.registry, settings.limits, settings.input_settle_s)


def opt_outs_waiting(project: Project) -> list[OptOut]:
    """What take_in_lists would add; for who only looks."""
    settings = project.settings
    return opt_outs_not_taken_in(
        project.layout, project.ledger, project.registry, settings.limits, settings.input_settle_s
    )


def judge_recipients(
    layout: Layout,
    ledger: Ledger,
    partition: Partition,
    definition: CampaignDefinition,
    on_progress: ProgressSink = lambda _done, _total: None,
    not_taken_in: Sequence[OptOut] = (),
) -> RecipientsSummary:
    """validate_recipients with what the campaign's text needs and what its ledger knows.

    `not_taken_in`: opt-outs of lists that the ledger does not have yet.
    """

    def needs_of(headers: Sequence[str]) -> TextNeeds:
        needs = template_needs(definition, partition, headers)
        return TextNeeds(needs.required, needs.used, needs.can_render, needs.columns)

    mode = definition.mode
    judged_with = judged_by(layout, ledger, definition)  # before the ledger is asked: what comes meanwhile is news
    memory = LedgerHistory(ledger, partition, definition.edition, mode, not_taken_in)
    judged_with |= {FAILED: memory.failed}
    kinds = partial(accepted_kinds, partition.campaign, definition)
    summary = validate_recipients(layout, partition.key, definition, memory, needs_of, kinds, on_progress, judged_with)
    _logger.info("recipients judged", extra={"rows": summary.row_count, "fates": dict(summary.fates)})
    return summary


def plan_campaign(
    layout: Layout,
    ledger: Ledger,
    partition: Partition,
    definition: CampaignDefinition,
    on_progress: ProgressSink = lambda _done, _total: None,
) -> MessagesSummary:
    """plan_messages through providers that take the campaign's channels.

    Raises DefinitionError where one does not, and LedgerError where messages of another ledger are there: what has left
    of them is not known here.
    """
    check_own(layout, ledger, partition.key)
    choice = partial(provider_for, partition.campaign, definition)
    found = carried(layout, partition.key, definition)
    further = {CARRIED: found} if found else {}
    return plan_messages(layout, partition, definition, ledger.key, ledger.id, choice, further, on_progress)
