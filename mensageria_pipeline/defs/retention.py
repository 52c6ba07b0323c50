"""Each night: the personal data of campaigns whose time is over."""

import dagster as dg

from mensageria_pipeline.defs.shell import readable_errors
from mensageria_pipeline.people.forget import finish_erasures
from mensageria_pipeline.people.retention import expired, purge
from mensageria_pipeline.project import Project
from mensageria_pipeline.status import known_partitions
from mensageria_pipeline.texts import say


@dg.op(description="Apaga endereços e textos das campanhas sem uso há RETENTION_DAYS dias; as contagens ficam.")
def purge_expired(context: dg.OpExecutionContext, project: dg.ResourceParam[Project]) -> None:
    with readable_errors():
        finish_erasures(project)
        partitions = known_partitions(project)
        days = project.settings.retention_days
        found = [each.partition for each in expired(project, partitions, days)] if days else []
        purge(project, found)
        context.log.info(say("purged", count=len(found), campaigns=", ".join(found) or "—"))


@dg.job(
    name="retention",
    executor_def=dg.in_process_executor,
    description="Fim do prazo dos dados pessoais; também termina o que um pedido de esquecimento deixou pela metade.",
)
def retention_job() -> None:
    purge_expired()


@dg.schedule(
    job=retention_job,
    cron_schedule="0 4 * * *",
    execution_timezone="America/Sao_Paulo",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Toda madrugada; sem RETENTION_DAYS e sem pedidos pela metade, não faz nada.",
)
def nightly_retention(project: dg.ResourceParam[Project]) -> dg.RunRequest | dg.SkipReason:
    if project.settings.retention_days or project.ledger.erasures.unfinished():
        return dg.RunRequest()
    return dg.SkipReason(say("retention_off"))
