"""Dagster's entry: the assets, the job and the sensors of the campaign flow."""

from pathlib import Path

import dagster as dg

from mensageria_pipeline import logs, texts
from mensageria_pipeline.defs.alerts import alert_on_failure
from mensageria_pipeline.defs.analytics import campaign_metrics
from mensageria_pipeline.defs.input_files import input_files
from mensageria_pipeline.defs.intake import raw_base
from mensageria_pipeline.defs.jobs import campaign_job
from mensageria_pipeline.defs.messages import messages
from mensageria_pipeline.defs.receipts import ask_regularly, receipts, receipts_arrived, receipts_job
from mensageria_pipeline.defs.recipients import recipients
from mensageria_pipeline.defs.reports import campaign_report
from mensageria_pipeline.defs.retention import nightly_retention, retention_job
from mensageria_pipeline.defs.runs import project_resource, reconcile
from mensageria_pipeline.defs.schedule_sensor import agenda
from mensageria_pipeline.defs.sending import send_results
from mensageria_pipeline.defs.suppressions import suppression_lists, suppressions, suppressions_job
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import dagster_home_in_environment
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.permissions import keep_private, tighten


def _check_instance(layout: Layout) -> None:
    """Refuse to run over a Dagster state that is not this data folder's: it would be a second history."""
    home = dagster_home_in_environment()
    expected = layout.dagster_home
    is_bare = home is None and Path.cwd() / "data" == layout.data_dir  # ./dagster.yaml points to ./data
    if not is_bare and (home is None or Path(home).resolve() != expected):
        raise SettingsError("instance_mismatch", found=home or f"{Path.cwd()}/dagster.yaml", expected=str(expected))


@dg.definitions
def defs() -> dg.Definitions:
    keep_private()
    project = Project.load()
    tighten(project.layout)
    texts.use(project.settings.language)
    logs.begin(project.layout.logs_dir, project.settings.log_level, "dagster", terminal=False)
    _check_instance(project.layout)
    return dg.Definitions(
        assets=[
            suppressions,
            raw_base,
            recipients,
            messages,
            send_results,
            receipts,
            campaign_metrics,
            campaign_report,
        ],
        jobs=[campaign_job, suppressions_job, receipts_job, retention_job],
        sensors=[input_files, suppression_lists, agenda, receipts_arrived, reconcile, alert_on_failure],
        schedules=[nightly_retention, ask_regularly],
        resources={"project": project_resource(project)},
        executor=dg.in_process_executor,
    )
