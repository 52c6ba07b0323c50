"""The file of receipts."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mensageria_pipeline.ledger.file import Schema, facts_table
from mensageria_pipeline.ledger.receipts.values import ReceiptState, credible_us

if TYPE_CHECKING:
    from alembic.operations import Operations

_metadata = sa.MetaData()
_facts = facts_table(_metadata)
REPORTS = sa.Table(
    "reports",
    _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text, nullable=False, index=True),
    sa.Column("message_id", sa.Text, nullable=False, index=True),
    sa.Column("provider_message_id", sa.Text, nullable=False),
    sa.Column("delivery", sa.Text),
    sa.Column("code", sa.Text),
    sa.Column("wish", sa.Text),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Column("happened_at_us", sa.BigInteger),
    sa.Column("received_at_us", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("is_misdated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("provider", "event_id"),
)


def _refuse_dates(operations: "Operations") -> None:
    """Dates that cannot be become null; their campaigns are shown anew."""
    operations.add_column("reports", sa.Column("is_misdated", sa.Boolean, nullable=False, server_default=sa.false()))
    columns, (earliest, latest) = REPORTS.c, credible_us()
    is_misdated = (columns.happened_at_us < earliest) | (columns.happened_at_us > latest)
    is_shown = (columns.state == ReceiptState.DONE.value) & (columns.campaign != "")
    state = sa.case((is_shown, ReceiptState.APPLIED.value), else_=columns.state)
    operations.execute(sa.update(REPORTS).where(is_misdated).values(happened_at_us=None, is_misdated=True, state=state))


SCHEMA = Schema(_metadata, _facts, migrations=(_refuse_dates,))
"""Version 2 brought the judgement of dates."""
