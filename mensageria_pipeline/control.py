"""What people decide over a campaign's sending: release, pause, resume, cancel, settle, retry. For every front end."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.campaign import load_definition
from mensageria_pipeline.contracts.dataset import read_stamp
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.project import Project
from mensageria_pipeline.reports.build import CampaignReport, build_report
from mensageria_pipeline.sending.hold import CampaignHold, hold_campaign
from mensageria_pipeline.sending.ledger.control import Order, Wait
from mensageria_pipeline.sending.ledger.leases import new_owner
from mensageria_pipeline.sending.results import Results
from mensageria_pipeline.sending.send import held_plan, refresh_results
from mensageria_pipeline.sending.settle import cancel_left, doubts, failures, reopen, settle_doubts
from mensageria_pipeline.status import known_partitions

OnWait = Callable[[], None]
"""Called while another run sends the campaign, and this one waits."""
Failure = tuple[str, Mode, Outcome]


def nobody_waits() -> None:
    """For those who show nothing while they wait."""


def check_known(project: Project, partition: str) -> None:
    """Raises InputError for a campaign that has no list yet."""
    known = known_partitions(project)
    if partition not in known:
        raise InputError("campaign_unknown", campaign=partition, known=", ".join(known) or "—")


def check_planned(project: Project, partition: str) -> None:
    """Raises InputError where the campaign has no messages."""
    check_known(project, partition)
    if not project.layout.table(Asset.MESSAGES, partition).exists():
        raise InputError("step_missing", asset=Asset.MESSAGES.value, campaign=partition)


def release(project: Project, partition: str) -> None:
    """Let the messages be sent as they are now; the sensor `agenda` starts within seconds."""
    check_planned(project, partition)
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    assert plan is not None  # noqa: S101 - just checked
    project.ledger.release(partition, plan.fingerprint)
    _wake(project, partition)


def pause(project: Project, partition: str) -> None:
    check_known(project, partition)
    project.ledger.give(partition, Order.PAUSE)


def resume(project: Project, partition: str) -> bool:
    """Take a pause or a cancellation back; False where there was none."""
    check_known(project, partition)
    if project.ledger.order(partition) is None:
        return False
    project.ledger.give(partition, None)
    _wake(project, partition)
    return True


def cancel(project: Project, partition: str, on_wait: OnWait = nobody_waits) -> int:
    """End what is left as cancelled; how many messages are cancelled now."""
    check_planned(project, partition)
    project.ledger.give(partition, Order.CANCEL)
    with held(project, partition, on_wait) as (hold, plan):
        cancel_left(project.ledger, hold, plan)
        refresh(project, partition, plan)
        with Results(plan, project.ledger.journal(partition)) as results:
            return results.tally().outcomes[Outcome.CANCELLED.value]


def settle(project: Project, partition: str, outcome: Outcome | None, on_wait: OnWait = nobody_waits) -> int:
    """Settle every in-doubt message as `outcome`, or, with None, let it be sent again; how many."""
    check_planned(project, partition)
    with held(project, partition, on_wait) as (hold, plan):
        found = doubts(plan, project.ledger.journal(partition))
        count = settle_doubts(project.ledger, hold, found, outcome)
        refresh(project, partition, plan)
    return count


def retry(
    project: Project,
    partition: str,
    outcomes: Sequence[Outcome],
    agree: Callable[[Sequence[Failure]], None] = lambda _found: None,
    on_wait: OnWait = nobody_waits,
) -> Counter[str]:
    """Open messages that failed for another attempt, once `agree` has not objected; how many of each outcome.

    The campaign still has to run. Raises InputError where it is paused or cancelled.
    """
    check_planned(project, partition)
    definition = load_definition(project.layout, Partition.parse(partition).campaign)
    if project.ledger.order(partition):
        raise InputError("retry_while_stopped", campaign=partition)
    with held(project, partition, on_wait) as (hold, plan):
        found = failures(plan, project.ledger.journal(partition), outcomes, definition.one_message_per)
        if found:
            agree(found)
            reopen(project.ledger, hold, [(message_id, mode) for message_id, mode, _ in found])
    return Counter(outcome.value for _, _, outcome in found)


def retry_soon(project: Project, partition: str, outcomes: Sequence[Outcome]) -> Counter[str]:
    """`retry`, and let the sensor `agenda` start a run for it within seconds."""
    opened = retry(project, partition, outcomes)
    _wake(project, partition)
    return opened


def resend_soon(project: Project, partition: str) -> int:
    """Let in-doubt messages be sent again, and let the sensor `agenda` start a run for it within seconds."""
    count = settle(project, partition, None)
    _wake(project, partition)
    return count


def _wake(project: Project, partition: str) -> None:
    project.ledger.set_wait(partition, Wait(partition, datetime.now(UTC), "wait_resumed"))


@contextmanager
def held(project: Project, partition: str, on_wait: OnWait) -> Iterator[tuple[CampaignHold, Path]]:
    """The campaign, once no run sends it any more, and its messages as they are now."""
    with (
        hold_campaign(project.ledger, partition, new_owner(), on_wait) as hold,
        held_plan(project.layout, partition) as plan,
    ):
        yield hold, plan


def refresh(project: Project, partition: str, plan: Path) -> None:
    """Results, metrics and report as the ledger has them now, without sending anything."""
    refresh_results(project.layout, project.ledger, partition, plan)
    publish(project.layout, [partition])
    report(project, partition)


def report(project: Project, partition: str) -> CampaignReport:
    """Write the report of a partition, with its notes."""
    return build_report(project.layout, partition, [(note.at, note.text) for note in project.notes.of(partition)])
