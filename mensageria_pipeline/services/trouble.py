"""Why a sending stalls, in a sentence, while it goes on: told from the last lines of its journal."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.ledger.journal import Event, Journal, LatestLine
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import clock, duration, integer

_LOOKED_AT = 1_000
"""Lines of each shard, the newest."""
_RECENT = timedelta(seconds=60)
_SILENT = timedelta(seconds=5)
"""So long after a request nothing was heard, of it or of any other: it is time to say so."""
_KINDS = (Event.THROTTLED.value, Event.RETRY.value, Outcome.UNKNOWN.value, Outcome.REJECTED.value)
"""Answers that are trouble where they outnumber the others. `trouble_<kind>` in the catalogue says what to do."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What most of the last requests met. `kind`: an event of the journal, or `silent`."""

    kind: str
    code: str | None
    count: int
    of: int
    """Of so many answers, or requests, that were looked at."""
    at: datetime
    """Of `silent` ones the oldest request; of answers the last of them."""

    def words(self, zone: tzinfo, now: datetime) -> str:
        """A sentence with what happens and what to do, the instant in `zone`."""
        if self.kind == "silent":
            return say("trouble_silent", count=self.count, age=duration((now - self.at).total_seconds()))
        met = say(
            "trouble_met",
            code=self.code or say("trouble_no_code"),
            met=integer(self.count),
            of=integer(self.of),
            at=clock(self.at, zone),
        )
        return say(f"trouble_{self.kind}", met=met)


def trouble_of(journal: Journal, now: datetime) -> Trouble | None:
    """What keeps a campaign that is being sent from being accepted; None where more is accepted than not.

    Raises LedgerError where the journal cannot be read.
    """
    lines = [line for line in journal.latest(_LOOKED_AT) if now - _instant(line) < _RECENT]
    answers = [line for line in lines if line.event != Event.ATTEMPTING.value and line.attempt]
    heard_at = max((_instant(line) for line in answers), default=None)
    if (heard_at is None or now - heard_at >= _SILENT) and (silence := _silence(lines, now)):
        return silence
    met = Counter((line.event, line.code) for line in answers if line.event in _KINDS)
    if not met or met.total() * 2 < len(answers):
        return None
    ((kind, code), count), *_ = met.most_common(1)
    last = max(_instant(line) for line in answers if (line.event, line.code) == (kind, code))
    return Trouble(kind, code, count, len(answers), last)


def _silence(lines: Iterable[LatestLine], now: datetime) -> Trouble | None:
    """Requests that nothing was heard of."""
    answered = {(line.message_id, line.attempt) for line in lines if line.event != Event.ATTEMPTING.value}
    open_ = [
        _instant(line)
        for line in lines
        if line.event == Event.ATTEMPTING.value and (line.message_id, line.attempt) not in answered
    ]
    if not open_ or now - min(open_) < _SILENT:
        return None
    return Trouble("silent", None, len(open_), len(open_), min(open_))


def _instant(line: LatestLine) -> datetime:
    return datetime.fromtimestamp(line.at_us / 1_000_000, UTC)
