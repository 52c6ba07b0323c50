"""One sender: a shard of a plan, an event loop, and in it a lane per provider."""

import asyncio
import contextlib
import hashlib
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import uvloop

from mensageria_pipeline.contracts.campaign import CampaignDefinition
from mensageria_pipeline.contracts.messages import Message, Mode, person_key
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.send_results import FINAL_OUTCOMES
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.sending.engine import Lane
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.journal import Line
from mensageria_pipeline.sending.ledger.leases import Lease
from mensageria_pipeline.sending.outbox import messages_left
from mensageria_pipeline.sending.pacing import Bucket, Pace, Slots
from mensageria_pipeline.sending.policy import MAX_IN_FLIGHT, LanePolicy, LaneReport, StopSwitch
from mensageria_pipeline.sending.providers.contract import (
    Capabilities,
    Holding,
    HttpProvider,
    Provider,
    Result,
    SendingProvider,
)
from mensageria_pipeline.sending.providers.registry import create_provider
from mensageria_pipeline.sending.provision import provider_config
from mensageria_pipeline.sending.recorder import Recorder
from mensageria_pipeline.sending.transport import HttpTransport
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.texts import Language

_REFRESH_S = 2.0
Send = Callable[[Sequence[Message]], Awaitable[list[Result]]]


@dataclass(frozen=True, slots=True)
class SenderJob:
    """All that a sender needs to know, in this process or another."""

    partition: str
    plan: Path
    left: Path
    lease: Lease
    ledger_dir: Path
    pacing_dir: Path
    definition: CampaignDefinition
    providers: tuple[str, ...]
    """Those that the plan needs."""
    settings: Settings = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """For the pipe to a process of our own: secrets are in it."""
        return {
            "partition": self.partition, "plan": self.plan, "left": self.left, "lease": asdict(self.lease),
            "ledger_dir": self.ledger_dir, "pacing_dir": self.pacing_dir,
            "definition": self.definition.model_dump(mode="json"), "providers": self.providers,
            "settings": asdict(self.settings),
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "SenderJob":
        paths = {name: Path(value[name]) for name in ("plan", "left", "ledger_dir", "pacing_dir")}
        settings = value["settings"]
        for name in ("root", "data_dir", "fcm_credentials", "smtp_ca_file", "ledger_dir"):
            settings[name] = Path(settings[name]) if settings[name] else None
        settings["language"] = Language(settings["language"])
        return cls(
            partition=value["partition"], lease=Lease(**value["lease"]), settings=Settings(**settings),
            definition=CampaignDefinition.model_validate(value["definition"]), providers=tuple(value["providers"]),
            **paths,
        )  # fmt: skip


class Sender:
    """Sends what is left of a shard. `run` once, in a thread that may block."""

    def __init__(self, job: SenderJob, ledger: Ledger) -> None:
        self.stop = StopSwitch()
        self._job, self._ledger = job, ledger
        self._lanes: list[Lane] = []

    @property
    def settled(self) -> int:
        """Messages that got their final outcome from this sender, so far."""
        return sum(lane.report.events[outcome.value] for lane in self._lanes for outcome in FINAL_OUTCOMES)

    def run(self) -> list[LaneReport]:
        """Until nothing is left, or something stops it. Raises LedgerError and SettingsError."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._send_all())

    async def _send_all(self) -> list[LaneReport]:
        job = self._job
        shard = self._ledger.journal(job.partition).shard(job.lease.shard, job.lease.token)
        config = provider_config(job.settings, self._ledger.key, job.partition, job.definition)
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(shard.close)
            recorder = await stack.enter_async_context(Recorder(shard.append))
            for name in job.providers:
                provider = create_provider(name, config)
                send = await open_way(provider, job.settings.timeout_s, stack)
                buckets = [stack.enter_context(contextlib.closing(bucket)) for bucket in _buckets(job, provider)]
                slots = Slots(_most_in_flight(provider.capabilities, len(job.providers)))
                self._lanes.append(self._lane(provider, send, recorder, slots, buckets))
            reports = await asyncio.gather(*(lane.run() for lane in self._lanes), return_exceptions=True)
        for report in reports:
            if isinstance(report, BaseException):
                raise report
        return [report for report in reports if isinstance(report, LaneReport)]

    def _lane(
        self, provider: Provider, send: Send, recorder: Recorder[Line], slots: Slots, buckets: Sequence[Bucket]
    ) -> Lane:
        job, can = self._job, provider.capabilities
        on_unknown = job.definition.on_unknown or can.on_unknown
        rates = [bucket.pace.rate_per_s for bucket in buckets if bucket.pace.rate_per_s]
        policy = LanePolicy(can.mode, _batch_size(can, min(rates, default=None), slots.free), on_unknown, can.retry)
        return Lane(
            provider=provider.name, policy=policy, send=send, recorder=recorder, slots=slots, buckets=buckets,
            source=messages_left(job.plan, job.left, provider.name, on_unknown), refusal=provider.refusal,
            suppressions=Forbidding(self._ledger, can.mode, job.partition), window=job.definition.send_window,
            stop_switch=self.stop, clock=time.monotonic, draw=Random(),  # noqa: S311 - jitter
        )  # fmt: skip


async def open_way(provider: Provider, timeout_s: float, stack: contextlib.AsyncExitStack) -> Send:
    """How messages go through a provider, until `stack` ends."""
    if isinstance(provider, Holding):
        stack.push_async_callback(provider.aclose)
    if isinstance(provider, SendingProvider):
        return provider.send
    assert isinstance(provider, HttpProvider)  # noqa: S101 - the contract knows two kinds
    return (await stack.enter_async_context(HttpTransport(provider, timeout_s, MAX_IN_FLIGHT))).send


def _most_in_flight(can: Capabilities, lanes: int) -> int:
    """Each lane has slots of its own: a batch would wait behind single messages."""
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


class Forbidding:
    """Whom a campaign must not message, as it is now: additions of others show up within `_REFRESH_S`."""

    def __init__(self, ledger: Ledger, mode: Mode, partition: str) -> None:
        self._ledger, self._mode, self._partition = ledger, mode, partition
        self._campaign = Partition.parse(partition).campaign
        self._read_at, self._looked_at = datetime.now(UTC), time.monotonic()
        found = ledger.suppressions.forbidden(mode, self._campaign)
        self._addresses, self._people, self._mark = dict(found.addresses), dict(found.people), found.mark

    def code(self, message: Message) -> str | None:
        """Why a message must not be sent: its address is dead, or somebody does not want to be messaged."""
        if found := self._addresses.get(message.address_key):
            return found
        if not self._people:
            return None
        names = [name for name in (message.person, *message.document.split()) if name]
        keys = (person_key(self._ledger.key, message.channel, name) for name in names)
        return next((self._people[key] for key in keys if key in self._people), None)

    def refresh(self) -> None:
        if time.monotonic() - self._looked_at < _REFRESH_S:
            return
        # A little overlap: another process stamps a dead address before it commits it.
        now, since = datetime.now(UTC), self._read_at - timedelta(seconds=10 * _REFRESH_S)
        self._looked_at = time.monotonic()
        # Where the list cannot be read for a moment, the one of before holds; the journal says what is wrong.
        with contextlib.suppress(LedgerError):
            found = self._ledger.suppressions.added(self._mode, self._campaign, self._mark, since)
            self._addresses.update(found.addresses)
            self._people.update(found.people)
            self._read_at, self._mark = now, found.mark

    def add(self, dead: Sequence[tuple[Message, str]]) -> None:
        self._ledger.suppressions.bury(
            {"address_key": message.address_key, "mode": self._mode.value, "channel": message.channel,
             "reason": code, "campaign": self._partition}
            for message, code in dead
        )  # fmt: skip


def _batch_size(can: Capabilities, rate_per_s: float | None, slots: int) -> int:
    """Messages per request: no more than a tenth of a second's worth, or a batch would be a burst."""
    most = min(can.batch_size, slots)
    return max(1, min(most, int(rate_per_s / 10))) if rate_per_s else most


class SenderThread:
    """A sender of this process, beside the thread that watches it: an interrupt lands there, not in the loop."""

    def __init__(self, job: SenderJob, ledger: Ledger) -> None:
        self.sender = Sender(job, ledger)
        self.lease = job.lease
        self.reports: list[LaneReport] | None = None
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
