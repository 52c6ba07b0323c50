"""Reports that came in are understood, one look at a time: placed, obeyed, and shown beside the results.

1. Placed: which campaign and message each is about.
2. Obeyed, at once and once: dead addresses and wishes to leave go to the suppression list, and hold for what is being
   sent.
3. Shown: a campaign that nobody is sending at this moment is held; in-doubt messages that a report speaks of are
   settled, receipts are written beside the results, and metrics and report are made anew. A campaign that is
   being sent writes its receipts itself when it ends.

Safe to repeat after a kill at any moment: how far a report is, is noted last. One campaign's trouble stops no other.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mensageria_pipeline import control
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery, Wish
from mensageria_pipeline.errors import LeaseLostError, MensageriaError
from mensageria_pipeline.project import Project
from mensageria_pipeline.receipts.places import places_of
from mensageria_pipeline.sending.deliveries import add_deliveries, deliveries_of, write_receipts
from mensageria_pipeline.sending.hold import CampaignHold, hold_if_free
from mensageria_pipeline.sending.ledger.leases import LEASE_S, Watch, new_owner
from mensageria_pipeline.sending.ledger.receipts import ReportState, StoredReport
from mensageria_pipeline.sending.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.sending.send import held_plan, refresh_results
from mensageria_pipeline.sending.settle import settle_reported

TOGETHER = 20_000
"""Reports that are placed and obeyed together."""
BY_RECEIPT = "by_receipt"
"""The code of an in-doubt message that a report settled."""
_NOBODYS_AFTER_S = 86_400.0
"""A report whose message is not found for a day is about nothing of ours."""
_LOOK_S = 0.5
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class FoldReport:
    """What one look came to."""

    taken: int = 0
    """Reports that are done with."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Campaign → reports that are shown once its sending ends."""
    troubled: dict[str, str] = field(default_factory=dict)
    """Campaign → why its reports could not be shown, as a key or a kind of error; tried again by the next look."""
    unplaced: int = 0
    """Reports whose message is not known, or not yet."""
    suppressed: int = 0
    """Addresses that are not messaged any more."""
    unreadable: int = 0
    """Wishes to leave from an address that cannot be read: nobody could be suppressed."""
    settled: int = 0
    """In-doubt messages that a report settled."""
    unlisted: int = 0
    """Reports in words that the adapter does not know: kept, and nothing concluded."""
    campaigns: list[str] = field(default_factory=list)
    """Those whose results changed."""


def fold(project: Project) -> FoldReport:
    """Understand every report that is not done with."""
    found = FoldReport()
    _look_again(project, found)
    receipts = project.ledger.receipts
    while new := receipts.in_state(ReportState.OPEN, TOGETHER):
        found.unlisted += sum(report.delivery is Delivery.UNLISTED for report in new)
        _take_up(project, new, found)
    _show_all(project, found)
    found.unplaced = receipts.counts().unplaced
    _logger.info(
        "receipts folded",
        extra={"taken": found.taken, "unplaced": found.unplaced, "suppressed": found.suppressed,
               "settled": found.settled, "unlisted": found.unlisted, "campaigns": list(found.campaigns)},
    )  # fmt: skip
    return found


# Placed and obeyed.


def _look_again(project: Project, found: FoldReport) -> None:
    """Reports that had no message: they may have one now; after a day they are nobody's."""
    receipts = project.ledger.receipts
    lost = receipts.in_state(ReportState.UNPLACED, TOGETHER)
    limit = int((time.time() - _NOBODYS_AFTER_S) * 1e6)
    placed = _placed(project, lost)
    known = [report for report in placed if report.campaign]
    gone = [report for report in placed if not report.campaign and report.received_at_us < limit]
    found.suppressed += _obey(project, known)
    receipts.move(known, ReportState.OBEYED)
    receipts.move(gone, ReportState.NOBODYS)
    found.taken += len(gone)


def _take_up(project: Project, reports: Sequence[StoredReport], found: FoldReport) -> None:
    receipts = project.ledger.receipts
    placed = _placed(project, reports)
    found.suppressed += _obey(project, placed)
    named = [report for report in placed if report.campaign]
    answers = [report for report in placed if not _names_a_message(report) and not report.campaign]
    lost = [report for report in placed if _names_a_message(report) and not report.campaign]
    found.unreadable += sum(report.wish is not None and not report.address_key for report in answers)
    receipts.move(named, ReportState.OBEYED)
    receipts.move(answers, ReportState.DONE)
    receipts.move(lost, ReportState.UNPLACED)
    found.taken += len(answers)


def _names_a_message(report: StoredReport) -> bool:
    return bool(report.message_id or report.provider_message_id)


def _placed(project: Project, reports: Sequence[StoredReport]) -> list[StoredReport]:
    """The same reports with campaign, message and channel, where those are known."""
    lost = [each for each in reports if not each.campaign and _names_a_message(each)]
    places = places_of(project.layout, lost) if lost else {}
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


# Shown.


def _show_all(project: Project, found: FoldReport) -> None:
    """Every campaign with something to show that is free, or whose holder turns out to have been killed."""
    watch = Watch()
    for campaign, count in _free_or_dead(project, watch):
        with hold_if_free(project.ledger, campaign, new_owner(), watch) as hold:
            if hold is None:
                found.waiting[campaign] = count
                continue
            try:
                _show(project, hold, campaign, found)
            except LeaseLostError:
                found.waiting[campaign] = count
            except MensageriaError as error:
                found.troubled[campaign] = error.key
            except Exception as error:  # noqa: BLE001 - one campaign's trouble; its text may be personal
                found.troubled[campaign] = type(error).__name__


def _free_or_dead(project: Project, watch: Watch) -> Iterator[tuple[str, int]]:
    """Campaigns with something to show; those that somebody holds last, once their beat was watched."""
    states = project.ledger.leases
    waiting = project.ledger.receipts.waiting()

    def is_held(campaign: str) -> bool:
        return not all(watch.has_run_out((campaign, shard), state) for shard, state in states.states(campaign).items())

    held = [campaign for campaign in waiting if is_held(campaign)]
    yield from ((campaign, count) for campaign, count in waiting.items() if campaign not in held)
    deadline = time.monotonic() + LEASE_S + 2 * _LOOK_S
    while held and time.monotonic() < deadline and any(map(is_held, held)):
        time.sleep(_LOOK_S)
    yield from ((campaign, waiting[campaign]) for campaign in held)


def _show(project: Project, hold: CampaignHold, campaign: str, found: FoldReport) -> None:
    """Write what receipts say beside a campaign's results, then its metrics and report; then be done with them."""
    lost = threading.Event()
    hold.keeper.keep(hold.lease, lost.set)
    reports = project.ledger.receipts.unshown(campaign)
    settled = _settle(project, hold, campaign, reports)
    deliveries = deliveries_of(write_receipts(project.layout, campaign, project.ledger.receipts.of(campaign)))
    folder = project.layout.partition_dir(Asset.SEND_RESULTS, campaign)
    for path in sorted(folder.glob(f"[!.]*-{Mode.LIVE.value}.parquet")):
        if lost.is_set():  # another run has taken over, and its results are newer
            raise LeaseLostError(campaign)
        add_deliveries(path, deliveries, settled, BY_RECEIPT)
    publish(project.layout, [campaign])
    if any(folder.glob("[!.]*.parquet")):
        control.report(project, campaign)
    project.ledger.receipts.move(reports, ReportState.DONE)
    found.taken += len(reports)
    found.settled += len(settled)
    found.campaigns.append(campaign)


def _settle(project: Project, hold: CampaignHold, campaign: str, reports: Sequence[StoredReport]) -> list[str]:
    """A provider that reports on a message has taken it: where that was in doubt, it no longer is."""
    spoken_of = sorted({each.message_id for each in reports if each.delivery not in {None, Delivery.UNLISTED}})
    settled = settle_reported(project.ledger, hold, spoken_of, BY_RECEIPT) if spoken_of else []
    if settled and project.layout.table(Asset.MESSAGES, campaign).exists():
        with held_plan(project.layout, campaign) as plan:
            refresh_results(project.layout, project.ledger, campaign, plan)
    return settled
