"""Holding a campaign: one run sends, settles or cancels it at a time."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.leases import CAMPAIGN, Keeper, Lease, Watch, wait_for


@dataclass(frozen=True, slots=True)
class CampaignHold:
    """The lease on a campaign, and what keeps it alive."""

    lease: Lease
    keeper: Keeper
    watch: Watch
    """What was seen of the campaign's other leases while waiting for this one."""


@contextlib.contextmanager
def hold_campaign(
    ledger: Ledger, partition: str, owner: str, on_wait: Callable[[], None] = lambda: None
) -> Iterator[CampaignHold]:
    """Hold a campaign for the length of a block. `on_wait` is called while somebody else does."""
    watch = Watch()
    lease = wait_for(ledger.leases, partition, CAMPAIGN, owner, watch, 0, on_wait)
    with Keeper(ledger.leases) as keeper:
        keeper.keep(lease)
        yield CampaignHold(lease, keeper, watch)


@contextlib.contextmanager
def hold_if_free(ledger: Ledger, partition: str, owner: str, watch: Watch) -> Iterator[CampaignHold | None]:
    """Hold a campaign for the length of a block, or give None where somebody else does. Waits for nobody.

    A lease that `watch` has seen run out is taken over: its holder was killed.
    """
    state = ledger.leases.states(partition).get(CAMPAIGN)
    is_to_be_had = state is None or watch.has_run_out((partition, CAMPAIGN), state)
    lease = ledger.leases.claim(partition, CAMPAIGN, owner, state) if is_to_be_had else None
    if lease is None:
        yield None
        return
    with Keeper(ledger.leases) as keeper:
        keeper.keep(lease)
        yield CampaignHold(lease, keeper, Watch())


def take_shard(ledger: Ledger, hold: CampaignHold, shard: int) -> Lease:
    """The lease on a shard, once nobody holds it any more, and its file fenced against all earlier ones."""
    journal = ledger.journal(hold.lease.scope)
    # The files know it too: in a backup that was made while sending, they may be ahead of the table of leases.
    above = journal.highest_fence()
    lease = wait_for(ledger.leases, hold.lease.scope, shard, hold.lease.owner, hold.watch, above)
    journal.shard(shard, lease.token).fence()
    return lease
