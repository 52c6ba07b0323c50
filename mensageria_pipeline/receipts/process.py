"""Reports that came in are understood, one look at a time: matched, applied, and shown beside the results.

Matching and applying is in services/kept_receipts.py: whoever sends or decides does that first. To show them, a
campaign that nobody is sending at this moment is held; messages that a report speaks of are settled, receipts are
written beside the results, and metrics and report are made anew. A campaign that is being sent writes its receipts
itself when it ends.

Safe to repeat after a kill at any moment: how far a report is, is noted last. One campaign's trouble stops no other.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import LeaseLostError, MensageriaError
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, lease_if_free
from mensageria_pipeline.ledger.leases import Watch, new_owner
from mensageria_pipeline.ledger.receipts import ReceiptState, StoredReceipt
from mensageria_pipeline.sending.deliveries import add_deliveries, deliveries_of, write_receipts
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot
from mensageria_pipeline.sending.send import refresh_results
from mensageria_pipeline.sending.settle import BY_RECEIPT, settle_reported
from mensageria_pipeline.sending.unrecorded import check_recorded
from mensageria_pipeline.services import control
from mensageria_pipeline.services.kept_receipts import ProcessSummary, apply_receipts
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset

_LOOK_S = 0.5
_logger = logging.getLogger(__name__)


def process_receipts(project: Project) -> ProcessSummary:
    """Understand every report that is not done with."""
    found = apply_receipts(project)
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
    settled = _settle(project, campaign_lease, campaign)
    accepted = _accepted(project, campaign, receipts)
    deliveries = deliveries_of(write_receipts(project.layout, project.ledger, campaign))
    folder = project.layout.partition_dir(Asset.SEND_RESULTS, campaign)
    for path in sorted(folder.glob(f"[!.]*-{Mode.LIVE.value}.parquet")):
        if lost.is_set():  # another run has taken over, and its results are newer
            raise LeaseLostError(campaign)
        add_deliveries(path, deliveries, accepted, BY_RECEIPT)
    publish(project.layout, [campaign])
    if any(folder.glob("[!.]*.parquet")):
        control.report(project, campaign)
    project.ledger.receipts.move(receipts, ReceiptState.DONE)
    found.taken += len(receipts)
    found.settled += len(settled)
    found.campaigns.append(campaign)


def _accepted(project: Project, campaign: str, receipts: Sequence[StoredReceipt]) -> set[str]:
    """The messages that reports speak of and the journal has as accepted: senders and decisions settle some, too."""
    named = {receipt.message_id for receipt in receipts if receipt.message_id}
    standings = project.ledger.journal(campaign).standings(Mode.LIVE, sorted(named))
    return {name for name, standing in standings.items() if standing.outcome is Outcome.ACCEPTED}


def _settle(project: Project, campaign_lease: CampaignLease, campaign: str) -> list[str]:
    """Settle what reports speak of, and write the results of today's plan anew where any of its messages changed."""
    check_recorded(project.layout, project.ledger, campaign)
    settled = settle_reported(project.ledger, campaign_lease)
    if settled and project.layout.table(Asset.MESSAGES, campaign).exists():
        with plan_snapshot(project.layout, campaign) as plan:
            refresh_results(project.layout, project.ledger, campaign_lease, plan)
    return settled
