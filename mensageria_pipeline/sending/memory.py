"""What the ledger knows of a campaign, as the recipients' stage asks for it."""

from functools import cached_property

from mensageria_pipeline.contracts.messages import Identity, Mode, address_key, message_id, person_key
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.journal import States
from mensageria_pipeline.sending.ledger.suppressions import Forbidden


class LedgerMemory:
    """Outcomes, dead addresses and opt-outs in one mode; read at the first question."""

    def __init__(self, ledger: Ledger, partition: Partition, edition: int, mode: Mode) -> None:
        self._ledger, self._partition, self._edition, self._mode = ledger, partition, edition, mode

    @cached_property
    def _states(self) -> States:
        return self._ledger.journal(self._partition.key).states(self._mode)

    @cached_property
    def _forbidden(self) -> Forbidden:
        return self._ledger.suppressions.forbidden(self._mode, self._partition.campaign)

    def outcome(self, channel: str, recipient: str, revision: int) -> Outcome | None:
        identity = Identity(self._partition, self._edition, channel, recipient, revision)
        return self._states.outcome(message_id(self._ledger.key, identity))

    @cached_property
    def is_blank(self) -> bool:
        """True when nothing is known of anybody: nobody was suppressed, and nothing of this campaign was tried."""
        return not (self._forbidden or self._states.final or self._states.unsettled or self._reached)

    def suppressed_as(self, channel: str, address: str, known_as: str, document: str) -> str | None:
        """The rule that forbids messaging an address or a person."""
        found, key = self._forbidden, self._ledger.key
        if found.addresses and (code := found.addresses.get(address_key(key, channel, address))):
            return code
        if not found.people:
            return None
        keys = [person_key(key, channel, name) for name in (known_as, document) if name]
        return next((found.people[each] for each in keys if each in found.people), None)

    @cached_property
    def _reached(self) -> frozenset[str]:
        """Address keys at which a message of this edition arrived, or may have."""
        arrived = {Outcome.ACCEPTED, Outcome.UNKNOWN}
        addresses = self._ledger.journal(self._partition.key).addresses(self._mode, self._edition)
        return frozenset(
            address for address, ids in addresses.items() if any(self._states.outcome(each) in arrived for each in ids)
        )

    def was_reached(self, channel: str, address: str) -> bool:
        return bool(self._reached) and address_key(self._ledger.key, channel, address) in self._reached
