"""Whom a campaign must not message, as a sender asks before each message: without a query for each."""

import contextlib
import time
from collections.abc import Callable, Sequence

from mensageria_pipeline.contracts.messages import Message, Mode, person_key
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger import Ledger

_REFRESH_S = 2.0


class SuppressionCache:
    """Whom a campaign must not message, as it is now: additions of others show up within `_REFRESH_S`."""

    def __init__(self, ledger: Ledger, mode: Mode, partition: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger, self._mode, self._partition, self._clock = ledger, mode, partition, clock
        self._campaign = Partition.parse(partition).campaign
        self._looked_at = clock()
        found = ledger.suppressions.suppression_set(mode, self._campaign)
        self._addresses, self._people, self._mark = dict(found.addresses), dict(found.people), found.mark

    def code(self, message: Message) -> str | None:
        """Why a message must not be sent: its address is dead, or somebody does not want to be messaged."""
        if found := self._addresses.get(message.address_key):
            return found
        if not self._people:
            return None
        names = [name for name in (message.person, *message.document.split()) if name]
        keys = (person_key(self._ledger.key, message.channel, name) for name in names)
        return next((self._people[key] for key in keys if key in self._people), None)

    def refresh(self) -> None:
        if self._clock() - self._looked_at < _REFRESH_S:
            return
        self._looked_at = self._clock()
        # Where the list cannot be read for a moment, the one of before holds; the journal says what is wrong.
        with contextlib.suppress(LedgerError):
            found = self._ledger.suppressions.added(self._mode, self._campaign, self._mark)
            self._addresses.update(found.addresses)
            self._people.update(found.people)
            self._mark = found.mark

    def add(self, dead: Sequence[tuple[Message, str]]) -> None:
        self._ledger.suppressions.add_dead_addresses(
            {
                "address_key": message.address_key,
                "mode": self._mode.value,
                "channel": message.channel,
                "reason": code,
                "campaign": self._partition,
            }
            for message, code in dead
        )
