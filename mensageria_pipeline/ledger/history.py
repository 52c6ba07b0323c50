"""What the ledger knows of a campaign, as the recipients' stage asks for it."""

from collections.abc import Collection, Sequence
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.messages import Identity, Mode, Names, address_key, message_id, person_key
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.send_results import READDRESSABLE_OUTCOMES, Outcome
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.message_states import States
from mensageria_pipeline.ledger.suppressions import OptOut, SuppressionSet


class LedgerHistory:
    """Outcomes, dead addresses and opt-outs in one mode; read at the first question."""

    def __init__(
        self, ledger: Ledger, partition: Partition, edition: int, mode: Mode, not_taken_in: Sequence[OptOut] = ()
    ) -> None:
        """`not_taken_in`: opt-outs that hold although the ledger does not have them yet."""
        self._ledger, self._partition, self._edition, self._mode = ledger, partition, edition, mode
        self._not_taken_in = not_taken_in

    @cached_property
    def _states(self) -> States:
        return self._ledger.journal(self._partition.key).states(self._mode)

    @cached_property
    def _forbidden(self) -> SuppressionSet:
        found = self._ledger.suppressions.suppression_set(self._mode, self._partition.campaign)
        return found.beside(self._not_taken_in, self._partition.campaign) if self._not_taken_in else found

    @property
    def failed(self) -> int:
        """Messages whose person may be messaged under another address, because theirs failed."""
        return sum(outcome in READDRESSABLE_OUTCOMES for outcome in self._states.final.values())

    def outcome(self, channel: str, recipient: str, revision: int) -> Outcome | None:
        identity = Identity(self._partition, self._edition, channel, recipient, revision)
        return self._outcome(message_id(self._ledger.key, identity))

    def _outcome(self, name: str) -> Outcome | None:
        """As the journal has it, but for what a report knows better: a message that arrived was accepted."""
        return Outcome.ACCEPTED if name in self._arrived else self._states.outcome(name)

    @cached_property
    def _arrived(self) -> Collection[str]:
        """Messages that ended without having arrived, as the journal has it, and did arrive, as a report has it."""
        if self._mode is not Mode.LIVE:
            return ()
        ended = [name for name, outcome in self._states.final.items() if outcome in READDRESSABLE_OUTCOMES]
        return self._ledger.receipts.arrived(ended) if ended else ()

    @cached_property
    def is_blank(self) -> bool:
        """True when nothing is known of anybody: nobody was suppressed, and nothing of this campaign was tried."""
        return not (self._forbidden or self._states.final or self._states.unsettled or self._reached)

    def knows(
        self, channel: str, recipients: Sequence[str], addresses: Sequence[str], people: Sequence[Sequence[str]]
    ) -> pa.BooleanArray:
        """Per row, whether there is anything to ask of it: the other questions are for these rows alone.

        `people` holds columns of ids and documents, empty where a row has none.
        """
        names = Names(self._ledger.key, self._partition, self._edition)
        found = pa.repeat(pa.scalar(value=False), len(addresses))
        if self._touched:
            found = pc.or_(found, _are_in(names.message_ids(channel, recipients, [0] * len(recipients)), self._touched))
        if marked := self._forbidden.addresses.keys() | self._reached:
            found = pc.or_(found, _are_in(names.address_keys(channel, addresses), marked))
        if self._forbidden.people:
            for column in people:
                found = pc.or_(found, _are_in(names.person_keys(channel, column), self._forbidden.people.keys()))
        return found

    @cached_property
    def _touched(self) -> Collection[str]:
        return self._states.final.keys() | self._states.unsettled.keys()

    def suppressed_as(self, channel: str, address: str, known_as: str, document: str) -> str | None:
        """The rule that forbids messaging an address or a person."""
        found, key = self._forbidden, self._ledger.key
        if found.addresses and (code := found.addresses.get(address_key(key, channel, address))):
            return code
        if not found.people:
            return None
        keys = [person_key(key, channel, name) for name in (known_as, *document.split()) if name]
        return next((found.people[each] for each in keys if each in found.people), None)

    @cached_property
    def _reached(self) -> frozenset[str]:
        """Address keys at which a message of this edition arrived, or may have."""
        arrived = {Outcome.ACCEPTED, Outcome.UNKNOWN}
        addresses = self._ledger.journal(self._partition.key).addresses(self._mode, self._edition)
        return frozenset(
            address for address, ids in addresses.items() if any(self._outcome(each) in arrived for each in ids)
        )

    def was_reached(self, channel: str, address: str) -> bool:
        return bool(self._reached) and address_key(self._ledger.key, channel, address) in self._reached


def _are_in(keys: pa.Array, wanted: Collection[str]) -> pa.BooleanArray:
    return pc.is_in(keys, pa.array(list(wanted), pa.string()))
