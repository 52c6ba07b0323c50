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

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery, OptOutRequest
from mensageria_pipeline.errors import LeaseLostError, MensageriaError
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, lease_if_free
from mensageria_pipeline.ledger.leases import Watch, new_owner
from mensageria_pipeline.ledger.receipts import ReceiptState, StoredReceipt
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.receipts.match import match_receipts
from mensageria_pipeline.sending.deliveries import add_deliveries, deliveries_of, write_receipts
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot
from mensageria_pipeline.sending.send import refresh_results
from mensageria_pipeline.sending.settle import settle_receipted
from mensageria_pipeline.sending.unrecorded import check_recorded
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset

TOGETHER = 20_000
"""Reports that are placed and obeyed together."""
BY_RECEIPT = "by_receipt"
"""The code of an in-doubt message that a report settled."""
_UNMATCHED_AFTER_S = 86_400.0
"""A report whose message is not found for a day is about nothing of ours."""
_LOOK_S = 0.5
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ProcessSummary:
    """What one look came to."""

    taken: int = 0
    """Reports that are done with."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Campaign → reports that are shown once its sending ends."""
    troubled: dict[str, str] = field(default_factory=dict)
    """Campaign → why its reports could not be shown, as a key or a kind of error; tried again by the next look."""
    awaiting_match: int = 0
    """Reports whose message is not known, or not yet."""
    suppressed: int = 0
    """Addresses that are not messaged any more."""
    unreadable: int = 0
    """Wishes to leave from an address that cannot be read: nobody could be suppressed."""
    settled: int = 0
    """In-doubt messages that a report settled."""
    unlisted: int = 0
    """Reports in words that the adapter does not know: kept, and nothing concluded."""
    misdated: int = 0
    """Reports, of all that are kept, whose provider gave them a date that cannot be: they have none."""
    campaigns: list[str] = field(default_factory=list)
    """Those whose results changed."""


def process_receipts(project: Project) -> ProcessSummary:
    """Understand every report that is not done with."""
    found = obey_receipts(project)
    store = project.ledger.receipts
    _show_all(project, found)
    counts = store.counts()
    found.awaiting_match, found.misdated = counts.awaiting_match, counts.misdated
    _logger.info(
        "receipts folded",
        extra={
            "taken": found.taken,
            "unplaced": found.awaiting_match,
            "suppressed": found.suppressed,
            "settled": found.settled,
            "unlisted": found.unlisted,
            "misdated": found.misdated,
            "campaigns": list(found.campaigns),
        },
    )
    return found


def obey_receipts(project: Project) -> ProcessSummary:
    """Place and obey, and show nothing: whoever sends does so first, so that who asked to leave a moment ago is left
    alone also where no sensor runs."""
    found, store = ProcessSummary(), project.ledger.receipts
    _match_again(project, found)
    while new := store.in_state(ReceiptState.OPEN, TOGETHER):
        found.unlisted += sum(receipt.delivery is Delivery.UNLISTED for receipt in new)
        _take_in_new(project, new, found)
    return found


# Placed and obeyed.


def _match_again(project: Project, found: ProcessSummary) -> None:
    """Reports that had no message: they may have one now; after a day they are nobody's."""
    store = project.ledger.receipts
    lost = store.in_state(ReceiptState.AWAITING_MATCH, TOGETHER)
    limit = int((time.time() - _UNMATCHED_AFTER_S) * 1e6)
    matched = _matched(project, lost)
    untold = _untold(project, matched, found)
    known = [receipt for receipt in matched if receipt.campaign and receipt.campaign not in untold]
    gone = [receipt for receipt in matched if not receipt.campaign and receipt.received_at_us < limit]
    found.suppressed += _apply(project, known)
    store.move(known, ReceiptState.APPLIED)
    store.move(gone, ReceiptState.UNMATCHED)
    found.taken += len(gone)


def _take_in_new(project: Project, receipts: Sequence[StoredReceipt], found: ProcessSummary) -> None:
    store = project.ledger.receipts
    everything = _matched(project, receipts)
    untold = _untold(project, everything, found)
    matched = [receipt for receipt in everything if receipt.campaign not in untold]
    found.suppressed += _apply(project, matched)
    named = [receipt for receipt in matched if receipt.campaign]
    waiting = [receipt for receipt in everything if receipt.campaign in untold]
    answers = [receipt for receipt in matched if not _names_a_message(receipt) and not receipt.campaign]
    lost = [receipt for receipt in matched if _names_a_message(receipt) and not receipt.campaign]
    found.unreadable += sum(receipt.wish is not None and not receipt.address_key for receipt in answers)
    store.move(named, ReceiptState.APPLIED)
    store.move(answers, ReceiptState.DONE)
    store.move([*lost, *waiting], ReceiptState.AWAITING_MATCH)
    found.taken += len(answers)


def _untold(project: Project, receipts: Sequence[StoredReceipt], found: ProcessSummary) -> set[str]:
    """Campaigns whose journal cannot be read, and so cannot say which address is dead or wants to leave: they wait."""
    untold = set()
    for campaign in {each.campaign for each in receipts if each.campaign and _is_about_an_address(each)}:
        try:
            project.ledger.journal(campaign).fences()
        except MensageriaError as error:
            found.troubled[campaign] = error.key
            untold.add(campaign)
    return untold


def _is_about_an_address(receipt: StoredReceipt) -> bool:
    return receipt.delivery is Delivery.BOUNCED or receipt.wish is not None


def _names_a_message(receipt: StoredReceipt) -> bool:
    return bool(receipt.message_id or receipt.provider_message_id)


def _matched(project: Project, receipts: Sequence[StoredReceipt]) -> list[StoredReceipt]:
    """The same reports with campaign, message and channel, where those are known."""
    lost = [each for each in receipts if not each.campaign and _names_a_message(each)]
    matches = match_receipts(project.layout, lost) if lost else {}
    return [
        receipt._replace(
            campaign=matches[receipt.seq][0], message_id=matches[receipt.seq][1], channel=matches[receipt.seq][2]
        )
        if receipt.seq in matches
        else receipt
        for receipt in receipts
    ]


def _apply(project: Project, receipts: Sequence[StoredReceipt]) -> int:
    """Put dead addresses and people who want to leave on the suppression list; how many addresses were named."""
    suppressions = project.ledger.suppressions
    keys = _address_keys(project, [each for each in receipts if _is_about_an_address(each)])
    dead = [each for each in receipts if each.delivery is Delivery.BOUNCED and each.seq in keys]
    suppressions.add_dead_addresses(
        {
            "address_key": keys[each.seq],
            "mode": Mode.LIVE.value,
            "channel": each.channel,
            "reason": each.code or Delivery.BOUNCED.value,
            "campaign": each.campaign,
        }
        for each in dead
    )
    leaving = [each for each in receipts if each.wish is OptOutRequest.LEAVE and each.seq in keys]
    suppressions.suppress(
        [
            OptOut(keys[each.seq], Subject.ADDRESS, each.channel, EVERY_CAMPAIGN, OptOutReason.OPTED_OUT, each.provider)
            for each in leaving
        ]
    )
    return len({keys[each.seq] for each in (*dead, *leaving)})


def _address_keys(project: Project, receipts: Sequence[StoredReceipt]) -> dict[int, str]:
    """Report number → the keyed hash of the address it is about: its own, or where its message went."""
    found = {receipt.seq: receipt.address_key for receipt in receipts if receipt.address_key}
    by_campaign: dict[str, list[StoredReceipt]] = defaultdict(list)
    for receipt in receipts:
        if receipt.seq not in found and receipt.campaign:
            by_campaign[receipt.campaign].append(receipt)
    for campaign, mine in by_campaign.items():
        keys = project.ledger.journal(campaign).address_keys([receipt.message_id for receipt in mine])
        found |= {receipt.seq: keys[receipt.message_id] for receipt in mine if receipt.message_id in keys}
    return found


# Shown.


def _show_all(project: Project, found: ProcessSummary) -> None:
    """Every campaign with something to show that is free, or whose holder turns out to have been killed."""
    watch = project.ledger.leases.watch()
    for campaign, count in _free_or_dead(project, watch):
        try:
            with lease_if_free(project.ledger, campaign, new_owner(), watch) as campaign_lease:
                if campaign_lease is None:
                    found.waiting[campaign] = count
                else:
                    _show(project, campaign_lease, campaign, found)
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
        found = states.states(campaign).items()
        return not all([watch.has_run_out((campaign, shard), state) for shard, state in found])  # noqa: C419 - each is watched

    held = [campaign for campaign in waiting if is_held(campaign)]
    yield from ((campaign, count) for campaign, count in waiting.items() if campaign not in held)
    deadline = time.monotonic() + states.times.lease_s + 2 * _LOOK_S
    while time.monotonic() < deadline and [campaign for campaign in held if is_held(campaign)]:
        time.sleep(_LOOK_S)
    yield from ((campaign, waiting[campaign]) for campaign in held)


def _show(project: Project, campaign_lease: CampaignLease, campaign: str, found: ProcessSummary) -> None:
    """Write what receipts say beside a campaign's results, then its metrics and report; then be done with them."""
    lost = threading.Event()
    campaign_lease.keeper.keep(campaign_lease.lease, lost.set)
    receipts = project.ledger.receipts.unshown(campaign)
    settled = _settle(project, campaign_lease, campaign, receipts)
    deliveries = deliveries_of(write_receipts(project.layout, project.ledger, campaign))
    folder = project.layout.partition_dir(Asset.SEND_RESULTS, campaign)
    for path in sorted(folder.glob(f"[!.]*-{Mode.LIVE.value}.parquet")):
        if lost.is_set():  # another run has taken over, and its results are newer
            raise LeaseLostError(campaign)
        add_deliveries(path, deliveries, settled, BY_RECEIPT)
    publish(project.layout, [campaign])
    if any(folder.glob("[!.]*.parquet")):
        control.report(project, campaign)
    project.ledger.receipts.move(receipts, ReceiptState.DONE)
    found.taken += len(receipts)
    found.settled += len(settled)
    found.campaigns.append(campaign)


def _settle(
    project: Project, campaign_lease: CampaignLease, campaign: str, receipts: Sequence[StoredReceipt]
) -> list[str]:
    """A provider that reports on a message has taken it: where that was in doubt, it no longer is."""
    spoken_of = sorted({each.message_id for each in receipts if each.delivery not in {None, Delivery.UNLISTED}})
    check_recorded(project.layout, project.ledger, campaign)
    settled = settle_receipted(project.ledger, campaign_lease, spoken_of, BY_RECEIPT) if spoken_of else []
    if settled and project.layout.table(Asset.MESSAGES, campaign).exists():
        with plan_snapshot(project.layout, campaign) as plan:
            refresh_results(project.layout, project.ledger, campaign_lease, plan)
    return settled
