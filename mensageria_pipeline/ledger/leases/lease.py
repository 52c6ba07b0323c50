"""What a lease is: the right to work on something, and what is known of somebody else's."""

import os
import secrets
import socket
from dataclasses import dataclass

CAMPAIGN = -1
"""The shard number of the lease on a whole campaign."""


@dataclass(frozen=True, slots=True)
class LeaseState:
    """What the table says of one lease. An empty owner: it was given back."""

    owner: str
    token: int
    beat: int
    fence: int = 0
    """Of a shard: the token that its file was fenced with last."""

    @property
    def is_free(self) -> bool:
        return not self.owner


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a shard of a scope, for as long as `token` is its newest."""

    scope: str
    shard: int
    owner: str
    token: int


def new_owner(run_id: str = "") -> str:
    """A name that no other holder has: host, process, the run it works for, and chance."""
    return f"{socket.gethostname()}:{os.getpid()}:{run_id}:{secrets.token_hex(4)}"
