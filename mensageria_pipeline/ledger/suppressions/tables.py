"""The tables of the suppression lists, as part of the control file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

NUMBER = "seq"
"""The column that counts dead addresses up, so that a reader can ask for what is new."""
_DEAD = "suppressions"


@dataclass(frozen=True, slots=True)
class SuppressionTables:
    dead: sa.Table
    opt_outs: sa.Table
    lists: sa.Table


def declare(metadata: sa.MetaData) -> SuppressionTables:
    """The tables of `Suppressions`, as part of the control file."""
    dead = sa.Table(
        _DEAD,
        metadata,
        sa.Column("address_key", sa.Text, primary_key=True),
        sa.Column("mode", sa.Text, primary_key=True),
        *_columns(sa.Text(), "channel", "reason", "campaign", "since"),
        sa.Column(NUMBER, sa.BigInteger, nullable=False, server_default="0", index=True),
    )
    opt_outs = sa.Table(
        "opt_outs",
        metadata,
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("subject_key", sa.Text, nullable=False, index=True),
        *_columns(sa.Text(), "subject", "channel", "campaign", "event", "reason", "source", "at"),
    )
    lists = sa.Table(
        "opt_out_lists",
        metadata,
        sa.Column("content_hash", sa.Text, primary_key=True),
        sa.Column("campaign", sa.Text, primary_key=True),
        *_columns(sa.Text(), "file_name", "imported_at"),
        *_columns(sa.BigInteger(), "row_count", "added", "already", "ignored", "unreadable"),
    )
    return SuppressionTables(dead, opt_outs, lists)


def number_dead(operations: "Operations") -> None:
    """Migration: dead addresses have numbers. Those of before keep 0: whoever begins reads all of them."""
    inspector = sa.inspect(operations.get_bind())
    if NUMBER not in {column["name"] for column in inspector.get_columns(_DEAD)}:
        operations.add_column(_DEAD, sa.Column(NUMBER, sa.BigInteger, nullable=False, server_default="0"))
    name = f"ix_{_DEAD}_{NUMBER}"
    if name not in {index["name"] for index in sa.inspect(operations.get_bind()).get_indexes(_DEAD)}:
        operations.create_index(name, _DEAD, [NUMBER])


def _columns(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
