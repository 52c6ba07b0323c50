"""What came back: every report of a provider, once, as it came, before anybody is told that it was taken.

A report is written down first and understood later: which message it is about is looked up, what it asks for is done,
and only then is it done with. So nothing that was acknowledged is lost, whatever is killed in between.
"""

from mensageria_pipeline.ledger.receipts.receipts import Receipts
from mensageria_pipeline.ledger.receipts.values import ReceiptCounts, ReceiptState, StoredReceipt, microseconds

__all__ = ["ReceiptCounts", "ReceiptState", "Receipts", "StoredReceipt", "microseconds"]
