"""Dagster over a project of its own, in this process."""

from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from mensageria_pipeline.defs.analytics import campaign_metrics
from mensageria_pipeline.defs.common_specs import campaigns
from mensageria_pipeline.defs.intake import raw_base
from mensageria_pipeline.defs.messages import messages
from mensageria_pipeline.defs.recipients import recipients
from mensageria_pipeline.defs.reports import campaign_report
from mensageria_pipeline.defs.sending import send_results
from mensageria_pipeline.services.release import releasing
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.workbench import Workbench

ASSETS = [raw_base, recipients, messages, send_results, campaign_metrics, campaign_report]


@dataclass
class Shell:
    """Materializes a partition as a run of the job would."""

    bench: Workbench
    instance: dg.DagsterInstance
    settings: dict[str, Any] = field(default_factory=dict)

    def materialize(
        self, campaign: str, *selection: str, tags: dict[str, str] | None = None, by_person: bool = False
    ) -> dg.ExecuteInProcessResult:
        """`by_person`: as the command line does, which releases what the run plans."""
        self.instance.add_dynamic_partitions(str(campaigns.name), [campaign])
        with releasing(campaign if by_person else "", self._plan(campaign) if by_person else None):
            return dg.materialize(
                ASSETS,
                instance=self.instance,
                partition_key=campaign,
                resources={"project": self.bench.project},
                selection=list(selection) or None,
                tags=tags,
                raise_on_error=False,
            )

    def _plan(self, campaign: str) -> str | None:
        """The messages as they are: what a run sends that plans none."""
        stamp = read_stamp(self.bench.layout.table(Asset.MESSAGES, campaign))
        return stamp.fingerprint if stamp else None

    def failure(self, result: dg.ExecuteInProcessResult) -> str:
        """The sentence of the failed step."""
        for event in result.all_events:
            data = event.step_failure_data if event.is_step_failure else None
            if data:
                return str(data.user_failure_data.description if data.user_failure_data else data.error)
        return ""

    def events_text(self, result: dg.ExecuteInProcessResult) -> str:
        """Everything the event log holds of a run, as text."""
        return "\n".join(str(entry) for entry in self.instance.all_logs(result.run_id))
