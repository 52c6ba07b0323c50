"""After a restore or a loss: what results and receipts know that the send ledger does not, and how it gets back in.

Until a person has looked, live campaigns that are not finished stay held: what left after the backup, and was never
written to a result, nobody can tell.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.errors import DefinitionError, LedgerError, MensageriaError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import lease_campaign
from mensageria_pipeline.ledger.leases import new_owner
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.recovery.backup import restore_state
from mensageria_pipeline.recovery.receipts import take_back
from mensageria_pipeline.sending.plan_snapshot import plan_snapshot
from mensageria_pipeline.sending.unrecorded import check_own, take_in, unrecorded
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import campaign_status, known_partitions
from mensageria_pipeline.storage.layout import Asset


@dataclass(frozen=True, slots=True)
class Gap:
    """Live messages of a campaign that results or receipts know more of than the ledger does."""

    campaign: str
    outcomes: Counter[str]
    """accepted, another final outcome, or unknown → messages."""
    problem: MensageriaError | None = None
    """Why they cannot be compared; `outcomes` is empty then."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore led to."""

    kept: Path | None
    """Where the former state is."""
    gaps: list[Gap]
    held: list[str]
    """Live campaigns that wait for a person."""
    knows_who_left: bool
    """Whether opt-outs, dead addresses and receipts of after the backup came in from the former state."""


def restore(project: Project, source: Path) -> tuple[Project, Restored]:
    """Put a backup in place, hold the live campaigns, and compare; the project anew, over the restored state.

    Raises what `restore_state` raises.
    """
    live = [partition for partition in known_partitions(project) if _is_live(project, partition)]

    def campaign_lease(folder: Path) -> None:
        ledger = Ledger(folder)
        ledger.tallies.clear()
        live.extend(_sent_and_not_here(project, folder, live))
        _shut_sleepers_out(Ledger(project.layout.ledger_dir), ledger)
        for partition in live:
            if ledger.command(partition) is not OperatorCommand.CANCEL:  # a pause is taken back without a thought
                ledger.set_command(partition, OperatorCommand.RESTORED)

    kept = restore_state(project.layout, source, campaign_lease)
    restored = Project(project.settings)
    knows_who_left = kept is not None and _take_over(restored.ledger, Ledger(kept / "ledger"))
    for partition in known_partitions(restored):
        take_back(restored, partition)
    found = list(gaps(restored))
    held = list(_still_held(restored, live, {gap.campaign for gap in found}))
    return restored, Restored(kept, found, held, knows_who_left)


def _sent_and_not_here(project: Project, folder: Path, live: Sequence[str]) -> list[str]:
    """Partitions that the restored ledger has sent, and whose messages are not on this disk: what left after the backup
    nobody can tell, and a list that is dropped again would be sent again. Simulated ones are left out."""
    found = []
    for partition in sorted(each.name for each in folder.glob("*/") if each.name not in live):
        if project.layout.table(Asset.MESSAGES, partition).exists():
            continue
        is_defined = project.layout.definition(Partition.parse(partition).campaign).exists()
        if not is_defined or _is_defined_live(project, partition):
            found.append(partition)
    return found


def _take_over(ledger: Ledger, former: Ledger) -> bool:
    """Bring in who wanted to leave after the backup, from the state that was set aside; False where it cannot tell."""
    try:
        if not (former.folder / "control.db").exists() or former.key != ledger.key:
            return False
        # What was lifted meanwhile is not: who wanted to leave is the safer word.
        ledger.suppressions.suppress(former.suppressions.everybody())
        ledger.suppressions.add_dead_addresses(former.suppressions.dead())
        for reports in former.receipts.every():
            ledger.receipts.append(reports)
    except LedgerError:  # damaged: that may be what the backup is for
        return False
    return True


def _shut_sleepers_out(former: Ledger, ledger: Ledger) -> None:
    """Whoever slept through the restore can write to no journal any more, neither the former nor the restored one.

    A stopped process looks dead, and goes on when it is woken up: without an intent on disk it sends nothing.
    """
    for partition in sorted({each.name for folder in (former.folder, ledger.folder) for each in folder.glob("*/")}):
        both = [each for each in (former, ledger) if _is_readable(each, partition)]
        tokens = [state.token for each in both for state in each.leases.states(partition).values()]
        highest = 1 + max([*tokens, *(each.journal(partition).highest_fence() for each in both)], default=0)
        for each in both:
            journal = each.journal(partition)
            for shard in journal.shards():
                with contextlib.suppress(LedgerError):  # another ledger's file
                    journal.shard(shard, highest).fence()
        ledger.leases.raise_to(partition, highest)


def _is_readable(ledger: Ledger, partition: str) -> bool:
    """A ledger that is damaged, or gone, may be what the backup is for: nobody can write to it either."""
    if not (ledger.folder / "control.db").exists():
        return False
    try:
        ledger.leases.states(partition)
        ledger.journal(partition).fences()
    except LedgerError:
        return False
    return True


def _is_live(project: Project, partition: str) -> bool:
    """Whether it has messages that leave the machine; one whose definition cannot be read might have."""
    return project.layout.table(Asset.MESSAGES, partition).exists() and _is_defined_live(project, partition)


def _is_defined_live(project: Project, partition: str) -> bool:
    try:
        return load_definition(project.layout, Partition.parse(partition).campaign).is_live
    except DefinitionError:
        return True


def _still_held(project: Project, live: list[str], gapped: set[str]) -> Iterator[str]:
    """Of the live campaigns those that are not finished; the hold of the others is taken back."""
    for partition in live:
        if project.ledger.command(partition) is not OperatorCommand.RESTORED:
            continue
        is_here = project.layout.table(Asset.MESSAGES, partition).exists()
        if is_here and partition not in gapped and campaign_status(project, partition).is_complete:
            project.ledger.set_command(partition, None)
        else:
            yield partition


def gaps(project: Project) -> Iterator[Gap]:
    """The campaigns whose results or receipts say more than the ledger."""
    for partition in known_partitions(project):
        try:
            check_own(project.layout, project.ledger, partition)
            found = unrecorded(project.layout, project.ledger, partition)
        except MensageriaError as error:
            yield Gap(partition, Counter(), error)
            continue
        if found.num_rows:
            yield Gap(partition, Counter(found["outcome"].to_pylist()))


def recover(project: Project, partition: str, on_wait: control.OnWait = control.nobody_waits) -> Counter[str]:
    """Write what results and receipts know into the ledger; outcome → messages. Safe to repeat.

    A live campaign that is not finished then is held until a person resumes it. Raises LedgerError where the results
    are another ledger's.
    """
    control.check_planned(project, partition)
    check_own(project.layout, project.ledger, partition)
    with (
        lease_campaign(project.ledger, partition, new_owner(), on_wait, takes_older=True) as campaign_lease,
        plan_snapshot(project.layout, partition) as plan,
    ):
        if _is_live(project, partition) and project.ledger.command(partition) is not OperatorCommand.CANCEL:
            project.ledger.set_command(partition, OperatorCommand.RESTORED)
        take_back(project, partition)
        found = unrecorded(project.layout, project.ledger, partition)
        take_in(project.ledger, campaign_lease, found)
        control.refresh(project, campaign_lease, plan)
    list(_still_held(project, [partition], set()))
    return Counter(found["outcome"].to_pylist())
