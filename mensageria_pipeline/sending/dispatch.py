"""A campaign's sending as a whole: its plan in shards, a sender for each, the dead ones replaced.

Whoever dispatches holds the lease on the campaign; each sender holds the lease on its shard. A sender that
dies leaves its lease to run out: then its shard is taken over under a higher token, and what is left of it
is looked up anew.
"""

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import LeaseLostError, LedgerError, MensageriaError
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, fence, take_shard
from mensageria_pipeline.ledger.leases import Keeper, Lease, Watch
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.sending.lane_summary import LaneSummary, merged
from mensageria_pipeline.sending.outbox import remaining_file
from mensageria_pipeline.sending.policy import StopReason
from mensageria_pipeline.sending.remaining import Remaining, find_remaining
from mensageria_pipeline.sending.sender import SenderThread
from mensageria_pipeline.sending.sender_job import SenderJob
from mensageria_pipeline.sending.sender_process import ProcessSender
from mensageria_pipeline.sending.settle import cancel_remaining
from mensageria_pipeline.settings import Settings

_logger = logging.getLogger(__name__)
WORTH_PROCESSES = 10_000
"""Messages that are left, from which on starting sender processes pays."""
WORTH_PROCESSES_PER_S = 2_000.0
"""A campaign that may not go faster than this needs one sender only."""
MAX_REPLACEMENTS = 20
"""Of senders that died, in one run; then something is wrong that more of them do not mend."""
_LOOK_S = 0.1
_REPORT_EVERY_S = 1.0
_DRAIN_MARGIN_S = 20.0
"""Beyond the request timeout, for the answers' way to the disk."""

ProgressSink = Callable[[int, int], None]
"""Called about once a second with (messages settled, messages in all)."""
_Worker = SenderThread | ProcessSender


@dataclass(slots=True)
class Dispatch:
    """One sending of a plan. `run` once, holding the campaign."""

    campaign_lease: CampaignLease
    plan: Path
    ledger: Ledger
    settings: Settings
    definition: CampaignDefinition
    providers: tuple[str, ...]
    folder: Path
    """Scratch of this campaign's sendings: one folder below it for each lease."""
    pacing_dir: Path
    settled_count: int = 0
    """Messages that got their final outcome from this run."""
    processes: int = 1
    replacements: int = 0
    command: OperatorCommand | None = None
    """What a person asked for, where that ended the sending."""
    _workers: dict[int, _Worker] = field(default_factory=dict)
    _ended: list[_Worker] = field(default_factory=list)
    _lost: bool = False

    @property
    def _partition(self) -> str:
        return self.campaign_lease.lease.scope

    @property
    def _keeper(self) -> Keeper:
        return self.campaign_lease.keeper

    def run(self, on_progress: ProgressSink) -> list[LaneSummary]:
        """Send what is left. An interrupt lets requests in flight end, records them, and is raised again.

        Raises LedgerError when what is sent cannot be recorded, or when another run has taken over.
        """
        self._keeper.keep(self.campaign_lease.lease, self._lose)
        self.command = self.ledger.command(self._partition)
        with self._scratch():
            try:
                if self.command is None:
                    remaining = self._begin()
                    self._watch(remaining, on_progress)
            except BaseException:
                self._drain()
                raise
            finally:
                self._count()
        if (
            self.command is OperatorCommand.CANCEL and self.ledger.command(self._partition) is OperatorCommand.CANCEL
        ):  # not resumed meanwhile
            cancel_remaining(self.ledger, self.campaign_lease, self.plan)
        return merged([lane for worker in self._ended for lane in worker.reports or []])

    # Who sends what.

    def _begin(self) -> Remaining:
        """Take every shard that was ever written, and those that may be needed; only then look what is left."""
        journal = self.ledger.journal(self._partition)
        wanted = range(self._worth(pq.read_metadata(self.plan).num_rows))
        leases = {shard: self._take(shard) for shard in sorted({*journal.shards(), *wanted})}
        remaining = find_remaining(self.plan, journal)
        self.processes = self._worth(remaining.count)
        remaining.write(self._scratch_dir, self.processes)
        senders = range(self.processes if remaining.count else 0)
        for shard in set(leases) - set(senders):
            self._keeper.drop(leases[shard])
        for shard in senders:
            self._start(leases[shard])
        return remaining

    def _worth(self, remaining: int) -> int:
        """How many senders are worth their while."""
        if self.settings.sender_processes:
            return self.settings.sender_processes
        rates = [self.definition.rate_of(name) or WORTH_PROCESSES_PER_S for name in self.providers]
        is_slow = sum(rates) < WORTH_PROCESSES_PER_S
        return 1 if remaining < WORTH_PROCESSES or is_slow else (os.cpu_count() or 1)

    def _take(self, shard: int) -> Lease:
        lease = take_shard(self.ledger, self.campaign_lease, shard)
        self._keeper.keep(lease, self._lose)
        return lease

    def _start(self, lease: Lease) -> None:
        job = SenderJob(
            self._partition,
            self.plan,
            remaining_file(self._scratch_dir, lease.shard),
            lease,
            self.ledger.folder,
            self.pacing_dir,
            self.definition,
            self.providers,
            self.settings,
        )
        if self.processes == 1:
            self._workers[lease.shard] = SenderThread(job, self.ledger, self._keeper)
        else:
            self._workers[lease.shard] = ProcessSender(job)

    # While they send.

    def _watch(self, remaining: Remaining, on_progress: ProgressSink) -> None:
        watch, next_look = Watch(self.ledger.leases.times.lease_s), 0.0
        while self._workers:
            for worker in list(self._workers.values()):
                worker.wait(_LOOK_S / len(self._workers))
                self._look_at(worker, watch)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + _REPORT_EVERY_S
                self._count()
                on_progress(remaining.total - remaining.count + self.settled_count, remaining.total)
                self._obey()
        self._count()
        on_progress(remaining.total - remaining.count + self.settled_count, remaining.total)

    def _look_at(self, worker: _Worker, watch: Watch) -> None:
        if isinstance(worker, ProcessSender) and worker.has_begun:
            self._keeper.hand_over(worker.lease)
        if worker.is_running:
            return
        if isinstance(worker, ProcessSender) and (worker.has_died or self._was_stopped(worker)):
            self._keeper.hand_over(worker.lease)  # not ours to keep alive
            self._replace(worker, watch)
            return
        del self._workers[worker.lease.shard]
        self._ended.append(worker)
        if isinstance(worker, ProcessSender):
            worker.close()
        self._keeper.drop(worker.lease)
        if worker.error:
            self._drain()
            raise worker.error

    def _was_stopped(self, worker: ProcessSender) -> bool:
        """It was told to stop, and not by us: somebody ended the process, or it lost its lease."""
        is_ours = self.command is not None or self._lost
        return not is_ours and any(lane.stop is StopReason.REQUESTED for lane in worker.reports or [])

    def _replace(self, worker: ProcessSender, watch: Watch) -> None:
        """Once the lease of a dead sender has run out: take its shard over and look again at what is left of it."""
        shard = worker.lease.shard
        state = self.ledger.leases.states(self._partition)[shard]
        if not watch.has_run_out(shard, state):
            return
        lease = self.ledger.leases.claim(
            self._partition, shard, self.campaign_lease.lease.owner, state, under=self.campaign_lease.lease
        )
        if lease is None:
            return
        self._keeper.keep(lease, self._lose)
        del self._workers[shard]
        self._ended.append(worker)
        worker.close()
        self.replacements += 1
        _logger.warning("a sender died and is replaced", extra={"shard": shard, "replacements": self.replacements})
        if self.replacements > MAX_REPLACEMENTS:
            self._drain()
            raise MensageriaError("senders_die", count=self.replacements)
        fence(self.ledger, self._partition, shard, lease.token)
        find_remaining(self.plan, self.ledger.journal(self._partition)).write(
            self._scratch_dir, self.processes, only=shard
        )
        self._start(lease)

    def _obey(self) -> None:
        """Stop on a person's order, or when another run has taken the campaign over."""
        if self.command is None:
            with contextlib.suppress(LedgerError):  # it cannot be read just now: the senders notice by themselves
                self.command = self.ledger.command(self._partition)
        if self.command or self._lost:
            for worker in self._workers.values():
                worker.stop()
        if self._lost:
            self._drain()
            raise LeaseLostError(self._partition)

    def _lose(self) -> None:
        self._lost = True

    def _drain(self) -> None:
        """Let requests in flight end, bounded by their timeout, and leave no process behind."""
        deadline = time.monotonic() + self.settings.timeout_s + _DRAIN_MARGIN_S
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.wait(max(0.0, deadline - time.monotonic()))
            if isinstance(worker, ProcessSender):
                if worker.is_running:
                    worker.kill()
                    worker.wait()
                worker.close()
        self._ended += self._workers.values()
        self._workers.clear()

    def _count(self) -> None:
        self.settled_count = sum(worker.settled for worker in (*self._workers.values(), *self._ended))

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[None]:
        shutil.rmtree(self.folder, ignore_errors=True)  # of dead runs; one that sleeps has lost its lease
        try:
            yield
        finally:
            shutil.rmtree(self._scratch_dir, ignore_errors=True)
            with contextlib.suppress(OSError):  # another run's files are there already
                self.folder.rmdir()

    @property
    def _scratch_dir(self) -> Path:
        return self.folder / str(self.campaign_lease.lease.token)
