"""Reports as the ledger keeps them: no address, only its keyed hash, and no text.

What a person answered is looked at here, and here it ends: what is kept is that they asked to leave.
"""

from collections.abc import Sequence
from typing import Any

from mensageria_pipeline.contracts.receipts import Delivery, DeliveryReceipt, OptOutRequest
from mensageria_pipeline.ledger.receipts import StoredReceipt, microseconds
from mensageria_pipeline.receipts.answers import address_key_of
from mensageria_pipeline.sending.words import clean_receipt
from mensageria_pipeline.suppressions.opt_out_phrases import commands_to_leave


def stored_reports(key: bytes, provider: str, adapter: Any, receipts: Sequence[DeliveryReceipt]) -> list[StoredReceipt]:
    """What an adapter read, ready to be written down, in the same order; answers that ask for nothing are left out."""
    asked = [(receipt, _asked_for(receipt)) for receipt in receipts]
    return [
        _stored(key, provider, clean_receipt(receipt, adapter, key), wish)
        for receipt, wish in asked
        if receipt.delivery is not None or wish is not None
    ]


def _asked_for(receipt: DeliveryReceipt) -> OptOutRequest | None:
    """Whoever called a message spam wants no more, too."""
    is_leaving = receipt.delivery is Delivery.COMPLAINED or commands_to_leave(receipt.answer or "")
    return OptOutRequest.LEAVE if is_leaving else None


def _stored(key: bytes, provider: str, receipt: DeliveryReceipt, wish: OptOutRequest | None) -> StoredReceipt:
    return StoredReceipt(
        provider,
        receipt.event_id,
        receipt.delivery,
        receipt.code,
        wish,
        receipt.message_id or "",
        receipt.provider_message_id or "",
        "",
        receipt.channel or "",
        address_key_of(key, receipt.channel, receipt.address),
        microseconds(receipt.at),
    )
