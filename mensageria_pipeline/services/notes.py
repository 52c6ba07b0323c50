"""Notes that people leave on a campaign, shown wherever the campaign is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from mensageria_pipeline.errors import InputError
from mensageria_pipeline.storage.sqlite import open_sqlite

_metadata = sa.MetaData()
_notes = sa.Table(
    "notes",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("campaign", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Note:
    number: int
    campaign: str
    at: datetime
    text: str


class Notes:
    """The notes of one installation. Safe for several processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _engine(self) -> sa.Engine:
        return open_sqlite(self._path, _metadata.create_all)

    def add(self, campaign: str, text: str) -> None:
        """Leave a note. Raises InputError where it says nothing, or too much."""
        kept = text.strip()
        if not kept or len(kept) > LONGEST:
            raise InputError("note_length", most=LONGEST)
        with self._engine.begin() as connection:
            values = {"campaign": campaign, "at": datetime.now(UTC).isoformat(), "text": kept}
            connection.execute(sa.insert(_notes).values(**values))

    def remove(self, campaign: str, number: int) -> bool:
        """Take a note away; False where the campaign has none of that number."""
        same = (_notes.c.campaign == campaign) & (_notes.c.number == number)
        with self._engine.begin() as connection:
            return bool(connection.execute(sa.delete(_notes).where(same)).rowcount)

    def of(self, campaign: str) -> list[Note]:
        """The notes of a campaign, the newest first."""
        return [note for note in self.all() if note.campaign == campaign]

    def all(self) -> list[Note]:
        """Every note, the newest first."""
        if not self._path.exists():
            return []
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_notes).order_by(_notes.c.number.desc())).all()
        return [Note(row.number, row.campaign, datetime.fromisoformat(row.at), row.text) for row in rows]

    def forget(self, campaign: str) -> None:
        """Drop the notes of a campaign that is removed."""
        if self._path.exists():
            with self._engine.begin() as connection:
                connection.execute(sa.delete(_notes).where(_notes.c.campaign == campaign))
