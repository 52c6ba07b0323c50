"""What people decide over a campaign's sending: release, pause, resume, cancel, settle, retry. For every front end."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import ChangedError, InputError
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.ledger.ledger import OperatorCommand, Wait
from mensageria_pipeline.reports.build import CampaignReport, build_report
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot
from mensageria_pipeline.sending.remaining import find_remaining
from mensageria_pipeline.sending.results import Results
from mensageria_pipeline.sending.send import refresh_results
from mensageria_pipeline.sending.settle import (
    Doubt,
    cancel_remaining,
    doubts,
    failures,
    reopen,
    settle_doubts,
    settle_reported,
)
from mensageria_pipeline.sending.unrecorded import check_recorded
from mensageria_pipeline.services.kept_receipts import apply_receipts
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.settled import note_reported
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline.storage.dataset import fingerprint_of, read_stamp
from mensageria_pipeline.storage.layout import Asset

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


def release(project: Project, partition: str, seen: str | None = None) -> None:
    """Let the messages be sent as they are now; the sensor `agenda` starts within seconds.

    `seen`: the fingerprint of the plan that the person looked at. Raises InputError where it is no longer the plan.
    """
    release_plan(project, partition, seen)
    _wake(project, partition)


def release_plan(project: Project, partition: str, seen: str | None = None) -> None:
    """`release` for a run that sends by itself. Nothing else writes a release."""
    check_planned(project, partition)
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    assert plan is not None  # noqa: S101 - just checked
    if seen not in {None, plan.fingerprint}:
        raise InputError("release_changed", campaign=partition, found=seen, plan=plan.fingerprint)
    project.ledger.release(partition, plan.fingerprint)


def pause(project: Project, partition: str) -> None:
    """Let nothing more leave. A cancellation, and the hold after a restore, stay what they are: they stop more."""
    check_known(project, partition)
    project.ledger.replace_command(partition, None, OperatorCommand.PAUSE)


def resume(project: Project, partition: str, seen: OperatorCommand | None = None) -> bool:
    """Take a pause, a cancellation or the hold after a restore back; False where there was none.

    `seen`: the one that the person was shown. Raises ChangedError where another stands by now.
    """
    check_known(project, partition)
    found = project.ledger.command(partition)
    if found is None:
        return False
    if seen not in {None, found} or not project.ledger.replace_command(partition, found, None):
        raise ChangedError("decision_changed", campaign=partition)
    _wake(project, partition)
    return True


def seen(project: Project, partition: str) -> str:
    """A name for a campaign as it is at this moment: its plan, and how far its journal goes.

    Ask for it before what a person is shown is read. A decision that carries it is carried out only if nothing was
    written meanwhile.
    """
    plan = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    extent = project.ledger.journal(partition).extent()
    return fingerprint_of({"plan": plan.fingerprint if plan else "", "lines": sorted(extent.items())})


def remaining(project: Project, partition: str) -> int:
    """Messages of a campaign that are neither settled nor in doubt at this moment."""
    check_planned(project, partition)
    plan = project.layout.table(Asset.MESSAGES, partition)
    return len(find_remaining(plan, project.ledger.journal(partition)).pending_rows)


def definition_of(project: Project, partition: str) -> CampaignDefinition:
    return load_definition(project.layout, Partition.parse(partition).campaign)


def cancel(project: Project, partition: str, on_wait: OnWait = nobody_waits, plan: str | None = None) -> int:
    """End what is left as cancelled; how many messages are cancelled now.

    With `plan`, the fingerprint of the messages that a person agreed to cancel. Raises ChangedError where they were
    planned anew, or where somebody resumed the campaign before it could be cancelled; nothing is cancelled then.
    """
    check_planned(project, partition)
    _check_plan(project, partition, plan)
    before = project.ledger.command(partition)
    project.ledger.set_command(partition, OperatorCommand.CANCEL)
    with held(project, partition, on_wait) as (campaign_lease, messages):
        if project.ledger.command(partition) is not OperatorCommand.CANCEL:
            raise ChangedError("cancel_taken_back", campaign=partition)
        try:
            _check_plan(project, partition, plan)
        except ChangedError:
            project.ledger.replace_command(partition, OperatorCommand.CANCEL, before)
            raise
        cancel_remaining(project.ledger, campaign_lease, messages)
        refresh(project, campaign_lease, messages)
        with Results(messages, project.ledger.journal(partition)) as results:
            return results.tally().outcomes[Outcome.CANCELLED.value]


def _check_plan(project: Project, partition: str, wanted: str | None) -> None:
    if wanted not in {None, plan_of(project, partition)}:
        raise ChangedError("decision_changed", campaign=partition)


def plan_of(project: Project, partition: str) -> str:
    """The fingerprint of a campaign's messages as they are planned now."""
    stamp = read_stamp(project.layout.table(Asset.MESSAGES, partition))
    if stamp is None:
        raise InputError("step_missing", asset=Asset.MESSAGES.value, campaign=partition)
    return stamp.fingerprint


def settle(
    project: Project,
    partition: str,
    outcome: Outcome | None,
    on_wait: OnWait = nobody_waits,
    as_seen: str | None = None,
) -> int:
    """Settle every in-doubt message as `outcome`, or, with None, let it be sent again; how many.

    Raises ChangedError where the campaign is not `as_seen` any more.
    """
    check_planned(project, partition)
    with held(project, partition, on_wait, as_seen) as (campaign_lease, plan):
        found = doubts(plan, project.ledger.journal(partition))
        count = settle_doubts(project.ledger, campaign_lease, found, outcome)
        refresh(project, campaign_lease, plan)
    return count


def in_doubt(project: Project, partition: str) -> list[Doubt]:
    """The attempts that `settle` would settle now."""
    check_planned(project, partition)
    return doubts(project.layout.table(Asset.MESSAGES, partition), project.ledger.journal(partition))


def failed(project: Project, partition: str, outcomes: Sequence[Outcome]) -> list[Failure]:
    """The messages that `retry` would open now."""
    check_planned(project, partition)
    definition = definition_of(project, partition)
    plan = project.layout.table(Asset.MESSAGES, partition)
    return failures(plan, project.ledger.journal(partition), outcomes, definition.one_message_per)


def retry(
    project: Project,
    partition: str,
    outcomes: Sequence[Outcome],
    on_wait: OnWait = nobody_waits,
    as_seen: str | None = None,
) -> Counter[str]:
    """Open messages that failed for another attempt; how many of each outcome. The campaign still has to run.

    Raises InputError where it is paused or cancelled, and ChangedError where it is not `as_seen` any more.
    """
    check_planned(project, partition)
    definition = definition_of(project, partition)
    with held(project, partition, on_wait, as_seen) as (campaign_lease, plan):
        if project.ledger.command(partition):
            raise InputError("retry_while_stopped", campaign=partition)
        found = failures(plan, project.ledger.journal(partition), outcomes, definition.one_message_per)
        reopen(project.ledger, campaign_lease, [(message_id, mode) for message_id, mode, _ in found])
    return Counter(outcome.value for _, _, outcome in found)


def retry_soon(
    project: Project, partition: str, outcomes: Sequence[Outcome], as_seen: str | None = None
) -> Counter[str]:
    """`retry`, and let the sensor `agenda` start a run for it within seconds."""
    opened = retry(project, partition, outcomes, as_seen=as_seen)
    _wake(project, partition)
    return opened


def resend_soon(project: Project, partition: str, as_seen: str | None = None) -> int:
    """Let in-doubt messages be sent again, and let the sensor `agenda` start a run for it within seconds."""
    count = settle(project, partition, None, as_seen=as_seen)
    _wake(project, partition)
    return count


def _wake(project: Project, partition: str) -> None:
    project.ledger.set_wait(partition, Wait(partition, datetime.now(UTC), "wait_resumed"))


@contextmanager
def held(
    project: Project, partition: str, on_wait: OnWait, as_seen: str | None = None
) -> Iterator[tuple[CampaignLease, Path]]:
    """The campaign, once no run sends it any more, and its messages as they are now.

    Raises ChangedError where it is not `as_seen` any more, and LedgerError where the ledger has forgotten something.
    """
    with (
        lease_campaign(project.ledger, partition, new_owner(), on_wait) as campaign_lease,
        plan_snapshot(project.layout, partition) as plan,
    ):
        check_recorded(project.layout, project.ledger, partition)
        apply_receipts(project)
        settle_reported(project.ledger, campaign_lease)  # whoever has the message is not to get it again
        if as_seen not in {None, seen(project, partition)}:
            raise ChangedError("decision_changed", campaign=partition)
        yield campaign_lease, plan


def refresh(project: Project, campaign_lease: CampaignLease, plan: Path) -> None:
    """Results, metrics and report as the ledger has them now, without sending anything."""
    partition = campaign_lease.lease.scope
    refresh_results(project.layout, project.ledger, campaign_lease, plan)
    publish(project.layout, [partition])
    report(project, partition)


def report(project: Project, partition: str) -> CampaignReport:
    """Write the report of a partition, with its notes."""
    mark = project.ledger.tallies.mark(partition)
    notes = [(note.at, note.text) for note in project.notes.of(partition)]
    made = build_report(project.layout, partition, notes)
    note_reported(project, partition, mark)
    return made
