"""One request and its answers: sent, judged, recorded, and put back in line where it is to be tried again."""

from collections.abc import Sequence
from dataclasses import dataclass

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.ledger.journal import Line
from mensageria_pipeline.providers.verdict import Result, Verdict, all_alike
from mensageria_pipeline.sending.breaker import Breaker
from mensageria_pipeline.sending.engine.dead_addresses import DeadAddresses
from mensageria_pipeline.sending.engine.lane_journal import LaneJournal
from mensageria_pipeline.sending.engine.leave import Leave
from mensageria_pipeline.sending.engine.permits import Permit
from mensageria_pipeline.sending.engine.ports import Clock, Send
from mensageria_pipeline.sending.engine.retries import Retries
from mensageria_pipeline.sending.engine.unit import Unit
from mensageria_pipeline.sending.judging import Judged, is_accepted, is_failure, judged
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.pacing import Bucket
from mensageria_pipeline.sending.policy import StopReason
from mensageria_pipeline.sending.retry import asked_s

_ACCEPTED = Outcome.ACCEPTED.value


@dataclass(slots=True)
class Delivery:
    """Makes the requests of a lane, whose intents are on disk."""

    send: Send
    journal: LaneJournal
    retries: Retries
    dead_addresses: DeadAddresses
    breaker: Breaker
    bucket: Bucket
    """Of the credential: a 429 is for everybody who uses it."""
    summary: LaneSummary
    clock: Clock
    leave: Leave
    under_way: int = 0
    """Requests without an answer yet, counted by whoever begins them."""
    _began_at: float = 0.0

    async def deliver(self, unit: Unit, permit: Permit) -> None:
        """Make the request of a unit. What is left of `permit` once its answers are on their way is the caller's."""
        try:
            if self.leave.connection is None:
                answered = await self._ask(unit)
            else:
                async with self.leave.connection:
                    answered = await self._ask(unit)
        finally:
            self.under_way -= 1
        if answered is None:
            return
        results, latency_s = answered
        try:
            self._settle(unit, results, latency_s * 1000, permit)
        except Exception as error:  # noqa: BLE001 - a defect of ours: their intents leave them in doubt
            self.summary.stop_for(StopReason.INTERNAL, type(error).__name__)

    async def _ask(self, unit: Unit) -> tuple[list[Result], float] | None:
        """The answers and the seconds that they took; None where the request must not leave any more.

        Then somebody else decides over its messages by now, and their intents leave them in doubt.
        """
        if not (self.leave.holds_lease() or await self.leave.is_ours()):
            return None
        started = self.clock()
        self._began_at = self._began_at or started
        unit.tries += 1
        unit.first_tried_at = unit.first_tried_at or started
        try:
            results = await self.send(unit.messages)
        except Exception as error:  # noqa: BLE001 - an adapter's defect: the messages may have left
            self.summary.stop_for(StopReason.INTERNAL, type(error).__name__)
            results = all_alike(unit.messages, Verdict.UNKNOWN, "internal_error")
        ended = self.clock()
        self.summary.sending_s = ended - self._began_at
        return results, ended - started

    def _settle(self, unit: Unit, results: list[Result], latency_ms: float, permit: Permit) -> None:
        """Hand the answers to the journal, and put what is to be tried again back in line."""
        if len(unit.messages) == 1 and is_accepted(unit.messages[0], results):
            # Nearly all of them: what follows would come to the same, more slowly.
            self.breaker.answered(accepted=True)
            self.journal.submit([self.journal.answer(unit.messages[0], _ACCEPTED, results[0], latency_ms)], permit)
            return
        answers = judged(unit.messages, results, unit.doubtful)
        self._watch(answers)
        unit.refusals += any(answer.is_refused_doubt for answer in answers)
        lines: list[Line] = []
        again: list[tuple[Message, Result]] = []
        for answer in answers:
            line = self.journal.answer(answer.message, answer.event, answer.result, latency_ms)
            if answer.result.verdict is Verdict.INVALID_ADDRESS:
                self.dead_addresses.add(answer.message, line, permit.split(1))
                continue
            lines += [line, *self._put_back(unit, answer, again)]
        if again:
            lines += self.retries.try_again(unit, again)
        if lines:
            self.journal.submit(lines, permit)

    def _put_back(self, unit: Unit, answer: Judged, again: list[tuple[Message, Result]]) -> list[Line]:
        """Back into line where it belongs there, or into `again`; the line of a message that expires instead."""
        message, result = answer.message, answer.result
        if result.verdict is Verdict.UNKNOWN:
            unit.doubtful.add(message.message_id)
        if result.is_deferred:
            return self.retries.defer(unit, message, result)
        if self.retries.is_due_again(unit, answer):
            again.append((message, result))
        return []

    def _watch(self, answers: Sequence[Judged]) -> None:
        """Tell the breaker and the bucket; stop at once on refused credentials, after a few malformed requests."""
        results = [answer.result for answer in answers]
        verdicts = {result.verdict for result in results}
        code = next((result.code for result in results if result.code), None)
        if Verdict.CREDENTIALS in verdicts:
            self.summary.stop_for(StopReason.CREDENTIALS, code)
        elif all(is_failure(result) for result in results):
            self.breaker.failed(is_silence=all(result.is_silence for result in results))
            self.summary.code = self.summary.code or code
        else:
            self.breaker.answered(accepted=Verdict.ACCEPTED in verdicts)
            if self.summary.stop is None:
                self.summary.code = None
        if any(answer.is_malformed for answer in answers) and self.breaker.malformed():
            self.summary.stop_for(StopReason.MALFORMED, code)
        if Verdict.THROTTLED in verdicts:
            count = sum(result.verdict is Verdict.THROTTLED for result in results)
            self.bucket.throttled(count, asked_s(results))
