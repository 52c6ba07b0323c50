"""What is to be erased because a person asked for it: written down before anything is, so that it can be finished.

Holds places and message ids, never what stood there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mensageria_pipeline.ledger.file import LedgerFile


@dataclass(frozen=True, slots=True)
class Erasure:
    """One person's rows and messages, by partition."""

    name: str
    """Of the receipt."""
    asked_at: datetime
    rows: Mapping[str, Mapping[str, Sequence[int]]]
    """Partition → intake → row numbers."""
    message_ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Partition → messages, of every edition and mode."""
    lists: Sequence[str] = ()
    """Content hashes of the suppression lists that name the person."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What the receipt says beside what was erased."""
    problem: str = ""
    """Why the last try did not end, as codes."""


def declare(metadata: sa.MetaData) -> sa.Table:
    """1 row per request; `done_at` is empty while it is not finished."""
    return sa.Table(
        "erasures",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("asked_at", sa.Text, nullable=False),
        sa.Column("done_at", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
    )


class Erasures:
    """The requests of one installation."""

    def __init__(self, file: LedgerFile, table: sa.Table) -> None:
        self._file, self._table = file, table

    def begin(self, erasure: Erasure) -> None:
        places = {
            "rows": erasure.rows,
            "message_ids": erasure.message_ids,
            "lists": erasure.lists,
            "notes": erasure.notes,
        }
        values = {
            "name": erasure.name,
            "asked_at": erasure.asked_at.isoformat(),
            "done_at": "",
            "places": json.dumps(places),
        }
        with self._file.write() as connection:
            connection.execute(sa.insert(self._table).values(**values))

    def unfinished(self) -> list[Erasure]:
        """Requests that were begun and not finished, the oldest first."""
        table = self._table
        with self._file.read() as connection:
            rows = connection.execute(sa.select(table).where(table.c.done_at == "").order_by(table.c.asked_at)).all()
        return [Erasure(row.name, datetime.fromisoformat(row.asked_at), **json.loads(row.places)) for row in rows]

    def note_problem(self, name: str, problem: str) -> None:
        """Note why a request could not be carried out; it stays to be done."""
        mine = self._table.c.name == name
        with self._file.write() as connection:
            found = connection.execute(sa.select(self._table.c.places).where(mine)).scalar_one()
            places = json.dumps(json.loads(found) | {"problem": problem})
            connection.execute(sa.update(self._table).where(mine).values(places=places))

    def finish(self, name: str) -> None:
        """Note that all is erased; the places are forgotten too."""
        values = {"done_at": datetime.now(UTC).isoformat(), "places": "{}"}
        with self._file.write() as connection:
            connection.execute(sa.update(self._table).where(self._table.c.name == name).values(**values))
        self._file.settle_down()
