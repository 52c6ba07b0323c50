"""Who is not to be messaged, where, and since what: the values of the suppression lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

EVERY_CAMPAIGN = ""


class Subject(StrEnum):
    """What a key is of."""

    ADDRESS = "address"
    PERSON = "person"


class OptOutReason(StrEnum):
    """Why somebody is not messaged; also the code their rows and messages get."""

    OPTED_OUT = "opted_out"
    LISTED = "suppressed_by_list"
    FORGOTTEN = "forgotten"


class OptOutEvent(StrEnum):
    SUPPRESSED = "suppressed"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class OptOut:
    """One subject on one channel, in one campaign or (empty) in all."""

    subject_key: str
    subject: Subject
    channel: str
    campaign: str
    reason: OptOutReason
    source: str
    """Name of the list, or what a person did."""


@dataclass(frozen=True, slots=True)
class OptOutRecord:
    """An event as it was recorded."""

    event: OptOutEvent
    subject_key: str
    channel: str
    campaign: str
    reason: str
    source: str
    at: datetime


class Mark(NamedTuple):
    """How far somebody has read: what comes later has higher numbers, whatever the clocks say."""

    dead: int = 0
    opt_outs: int = 0


@dataclass(frozen=True, slots=True)
class SuppressionSet:
    """Code by keyed hash, of all that must not be messaged in one mode by one campaign."""

    addresses: Mapping[str, str]
    people: Mapping[str, str]
    mark: Mark
    """Numbers of the last that are in it."""

    def __bool__(self) -> bool:
        return bool(self.addresses or self.people)

    def beside(self, opt_outs: Iterable[OptOut], campaign: str) -> "SuppressionSet":
        """The same with those of `opt_outs` that concern a campaign, as if they had come in."""
        addresses, people = dict(self.addresses), dict(self.people)
        for each in opt_outs:
            if each.campaign in {EVERY_CAMPAIGN, campaign}:
                known = people if each.subject is Subject.PERSON else addresses
                known.setdefault(each.subject_key, each.reason.value)
        return SuppressionSet(addresses, people, self.mark)


@dataclass(frozen=True, slots=True)
class ListImport:
    """A suppression list that was taken in, once for its content."""

    content_hash: str
    file_name: str
    campaign: str
    row_count: int
    added: int
    already: int
    """Subjects that were on the list before."""
    ignored: int
    """Rows whose answer was no wish to leave."""
    unreadable: int
    """Rows without anything to know a person by."""
    imported_at: datetime
