"""The sensor on failed runs: a short alert, without personal data, to ALERT_WEBHOOK_URL."""

import dagster as dg
import requests

from mensageria_pipeline.defs.common_specs import CAMPAIGN_TAG, describe
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.texts import say

_TIMEOUT_S = 10
_LONGEST_REASON = 500


@dg.run_failure_sensor(
    name="alert_on_failure",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=describe("description_alert_on_failure"),
)
def alert_on_failure(context: dg.RunFailureSensorContext, project: dg.ResourceParam[Project]) -> None:
    run = context.dagster_run
    campaign = run.tags.get("dagster/partition") or run.tags.get(CAMPAIGN_TAG) or run.job_name
    text = say("alert_run_failed", run=run.run_id[:8], campaign=campaign, reason=_reason(context))
    context.log.warning(text)
    url = project.settings.alert_webhook_url
    if url and not post_alert(url, {"text": text, "campaign": campaign, "run_id": run.run_id}):
        context.log.warning(say("meta_alert_refused"))


def post_alert(url: str, alert: dict[str, str]) -> bool:
    """True when the receiver took it. Never raises: requests' errors quote the URL, which may hold a key."""
    try:
        return requests.post(url, json=alert, timeout=_TIMEOUT_S).ok
    except requests.RequestException:
        return False


def _reason(context: dg.RunFailureSensorContext) -> str:
    """The sentence of the failed step; steps only fail with sentences that hold no personal data."""
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            return str(data.user_failure_data.description)[:_LONGEST_REASON]
    return ""
