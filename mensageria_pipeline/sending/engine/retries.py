"""What is tried again, when, and when it is given up."""

from dataclasses import dataclass, replace
from random import Random

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.definition.model import OnUnknown
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.providers.verdict import About, Result, Verdict
from mensageria_pipeline.sending.engine.lane_journal import LaneJournal
from mensageria_pipeline.sending.engine.ports import Clock
from mensageria_pipeline.sending.engine.unit import Unit
from mensageria_pipeline.sending.engine.unit_queue import UnitQueue
from mensageria_pipeline.sending.judging import MOST_REFUSALS, Judged
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.policy import LONGEST_WAIT_S, LanePolicy
from mensageria_pipeline.sending.retry import asked_s, deferred_s, wait_s


@dataclass(slots=True)
class Retries:
    """Puts messages back into the queue of their lane, or says that they have had their time."""

    policy: LanePolicy
    queue: UnitQueue
    journal: LaneJournal
    summary: LaneSummary
    clock: Clock
    draw: Random

    def is_due_again(self, unit: Unit, answer: Judged) -> bool:
        """Whether a message goes again with its unit."""
        result = answer.result
        if answer.is_refused_doubt and self._is_worth_asking(unit):
            return True
        if result.verdict is Verdict.UNKNOWN:
            return result.about is About.ATTEMPT and self.policy.on_unknown is OnUnknown.RESEND
        return result.verdict in {Verdict.THROTTLED, Verdict.RETRY}

    def _is_worth_asking(self, unit: Unit) -> bool:
        """In doubt, and refused: a few times more, then a later run or a person asks."""
        return self.policy.on_unknown is OnUnknown.RESEND and unit.refusals <= MOST_REFUSALS

    def try_again(self, unit: Unit, again: list[tuple[Message, Result]]) -> list[Line]:
        """Put messages of a unit back; the lines of those that expire instead."""
        if self.clock() - unit.first_tried_at >= self.policy.retry.give_up_s:
            return self._give_up(unit, again)
        results = [result for _, result in again]
        if asked_s(results) > LONGEST_WAIT_S:
            self.summary.wait_for(asked_s(results), "wait_throttled")
        # A copy: an attempt's number is part of its lines, which are written later.
        retried = replace(unit, messages=[m._replace(attempt=m.attempt + 1) for m, _ in again])
        self.queue.put_back(retried, wait_s(self.policy.retry, unit.tries, results, self.draw))
        return []

    def _give_up(self, unit: Unit, again: list[tuple[Message, Result]]) -> list[Line]:
        """Messages that were surely not sent expire; in-doubt ones stay unknown, throttled ones pending."""
        if any(result.verdict is Verdict.THROTTLED for _, result in again):
            self.summary.wait_for(LONGEST_WAIT_S, "wait_throttled")
        return [
            self.journal.decision(message, Outcome.EXPIRED, "gave_up")
            for message, result in again
            if result.verdict is Verdict.RETRY and message.message_id not in unit.doubtful
        ]

    def defer(self, unit: Unit, message: Message, result: Result) -> list[Line]:
        """Put a message back until it may be asked about again; the line of one that was deferred for days."""
        is_open = message.message_id in unit.doubtful
        if message.attempt >= self.policy.retry.most_deferred and not is_open:
            return [self.journal.decision(message, Outcome.EXPIRED, "gave_up")]
        later = Unit([message._replace(attempt=message.attempt + 1)], is_deferred=True, doubtful=set(unit.doubtful))
        self.queue.put_back(later, deferred_s(self.policy.retry, message.attempt, result))
        return []
