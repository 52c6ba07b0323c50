"""How a sending ended, and why."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.policy import UNREACHABLE_S, StopReason
from mensageria_pipeline.sending.tally import Tally
from mensageria_pipeline.sending.waits import SendWait, earliest_wait
from mensageria_pipeline.storage.dataset import Stamp

_logger = logging.getLogger(__name__)
IN_DOUBT = "stopped_unknown"
"""The reason that is left where nothing but messages in doubt is undone."""
_STOP_TEXTS = {
    StopReason.CREDENTIALS: "stopped_credentials",
    StopReason.UNREACHABLE: "stopped_unreachable",
    StopReason.FAILING: "stopped_failing",
    StopReason.MALFORMED: "stopped_malformed",
    StopReason.INTERNAL: "stopped_internal",
}
_ENDLESS = {OperatorCommand.PAUSE: "wait_paused", OperatorCommand.RESTORED: "wait_restored"}
"""What lasts until a person takes it back."""


@dataclass(slots=True)
class SendSummary:
    """How a sending ended. `problem` says why work is left undone; None for done or merely waiting."""

    plan: Stamp
    tally: Tally = field(default_factory=Tally)
    sent_s: float = 0.0
    settled: int = 0
    """Messages that got their final outcome in this run."""
    problem: MensageriaError | None = None
    wait: SendWait | None = None
    modes: Sequence[Mode] = ()
    lanes: Sequence[LaneSummary] = ()
    """How each provider's sending ended."""
    processes: int = 1
    """Senders that worked side by side."""

    @property
    def wait_reason(self) -> str | None:
        """Why the campaign waits; None where it does not."""
        return self.wait.reason if self.wait else None

    @property
    def wait_until(self) -> datetime | None:
        """Until when it waits; None where it does not, or until a person says so."""
        return self.wait.until if self.wait else None


def read_lanes(summary: SendSummary, lanes: Sequence[LaneSummary]) -> None:
    """Take the first reason for stopping, and the earliest moment at which a waiting lane goes on."""
    summary.lanes = lanes
    for lane in lanes:
        if lane.stop in _STOP_TEXTS and summary.problem is None:
            summary.problem = MensageriaError(
                _STOP_TEXTS[lane.stop],
                provider=lane.provider,
                code=lane.code or "—",
                seconds=round(UNREACHABLE_S),
                pending="?",
                unknown="?",
            )
    summary.wait = earliest_wait(lane.wait for lane in lanes)


def read_command(summary: SendSummary, command: OperatorCommand | None) -> None:
    """A pause is a wait without an end; what a cancellation left is settled."""
    if command in _ENDLESS:
        summary.wait = SendWait(_ENDLESS[command])


def explain(summary: SendSummary, partition: str) -> None:
    """Complete the reason with counts; in-doubt messages that nobody will resend are a reason of their own."""
    if summary.problem is not None and "pending" in summary.problem.values:
        summary.problem.values |= {"pending": summary.tally.pending, "unknown": summary.tally.unknown}
    if summary.problem is None and summary.tally.unknown and not summary.wait_reason:
        summary.problem = MensageriaError(IN_DOUBT, unknown=summary.tally.unknown, campaign=partition)


def log_summary(summary: SendSummary) -> None:
    """One line for each provider, and one for the whole."""
    for lane in summary.lanes:
        _logger.info(
            "lane ended",
            extra={
                "provider": lane.provider,
                "events": dict(lane.events),
                "stop": lane.stop,
                "code": lane.code,
                "rate_per_s": round(lane.rate_per_s, 1),
                "slowed": lane.slowed,
            },
        )
    tally = summary.tally
    _logger.info(
        "sending ended",
        extra={
            "settled": summary.settled,
            "seconds": round(summary.sent_s, 3),
            "outcomes": tally.outcomes,
            "unknown": tally.unknown,
            "pending": tally.pending,
            "problem": summary.problem.key if summary.problem else None,
            "waits_for": summary.wait_reason,
        },
    )
