"""What a sensor's tick found, in words, and the runs it asks for.

A tick is short and decides nothing for good: the next one decides the same again, because a run key makes
one run of one reason.
"""

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dagster as dg

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.defs.common_specs import CAMPAIGN_TAG, TRIGGER_TAG, campaigns
from mensageria_pipeline.defs.jobs import keys
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say

_SHOWN_LINES = 12
_ATTEMPTS = 3
_RECENT_S = 3600
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def run_of(instance: dg.DagsterInstance, run_key: str) -> dg.DagsterRun | None:
    """The run that was asked for under a key."""
    runs = instance.get_runs(dg.RunsFilter(tags={"dagster/run_key": run_key}), limit=1)
    return runs[0] if runs else None


@dataclass(slots=True)
class Tick:
    instance: dg.DagsterInstance
    news: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """What was dealt with before; shown after the news."""
    requests: list[dg.RunRequest] = field(default_factory=list)

    def ask(
        self,
        partition: str,
        run_key: str,
        trigger: str,
        assets: tuple[Asset, ...] | None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Request a run over `assets`, None for all."""
        self.requests.append(
            dg.RunRequest(
                run_key=run_key,
                partition_key=partition,
                asset_selection=keys(assets) if assets else None,
                tags={CAMPAIGN_TAG: Partition.parse(partition).campaign, TRIGGER_TAG: trigger, **(tags or {})},
            )
        )

    @contextmanager
    def guarded(self, campaign: str) -> Iterator[None]:
        """One campaign's trouble must not stop the others'. Only its kind is said: values may be personal."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see above
            reason = error.text() if isinstance(error, MensageriaError) else type(error).__name__
            self.news.append(say("tick_trouble", campaign=campaign, reason=reason))

    def ask_again(
        self, partition: str, reason: str, trigger: str, assets: tuple[Asset, ...] | None, *, is_once: bool = False
    ) -> bool:
        """Request a run for a reason that is still there after its last run, up to `_ATTEMPTS` times.

        False while a run of that reason is under way, or once the attempts are used up, which is said. A reason that
        `is_once` stays there although it was dealt with: after a run that succeeded none is requested.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            run = self.run_of(f"{reason}:{attempt}")
            if run is None:
                self.ask(partition, f"{reason}:{attempt}", trigger, assets)
                return True
            is_done = is_once and run.status is dg.DagsterRunStatus.SUCCESS
            if not run.is_finished or is_done or run.status is dg.DagsterRunStatus.CANCELED:
                return False
        self.known.append(say("tick_failed_run", campaign=partition, run=run.run_id[:8] if run else ""))
        return False

    def unfinished_run(self, partition: str) -> dg.DagsterRun | None:
        """A run of the partition that is queued or under way: what it is doing looks unfinished until it ends."""
        tags = {"dagster/partition": partition}
        runs = self.instance.get_runs(dg.RunsFilter(tags=tags, statuses=_UNFINISHED), limit=1)
        return runs[0] if runs else None

    def run_of(self, run_key: str) -> dg.DagsterRun | None:
        """The run that already takes care of a reason."""
        return run_of(self.instance, run_key)

    def unseen_key(self, key: str) -> tuple[str | None, dg.DagsterRun | None]:
        """A run key that Dagster has not seen: `key`, or one numbered after it where its runs succeeded and yet nothing
        is there, because the data folder was emptied. None, and the last run, where that did not.

        None too where runs succeed one after the other and leave nothing: something else is wrong.
        """
        recent = 0
        for number in itertools.count(1):
            numbered = key if number == 1 else f"{key}.{number}"
            records = self.instance.get_run_records(dg.RunsFilter(tags={"dagster/run_key": numbered}), limit=1)
            if not records:
                return numbered, None
            run, ended_at = records[0].dagster_run, records[0].end_time
            recent += ended_at is not None and time.time() - ended_at < _RECENT_S
            if not run.is_success or recent >= _ATTEMPTS:
                return None, run
        raise AssertionError("endless")

    def result(self, context: dg.SensorEvaluationContext, nothing: str) -> dg.SensorResult:
        """The words go into the skip reason or, beside run requests, into the tick's log."""
        lines = self.news + self.known
        hidden = len(lines) - _SHOWN_LINES
        shown = lines[:_SHOWN_LINES] + ([f"(+{hidden})"] if hidden > 0 else [])
        if not self.requests:
            return dg.SensorResult(skip_reason=dg.SkipReason("\n".join(shown) or nothing))
        for line in shown:
            context.log.info(line)
        partitions = sorted({str(request.partition_key) for request in self.requests})
        return dg.SensorResult(
            run_requests=self.requests, dynamic_partitions_requests=[campaigns.build_add_request(partitions)]
        )
