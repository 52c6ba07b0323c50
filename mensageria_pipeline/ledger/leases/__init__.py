"""Leases: who may work on what, told by a heartbeat and fenced by a token.

A lease is never judged by a clock: its holder counts a beat up, and whoever wants it watches the beat for
`lease_s` of their own time. So neither a clock that jumps nor a job that takes long makes a living holder
look dead. A claim that succeeds carries a token higher than every token before it in its scope; what the
holder writes carries it too, and the file it writes to refuses lower ones.
"""

from mensageria_pipeline.ledger.leases.keeper import Keeper
from mensageria_pipeline.ledger.leases.lease import CAMPAIGN, Lease, LeaseState, new_owner
from mensageria_pipeline.ledger.leases.leases import Leases, add_fence, declare, wait_for
from mensageria_pipeline.ledger.leases.watch import Watch

__all__ = [
    "CAMPAIGN",
    "Keeper",
    "Lease",
    "LeaseState",
    "Leases",
    "Watch",
    "add_fence",
    "declare",
    "new_owner",
    "wait_for",
]
