"""Who must not be messaged: dead addresses, known by a provider's code, and people who do not want to be.

Only keyed hashes are kept. Opt-outs are events that are never changed: a list that comes in adds, a person's word
can lift, and both stay readable. The last event of a subject in a scope decides.
"""

from mensageria_pipeline.ledger.suppressions.suppressions import Suppressions
from mensageria_pipeline.ledger.suppressions.tables import declare, number_dead
from mensageria_pipeline.ledger.suppressions.values import (
    EVERY_CAMPAIGN,
    ListImport,
    Mark,
    OptOut,
    OptOutEvent,
    OptOutReason,
    OptOutRecord,
    Subject,
    SuppressionSet,
)

__all__ = [
    "EVERY_CAMPAIGN",
    "ListImport",
    "Mark",
    "OptOut",
    "OptOutEvent",
    "OptOutReason",
    "OptOutRecord",
    "Subject",
    "SuppressionSet",
    "Suppressions",
    "declare",
    "number_dead",
]
