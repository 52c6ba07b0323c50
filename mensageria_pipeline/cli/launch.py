"""What the command line asks of Dagster. Import only after `dagster_home.prepare`."""

import dagster as dg
from filelock import FileLock

from mensageria_pipeline import texts
from mensageria_pipeline.definitions import defs
from mensageria_pipeline.defs.jobs import JOB
from mensageria_pipeline.defs.shell import CAMPAIGN_TAG, TRIGGER_TAG, campaigns
from mensageria_pipeline.settings import dagster_home_in_environment
from mensageria_pipeline.texts import say

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(partition: str) -> str | None:
    """Run the job over one partition in this process, recorded in the project's instance; why it failed, or None."""
    language = texts.current()
    job = defs().resolve_job_def(JOB)
    texts.use(language)  # the definitions set the project's; the command line may have been told another
    with _instance() as instance:
        instance.add_dynamic_partitions(str(campaigns.name), [partition])
        result = job.execute_in_process(
            instance=instance,
            partition_key=partition,
            run_config=_QUIET,
            tags={CAMPAIGN_TAG: partition.split("--", maxsplit=1)[0], TRIGGER_TAG: "cli"},
            raise_on_error=False,
        )
    return None if result.success else _reason(result)


def forget(partition: str) -> None:
    """Delete a partition, its runs and its materializations from the instance."""
    with _instance() as instance:
        for run in instance.get_runs(dg.RunsFilter(tags={"dagster/partition": partition})):
            instance.delete_run(run.run_id)
        instance.delete_dynamic_partition(str(campaigns.name), partition)


def _instance() -> dg.DagsterInstance:
    """The project's instance; the first of several processes makes its databases, under a lock."""
    with FileLock(f"{dagster_home_in_environment()}/.init.lock"):
        instance = dg.DagsterInstance.get()
        instance.get_runs_count()
        return instance


def _reason(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        data = event.step_failure_data if event.is_step_failure else None
        if data and data.user_failure_data and data.user_failure_data.description:
            return str(data.user_failure_data.description)
        if data and data.error:
            is_interrupt = data.error.cls_name == "DagsterExecutionInterruptedError"
            return (
                say("interrupted")
                if is_interrupt
                else say("step_failed", step=event.step_key, type=data.error.cls_name)
            )
    return say("step_failed", step="—", type="—")
