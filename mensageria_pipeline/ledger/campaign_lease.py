"""Holding a campaign: one run sends, settles or cancels it at a time.

Whoever takes a campaign over raises the fence of each of its shards before it reads a line. So a run that slept
through the takeover can write to no shard any more, and gets no lease on another one.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mensageria_pipeline.errors import LeaseLostError, LedgerError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.leases import CAMPAIGN, Keeper, Lease, Watch, wait_for


@dataclass(frozen=True, slots=True)
class CampaignLease:
    """The lease on a campaign, and what keeps it alive."""

    lease: Lease
    keeper: Keeper
    watch: Watch
    """What was seen of the campaign's other leases while waiting for this one."""


@contextlib.contextmanager
def lease_campaign(
    ledger: Ledger,
    partition: str,
    owner: str,
    on_wait: Callable[[], None] = lambda: None,
    *,
    takes_older: bool = False,
) -> Iterator[CampaignLease]:
    """Hold a campaign for the length of a block. `on_wait` is called while somebody else does.

    Raises LedgerError where its journal is another ledger's, or, unless `takes_older`, older than the table of leases
    says.
    """
    watch, above = ledger.leases.watch(), check_files(ledger, partition, takes_older=takes_older)
    lease = wait_for(ledger.leases, partition, CAMPAIGN, owner, watch, above, on_wait)
    with Keeper(ledger.leases) as keeper:
        keeper.keep(lease)
        while _shards_at_work(ledger, partition, watch):
            on_wait()
            time.sleep(ledger.leases.times.look_s)
        _shut_others_out(ledger, lease)
        yield CampaignLease(lease, keeper, watch)


@contextlib.contextmanager
def lease_if_free(ledger: Ledger, partition: str, owner: str, watch: Watch) -> Iterator[CampaignLease | None]:
    """Hold a campaign for the length of a block, or give None where somebody else does. Waits for nobody.

    A lease that `watch` has seen run out is taken over: its holder was killed.
    """
    state = ledger.leases.states(partition).get(CAMPAIGN)
    is_to_be_had = state is None or watch.has_run_out((partition, CAMPAIGN), state)
    is_to_be_had = is_to_be_had and not _shards_at_work(ledger, partition, watch)
    above = check_files(ledger, partition)
    lease = ledger.leases.claim(partition, CAMPAIGN, owner, state, above) if is_to_be_had else None
    if lease is None:
        yield None
        return
    with Keeper(ledger.leases) as keeper:
        keeper.keep(lease)
        _shut_others_out(ledger, lease)
        yield CampaignLease(lease, keeper, ledger.leases.watch())


def take_shard(ledger: Ledger, campaign_lease: CampaignLease, shard: int) -> Lease:
    """The lease on a shard of a held campaign, and its file fenced against all earlier ones.

    Raises LeaseLostError when another run has taken the campaign over.
    """
    journal = ledger.journal(campaign_lease.lease.scope)
    lease = wait_for(
        ledger.leases,
        campaign_lease.lease.scope,
        shard,
        campaign_lease.lease.owner,
        campaign_lease.watch,
        journal.highest_fence(),
        under=campaign_lease.lease,
    )
    fence(ledger, lease.scope, shard, lease.token)
    return lease


def fence(ledger: Ledger, partition: str, shard: int, token: int) -> None:
    """Refuse, from now on, whoever writes to a shard under an older token. Raises LeaseLostError for an older one."""
    ledger.journal(partition).shard(shard, token).fence()
    ledger.leases.note_fence(partition, shard, token)


def check_leased(ledger: Ledger, campaign_lease: CampaignLease) -> None:
    """Raises LeaseLostError when another run has taken the campaign over: what it writes is newer."""
    if not ledger.leases.is_held(campaign_lease.lease):
        raise LeaseLostError(campaign_lease.lease.scope)


def check_files(ledger: Ledger, partition: str, *, takes_older: bool = False) -> int:
    """The highest token of the campaign's files; in a backup that was made while sending, they may be ahead of the
    table of leases. Raises LedgerError where a file is missing, or is an older copy than the table knows."""
    states = ledger.leases.states(partition)  # before the files: a fence is raised in the file first
    fences = ledger.journal(partition).fences()
    for shard, state in states.items():
        if shard != CAMPAIGN and fences.get(shard, 0) < state.fence and not takes_older:
            raise LedgerError("ledger_partly_gone", campaign=partition)
    return max(fences.values(), default=0)


def _shards_at_work(ledger: Ledger, partition: str, watch: Watch) -> bool:
    """Whether a sender of an earlier run may still be recording what it had under way."""
    states = ledger.leases.states(partition)
    return not all(watch.has_run_out((partition, shard), state) for shard, state in states.items() if shard != CAMPAIGN)


def _shut_others_out(ledger: Ledger, lease: Lease) -> None:
    """Raise the fence of every shard that somebody else ever had a lease on, or wrote to."""
    leased = {shard for shard in ledger.leases.states(lease.scope) if shard != CAMPAIGN}
    for shard in sorted(leased | set(ledger.journal(lease.scope).shards())):
        fence(ledger, lease.scope, shard, lease.token)
