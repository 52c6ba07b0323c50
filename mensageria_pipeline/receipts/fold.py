"""Reports that came in are understood, one look at a time: placed, obeyed, and shown beside the results.

1. Placed: which campaign and message each is about.
2. Obeyed, at once: dead addresses and wishes to leave go to the suppression list, and hold for what is being sent.
3. Shown: a campaign that nobody is sending at this moment is held; in-doubt messages that a report speaks of are
   settled, receipts are written beside the results, and metrics and report are made anew. A campaign that is
   being sent writes its receipts itself when it ends, and its reports are looked at again.

Safe to repeat after a kill at any moment: a report is done with last.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery, Wish
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.project import Project
from mensageria_pipeline.receipts.places import places_of
from mensageria_pipeline.reports.build import build_report
from mensageria_pipeline.sending.deliveries import add_deliveries, deliveries_of, write_receipts
from mensageria_pipeline.sending.hold import CampaignHold, hold_if_free
from mensageria_pipeline.sending.ledger.leases import new_owner
from mensageria_pipeline.sending.ledger.receipts import StoredReport
from mensageria_pipeline.sending.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.sending.send import held_plan, refresh_results
from mensageria_pipeline.sending.settle import doubts, settle_doubts

TOGETHER = 50_000
"""Reports that one look takes up, at most; what is left is for the next."""
BY_RECEIPT = "by_receipt"
"""The code of an in-doubt message that a report settled."""
_NOBODYS_AFTER_S = 86_400.0
"""A report whose message is not found for a day is about nothing of ours."""


@dataclass(slots=True)
class FoldReport:
    """What one look came to."""

    taken: int = 0
    """Reports that are done with."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Campaign → reports that wait until its sending ends."""
    unplaced: int = 0
    """Reports whose message is not known, or not yet."""
    suppressed: int = 0
    """Addresses that are not messaged any more."""
    settled: int = 0
    """In-doubt messages that a report settled."""
    unlisted: int = 0
    """Reports in words that the adapter does not know: kept, and nothing concluded."""
    campaigns: Sequence[str] = ()
    """Those whose results changed."""


def fold(project: Project) -> FoldReport:
    """Understand every report that is not done with."""
    receipts = project.ledger.receipts
    newest = receipts.newest()
    reports = _placed(project, receipts.open(TOGETHER))
    found = FoldReport(unlisted=sum(report.delivery is Delivery.UNLISTED for report in reports))
    found.suppressed = _obey(project, reports)
    by_campaign: dict[str, list[StoredReport]] = defaultdict(list)
    for report in reports:
        by_campaign[report.campaign].append(report)
    nameless = by_campaign.pop("", [])
    found.taken += _finish_nameless(project, nameless)
    found.unplaced = len(nameless) - found.taken
    changed, waiting = [], {}
    for campaign, mine in sorted(by_campaign.items()):
        settled = _show(project, campaign, mine)
        if settled is None:
            waiting[campaign] = len(mine)
            continue
        receipts.finish([report.seq for report in mine])
        changed.append(campaign)
        found.taken += len(mine)
        found.settled += settled
    found.campaigns, found.waiting = changed, waiting
    _tell(project, changed)
    receipts.looked_at(newest)
    return found


def _placed(project: Project, reports: list[StoredReport]) -> list[StoredReport]:
    """The same reports with campaign, message and channel, where those are known."""
    receipts = project.ledger.receipts
    lost = [each for each in reports if not each.campaign and (each.message_id or each.provider_message_id)]
    places = places_of(project.layout, lost) if lost else {}
    if not places:
        return reports
    receipts.place(places)
    return [
        report._replace(campaign=places[report.seq][0], message_id=places[report.seq][1], channel=places[report.seq][2])
        if report.seq in places
        else report
        for report in reports
    ]


def _obey(project: Project, reports: Sequence[StoredReport]) -> int:
    """Put dead addresses and people who want to leave on the suppression list; how many addresses were named."""
    suppressions = project.ledger.suppressions
    keys = _address_keys(project, [each for each in reports if each.delivery is Delivery.BOUNCED or each.wish])
    dead = [each for each in reports if each.delivery is Delivery.BOUNCED and each.seq in keys]
    suppressions.bury(
        {"address_key": keys[each.seq], "mode": Mode.LIVE.value, "channel": each.channel,
         "reason": each.code or Delivery.BOUNCED.value, "campaign": each.campaign}
        for each in dead
    )  # fmt: skip
    leaving = [each for each in reports if each.wish is Wish.LEAVE and each.seq in keys]
    suppressions.suppress(
        [
            OptOut(keys[each.seq], Subject.ADDRESS, each.channel, EVERY_CAMPAIGN, OptOutReason.OPTED_OUT, each.provider)
            for each in leaving
        ]
    )
    return len({keys[each.seq] for each in (*dead, *leaving)})


def _address_keys(project: Project, reports: Sequence[StoredReport]) -> dict[int, str]:
    """Report number → the keyed hash of the address it is about: its own, or where its message went."""
    found = {report.seq: report.address_key for report in reports if report.address_key}
    by_campaign: dict[str, list[StoredReport]] = defaultdict(list)
    for report in reports:
        if report.seq not in found and report.campaign:
            by_campaign[report.campaign].append(report)
    for campaign, mine in by_campaign.items():
        keys = project.ledger.journal(campaign).address_keys([report.message_id for report in mine])
        found |= {report.seq: keys[report.message_id] for report in mine if report.message_id in keys}
    return found


def _finish_nameless(project: Project, reports: Sequence[StoredReport]) -> int:
    """Be done with reports that name no message, and with those whose message was not found for long; how many."""
    answers = [report.seq for report in reports if not (report.message_id or report.provider_message_id)]
    limit = int((time.time() - _NOBODYS_AFTER_S) * 1e6)
    nobodys = [report.seq for report in reports if report.seq not in set(answers) and report.received_at_us < limit]
    project.ledger.receipts.finish(answers)
    project.ledger.receipts.finish(nobodys, is_known=False)
    return len(answers) + len(nobodys)


def _show(project: Project, campaign: str, reports: Sequence[StoredReport]) -> int | None:
    """Write what receipts say beside a campaign's results; how many doubts they settled. None: it is being sent."""
    with hold_if_free(project.ledger, campaign, new_owner()) as hold:
        if hold is None:
            return None
        settled = _settle(project, hold, campaign, reports)
        receipts = project.ledger.receipts.of(campaign)
        write_receipts(project.layout, campaign, receipts)
        deliveries = deliveries_of(receipts)
        for path in sorted(project.layout.partition_dir(Asset.SEND_RESULTS, campaign).glob("[!.]*.parquet")):
            add_deliveries(path, deliveries)
    return settled


def _settle(project: Project, hold: CampaignHold, campaign: str, reports: Sequence[StoredReport]) -> int:
    """A provider that reports on a message has taken it: where that was in doubt, it no longer is."""
    spoken_of = {report.message_id for report in reports if report.delivery}
    if not spoken_of or not project.layout.table(Asset.MESSAGES, campaign).exists():
        return 0
    with held_plan(project.layout, campaign) as plan:
        found = [each for each in doubts(plan, project.ledger.journal(campaign)) if each.message_id in spoken_of]
        if not found:
            return 0
        count = settle_doubts(project.ledger, hold, found, Outcome.ACCEPTED, BY_RECEIPT)
        refresh_results(project.layout, project.ledger, campaign, plan)
    return count


def _tell(project: Project, campaigns: Sequence[str]) -> None:
    """Metrics and reports of campaigns whose results changed."""
    if not campaigns:
        return
    publish(project.layout, campaigns)
    for campaign in campaigns:
        build_report(project.layout, campaign)
