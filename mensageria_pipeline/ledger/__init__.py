"""The ledger: what was sent is decided here and nowhere else.

Below one folder: `control.db` with what all campaigns share (the key of the hashes, leases, orders, dead
addresses, releases, waits, progress), and one journal per campaign shard, so that no two senders ever wait
for each other on the hot path. The schema holds nothing that PostgreSQL could not run.
"""

from mensageria_pipeline.ledger.ledger import Ledger

__all__ = ["Ledger"]
