"""Reports that are kept, as far as they bind whoever sends or decides: matched to their messages, and applied.

1. Matched: which campaign and message each is about.
2. Applied, at once and once: dead addresses and wishes to leave go to the suppression list, and hold for what is being
   sent.

What they settle is settled by whoever holds the campaign (sending/settle.py): a provider that reports on a message has
taken it, so that it goes out no more.

Safe to repeat after a kill at any moment: how far a report is, is noted last.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import Delivery, OptOutRequest
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.ledger.receipts import ReceiptState, StoredReceipt
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason, Subject
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.receipt_match import addresses_planned, match_receipts

TOGETHER = 20_000
"""Reports that are matched and applied together."""
_UNMATCHED_AFTER_S = 86_400.0
"""A report whose message is not found for a day is about nothing of ours."""


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


def apply_receipts(project: Project) -> ProcessSummary:
    """Match and apply, and show nothing: whoever sends does so first, so that who asked to leave a moment ago is left
    alone also where no sensor runs."""
    found, store = ProcessSummary(), project.ledger.receipts
    _match_again(project, found)
    while new := store.in_state(ReceiptState.OPEN, TOGETHER):
        found.unlisted += sum(receipt.delivery is Delivery.UNLISTED for receipt in new)
        _take_in_new(project, new, found)
    return found


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
    matches = match_receipts(project.layout, project.ledger, lost) if lost else {}
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
        names = [receipt.message_id for receipt in mine]
        keys = addresses_planned(project.layout, campaign, names) | project.ledger.journal(campaign).address_keys(names)
        found |= {receipt.seq: keys[receipt.message_id] for receipt in mine if receipt.message_id in keys}
    return found
