"""What the answers to one request come to in the journal, message by message.

An answer closes its own attempt. A refusal settles a message only where no earlier attempt of it is open, or where the
provider's word is about the message; else it is written as `refused`, which leaves the message in doubt.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.ledger.journal import Event
from mensageria_pipeline.providers.verdict import About, Result, Verdict

MOST_REFUSALS = 2
"""How often a message in doubt is tried again after a refusal, in one run: a provider that refused it means it."""
_REFUSALS = frozenset({Verdict.REJECTED, Verdict.INVALID_ADDRESS, Verdict.MALFORMED})
_EVENTS = {verdict: verdict.value for verdict in Verdict} | {
    Verdict.CREDENTIALS: Event.RETRY.value,  # surely not sent
    Verdict.MALFORMED: Outcome.REJECTED.value,
}
"""How an answer stands in the journal."""


class Judged(NamedTuple):
    """A message, its answer, and what the journal is told."""

    message: Message
    result: Result
    event: str
    is_refused_doubt: bool
    """The provider does not take it, and it may have arrived."""

    @property
    def is_malformed(self) -> bool:
        """Of a message in doubt a refusal tells nothing of how requests are built."""
        return self.result.verdict is Verdict.MALFORMED and not self.is_refused_doubt


def is_accepted(message: Message, results: Sequence[Result]) -> bool:
    """Whether a request of one message was accepted, and nothing else is to be looked at."""
    return len(results) == 1 and results[0].verdict is Verdict.ACCEPTED and results[0].message_id == message.message_id


def is_failure(result: Result) -> bool:
    """Whether it is no real answer."""
    if result.verdict is Verdict.RETRY:
        return not result.is_deferred
    return result.verdict is Verdict.UNKNOWN and result.about is About.ATTEMPT


def judged(messages: Sequence[Message], results: Sequence[Result], doubtful: Collection[str]) -> list[Judged]:
    """Each message with what became of it; `doubtful` are the ids with an earlier attempt that may have arrived."""
    return [_judge(message, result, message.message_id in doubtful) for message, result in _paired(messages, results)]


def _judge(message: Message, result: Result, is_open: bool) -> Judged:  # noqa: FBT001 - one of two facts of a message
    if result.verdict in _REFUSALS and is_open and result.about is About.ATTEMPT:
        return Judged(message, result, Event.REFUSED.value, is_refused_doubt=True)
    if result.verdict is Verdict.UNKNOWN and result.about is About.MESSAGE:
        return Judged(message, result, (Event.REFUSED if is_open else Outcome.UNKNOWN).value, is_refused_doubt=True)
    return Judged(message, result, _EVENTS[result.verdict], is_refused_doubt=False)


def _paired(messages: Sequence[Message], results: Sequence[Result]) -> list[tuple[Message, Result]]:
    """Each message with its result; one that the provider did not name, or named in two ways, may have arrived."""
    named: dict[str, Result] = {}
    for result in results:
        known = named.setdefault(result.message_id, result)
        if known.verdict is not result.verdict:
            named[result.message_id] = Result(result.message_id, Verdict.UNKNOWN, "contradictory_answer")
    return [(m, named.get(m.message_id) or Result(m.message_id, Verdict.UNKNOWN, "no_result")) for m in messages]
