"""What a sensor's tick found, in words, and the runs it asks for.

A tick is short and decides nothing for good: the next one decides the same again, because a run key makes
one run of one reason.
"""

from dataclasses import dataclass, field

import dagster as dg

from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.defs.jobs import keys
from mensageria_pipeline.defs.shell import CAMPAIGN_TAG, TRIGGER_TAG, campaigns

_SHOWN_LINES = 12


@dataclass(slots=True)
class Tick:
    instance: dg.DagsterInstance
    news: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """What was dealt with before; shown after the news."""
    requests: list[dg.RunRequest] = field(default_factory=list)

    def ask(self, partition: str, run_key: str, trigger: str, assets: tuple[Asset, ...] | None) -> None:
        """Request a run over `assets`, None for all."""
        self.requests.append(
            dg.RunRequest(
                run_key=run_key,
                partition_key=partition,
                asset_selection=keys(assets) if assets else None,
                tags={CAMPAIGN_TAG: Partition.parse(partition).campaign, TRIGGER_TAG: trigger},
            )
        )

    def run_of(self, run_key: str) -> dg.DagsterRun | None:
        """The run that already takes care of a reason."""
        runs = self.instance.get_runs(dg.RunsFilter(tags={"dagster/run_key": run_key}), limit=1)
        return runs[0] if runs else None

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
