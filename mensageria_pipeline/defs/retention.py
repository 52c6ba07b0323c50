"""Each night: the personal data of campaigns whose time is over."""

import dagster as dg

from mensageria_pipeline.defs.common_specs import describe, readable_errors
from mensageria_pipeline.errors import LedgerError
from mensageria_pipeline.privacy.forget import finish_erasures
from mensageria_pipeline.privacy.retention import expired, purge
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline.texts import say


@dg.op(description=describe("description_purge_expired"))
def purge_expired(context: dg.OpExecutionContext, project: dg.ResourceParam[Project]) -> None:
    with readable_errors():
        finish_erasures(project)
        partitions = known_partitions(project)
        days = project.settings.retention_days
        found = [each.partition for each in expired(project, partitions, days)] if days else []
        purge(project, found)
        for each in project.ledger.erasures.unfinished():
            raise LedgerError("erasure_unfinished", receipt=each.name, problem=each.problem)
        context.log.info(say("purged", count=len(found), campaigns=", ".join(found) or "—"))


@dg.job(
    name="retention",
    executor_def=dg.in_process_executor,
    description=describe("description_retention_job"),
)
def retention_job() -> None:
    purge_expired()


@dg.schedule(
    job=retention_job,
    cron_schedule="0 4 * * *",
    execution_timezone="America/Sao_Paulo",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=describe("description_nightly_retention"),
)
def nightly_retention(project: dg.ResourceParam[Project]) -> dg.RunRequest | dg.SkipReason:
    if project.settings.retention_days or project.ledger.erasures.unfinished():
        return dg.RunRequest()
    return dg.SkipReason(say("retention_off"))
