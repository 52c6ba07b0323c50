"""One sender: a shard of a plan, an event loop, and in it a lane per provider."""

import asyncio
import contextlib
import hashlib
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

import uvloop

from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.journal import Line, route_of
from mensageria_pipeline.ledger.leases import Keeper
from mensageria_pipeline.providers.contract import (
    Capabilities,
    Closeable,
    HttpProvider,
    Pace,
    Provider,
    SendingProvider,
)
from mensageria_pipeline.providers.refusal import refuser_for
from mensageria_pipeline.providers.registry import create_provider
from mensageria_pipeline.providers.verdict import Result
from mensageria_pipeline.sending.engine import Lane
from mensageria_pipeline.sending.engine.permits import PermitPool
from mensageria_pipeline.sending.engine.ports import Send
from mensageria_pipeline.sending.lane_summary import LaneSummary
from mensageria_pipeline.sending.outbox import remaining_messages
from mensageria_pipeline.sending.pacing import Bucket
from mensageria_pipeline.sending.policy import MAX_IN_FLIGHT, LanePolicy, StopSwitch
from mensageria_pipeline.sending.provider_config import provider_config
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.sending.sender_job import SenderJob
from mensageria_pipeline.sending.suppression_cache import SuppressionCache
from mensageria_pipeline.sending.tariff import priced
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.sending.words import keeper_for


class Sender:
    """Sends what is left of a shard. `run` once, in a thread that may block."""

    def __init__(self, job: SenderJob, ledger: Ledger, keeper: Keeper) -> None:
        self.stop = StopSwitch()
        self._job, self._ledger, self._keeper = job, ledger, keeper
        self._lanes: list[Lane] = []

    @property
    def settled(self) -> int:
        """Messages that got their final outcome from this sender, so far."""
        return sum(lane.summary.events[outcome.value] for lane in self._lanes for outcome in FINAL_OUTCOMES)

    def run(self) -> list[LaneSummary]:
        """Until nothing is left, or something stops it. Raises LedgerError and SettingsError."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._send_all())

    async def _send_all(self) -> list[LaneSummary]:
        job = self._job
        shard = self._ledger.journal(job.partition).shard(job.lease.shard, job.lease.token)
        config = provider_config(job.settings, self._ledger.key, job.partition, job.definition)
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(shard.close)
            recorder = await stack.enter_async_context(Recorder(shard.append))
            for name in job.providers:
                provider = create_provider(name, config)
                send = priced(await open_sender(provider, job.settings.timeout_s, stack), provider, job.definition)
                buckets = [stack.enter_context(contextlib.closing(bucket)) for bucket in _buckets(job, provider)]
                permits = PermitPool(_most_in_flight(provider.capabilities, len(job.providers)))
                self._lanes.append(self._lane(provider, send, recorder, permits, buckets))
            summaries = await asyncio.gather(*(lane.run() for lane in self._lanes), return_exceptions=True)
        for summary in summaries:
            if isinstance(summary, BaseException):
                raise summary
        return [summary for summary in summaries if isinstance(summary, LaneSummary)]

    def _lane(
        self, provider: Provider, send: Send, recorder: Recorder[Line], permits: PermitPool, buckets: Sequence[Bucket]
    ) -> Lane:
        job, can = self._job, provider.capabilities
        wanted, route = job.definition.on_unknown, route_of(self._ledger.key, provider.name, provider.credential)
        rates = [bucket.pace.rate_per_s for bucket in buckets if bucket.pace.rate_per_s]
        size = _batch_size(can, min(rates, default=None), permits.size)
        policy = LanePolicy(can.mode, size, wanted or can.on_unknown, can.retry, can.connections)
        return Lane(
            provider=provider.name,
            policy=policy,
            send=send,
            recorder=recorder,
            permits=permits,
            buckets=buckets,
            source=remaining_messages(job.plan, job.remaining, provider.name, route, wanted, can.on_unknown),
            refusal=refuser_for(provider),
            suppressions=SuppressionCache(self._ledger, can.mode, job.partition),
            window=job.definition.send_window,
            stop_switch=self.stop,
            clock=time.monotonic,
            draw=Random(),  # noqa: S311 - jitter
            route=route,
            holds_lease=partial(self._keeper.is_fresh, job.lease),
        )


async def open_sender(provider: Provider, timeout_s: float, stack: contextlib.AsyncExitStack) -> Send:
    """How messages go through a provider, until `stack` ends. No text of its answers comes back."""
    if isinstance(provider, Closeable):
        stack.push_async_callback(provider.aclose)
    if not isinstance(provider, SendingProvider):
        assert isinstance(provider, HttpProvider)  # noqa: S101 - the contract knows two kinds
        return (await stack.enter_async_context(HttpTransport(provider, timeout_s, MAX_IN_FLIGHT))).send
    send, keep = provider.send, keeper_for(provider)

    async def send_and_keep(messages: Sequence[Message]) -> list[Result]:
        return keep(messages, await send(messages))

    return send_and_keep


def _most_in_flight(can: Capabilities, lanes: int) -> int:
    """Each lane has permits of its own: a batch would wait behind single messages."""
    return min(MAX_IN_FLIGHT // lanes, can.max_in_flight or MAX_IN_FLIGHT)


def _buckets(job: SenderJob, provider: Provider) -> list[Bucket]:
    """The campaign's own pace, where it has one, and its credential's, which other campaigns share."""
    buckets = []
    if rate_per_s := job.definition.rate_of(provider.name):
        name = f"campaign\n{job.partition}\n{provider.name}"
        buckets.append(Bucket(Pace(rate_per_s), _bucket_file(job.pacing_dir, name)))
    shared = f"credential\n{provider.name}\n{provider.credential}" if provider.credential else None
    buckets.append(Bucket(provider.capabilities.pace, _bucket_file(job.pacing_dir, shared) if shared else None))
    return buckets


def _bucket_file(folder: Path, name: str) -> Path:
    """Named by a hash: a credential is secret."""
    return folder / f"{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}.bucket"


def _batch_size(can: Capabilities, rate_per_s: float | None, permits: int) -> int:
    """Messages per request: no more than a tenth of a second's worth, or a batch would be a burst."""
    most = min(can.batch_size, permits)
    return max(1, min(most, int(rate_per_s / 10))) if rate_per_s else most


class SenderThread:
    """A sender of this process, beside the thread that watches it: an interrupt lands there, not in the loop."""

    def __init__(self, job: SenderJob, ledger: Ledger, keeper: Keeper) -> None:
        """`keeper` renews the job's lease."""
        self.sender = Sender(job, ledger, keeper)
        self.lease = job.lease
        self.reports: list[LaneSummary] | None = None
        """How its lanes ended; None while it runs, or where it failed."""
        self.error: BaseException | None = None
        # Not Thread.join: interrupted in it, Python 3.11 takes a running thread for ended.
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    @property
    def settled(self) -> int:
        return self.sender.settled

    @property
    def is_running(self) -> bool:
        return not self._ended.is_set()

    def stop(self) -> None:
        self.sender.stop.set()

    def wait(self, timeout_s: float | None = None) -> None:
        self._ended.wait(timeout_s)

    def _run(self) -> None:
        try:
            self.reports = self.sender.run()
        except BaseException as error:  # noqa: BLE001 - carried to the watching thread, which raises it
            self.error = error
        finally:
            self._ended.set()
