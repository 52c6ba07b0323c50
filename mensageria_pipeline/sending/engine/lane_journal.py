"""The lines a lane writes, and how many of each."""

from collections.abc import Sequence

from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.ledger.journal import Event, Line, now_us
from mensageria_pipeline.providers.verdict import Result
from mensageria_pipeline.sending.engine.permits import Permit
from mensageria_pipeline.sending.engine.ports import Record
from mensageria_pipeline.sending.lane_summary import LaneSummary

_ATTEMPTING = Event.ATTEMPTING.value


class LaneJournal:
    """Makes, counts and records the lines of a lane."""

    def __init__(self, recorder: Record, summary: LaneSummary, mode: Mode, route: str) -> None:
        self._recorder, self._events, self._mode, self._route = recorder, summary.events, mode.value, route

    def intent(self, message: Message) -> Line:
        """That a request for the message is about to leave, and where to."""
        return Line(
            message.message_id,
            self._mode,
            message.attempt,
            _ATTEMPTING,
            now_us(),
            None,
            None,
            None,
            message.address_key,
            message.edition,
            None,
            self._route,
        )

    def answer(self, message: Message, event: str, result: Result, latency_ms: float) -> Line:
        """What became of a request."""
        return Line(
            message.message_id,
            self._mode,
            message.attempt,
            event,
            now_us(),
            result.code,
            result.provider_message_id,
            latency_ms,
            None,
            None,
            result.cost,
        )

    def decision(self, message: Message, outcome: Outcome, code: str) -> Line:
        """An outcome that took no request."""
        return Line(message.message_id, self._mode, 0, outcome.value, now_us(), code)

    async def record(self, lines: Sequence[Line]) -> None:
        """Return when the lines are on disk. Raises LedgerError."""
        await self._recorder.record(lines)
        self._count(lines)

    def submit(self, lines: Sequence[Line], permit: Permit) -> None:
        """Write lines soon; `permit` goes with them."""
        self._count(lines)
        self._recorder.submit(lines, permit)

    def fail(self, error: LedgerError) -> None:
        """Nothing can be recorded any more; the first reason stays."""
        self._recorder.error = self._recorder.error or error

    def _count(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._events[line.event] += 1
