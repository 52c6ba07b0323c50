"""What the pipeline remembers of files: their hashes, refusals, name owners and known schedules.

What was taken in is not here: the folder of raw_base is that record. Losing this database loses no send
and takes nothing in twice; files are hashed again and refusals are found again.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from mensageria_pipeline.storage.files import open_plain
from mensageria_pipeline.storage.sqlite import open_sqlite

_metadata = sa.MetaData()
_files = sa.Table(
    "files",
    _metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("changed_ns", sa.BigInteger, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
)
_refusals = sa.Table(
    "refusals",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("content_hash", sa.Text, primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("refused_at", sa.Text, nullable=False),
)
_names = sa.Table(
    "campaign_names",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("original_name", sa.Text, nullable=False),
)
_schedules = sa.Table(
    "schedules",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("known_since", sa.Text, nullable=False),
)
_occurrences = sa.Table(
    "occurrences",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("occurrence", sa.Text, primary_key=True),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A content that could not be taken in, and the definition under which that was found."""

    definition: str
    reason: str


class IntakeRegistry:
    """The memory of the sensors. Created on first use; safe for several processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _engine(self) -> sa.Engine:
        return open_sqlite(self._path, _metadata.create_all)

    def known_hash(self, path: Path, opened: Path | None = None) -> str | None:
        """sha256 of the file as it is remembered; None when the file has changed since, or is new.

        With `opened` (of `pinned`) it is that file's, whatever has the name by now.
        """
        stat = (opened or path).stat()
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_files).where(_files.c.path == str(path))).one_or_none()
        is_current = row and (row.size_bytes, row.changed_ns) == (stat.st_size, stat.st_ctime_ns)
        return str(row.content_hash) if row and is_current else None

    def content_hash(self, path: Path, opened: Path | None = None) -> str:
        """sha256 of the file; read again only when its size or time of change differ. Raises OSError.

        With `opened` (of `pinned`) it is that file's, whatever has the name by now.
        """
        known = self.known_hash(path, opened)
        if known:
            return known
        with os.fdopen(open_plain(opened or path, follows_links=opened is not None), "rb") as file:
            stat = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._put(_files, path=str(path), size_bytes=stat.st_size, changed_ns=stat.st_ctime_ns, content_hash=digest)
        return digest

    def refusal(self, campaign: str, content_hash: str) -> Refusal | None:
        condition = (_refusals.c.campaign == campaign) & (_refusals.c.content_hash == content_hash)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_refusals).where(condition)).one_or_none()
        return Refusal(row.definition, row.reason) if row else None

    def refuse(self, campaign: str, content_hash: str, definition: str, reason: str) -> None:
        self._put(
            _refusals,
            campaign=campaign,
            content_hash=content_hash,
            definition=definition,
            reason=reason,
            refused_at=datetime.now(UTC).isoformat(),
        )

    def name_owners(self) -> Mapping[str, str]:
        """Campaign key → the original name that owns it."""
        with self._engine.connect() as connection:
            return {row.campaign: row.original_name for row in connection.execute(sa.select(_names))}

    def own_name(self, campaign: str, original_name: str) -> None:
        self._put(_names, campaign=campaign, original_name=original_name)

    def schedule_since(self, campaign: str, cron: str, now: datetime) -> datetime | None:
        """Since when this cron is known; None where it is not, as far as a look tells, which changes nothing."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_schedules).where(_schedules.c.campaign == campaign)).one_or_none()
        known_since = datetime.fromisoformat(row.known_since) if row and row.cron == cron else None
        return known_since if known_since and known_since <= now else None

    def schedule_known_since(self, campaign: str, cron: str, now: datetime) -> datetime:
        """Since when this cron is known, from now on; a changed cron starts anew, so that its past is not made up for.

        So does one that is known since a moment that is yet to come: the clock was ahead then, and was set right.
        """
        if known_since := self.schedule_since(campaign, cron, now):
            return known_since
        self._put(_schedules, campaign=campaign, cron=cron, known_since=now.isoformat())
        return now

    def note_due(self, campaign: str, occurrence: str) -> None:
        """Remember that the schedule itself has asked for an occurrence."""
        self._put(_occurrences, campaign=campaign, occurrence=occurrence)

    def was_due(self, campaign: str, occurrence: str) -> bool:
        columns = _occurrences.c
        chosen = (columns.campaign == campaign) & (columns.occurrence == occurrence)
        with self._engine.connect() as connection:
            return connection.execute(sa.select(_occurrences).where(chosen)).first() is not None

    def forget(self, campaign: str) -> None:
        """Drop what is remembered of a campaign."""
        with self._engine.begin() as connection:
            for table in (_refusals, _names, _schedules, _occurrences):
                connection.execute(sa.delete(table).where(table.c.campaign == campaign))

    def _put(self, table: sa.Table, **values: object) -> None:
        key = list(table.primary_key)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(sa.and_(*(c == values[c.name] for c in key))))
            connection.execute(sa.insert(table).values(**values))
