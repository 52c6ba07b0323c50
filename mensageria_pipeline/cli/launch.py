"""What the command line asks of Dagster. Import only after `dagster_home.prepare`."""

import contextlib
import io
import sys
from typing import Any, TextIO

import dagster as dg
from filelock import FileLock

from mensageria_pipeline import texts
from mensageria_pipeline.definitions import defs
from mensageria_pipeline.defs.common_specs import CAMPAIGN_TAG, TRIGGER_TAG, campaigns
from mensageria_pipeline.defs.jobs import JOB, keys
from mensageria_pipeline.errors import storage_problem_said
from mensageria_pipeline.services.release import releasing
from mensageria_pipeline.settings import dagster_home_in_environment
from mensageria_pipeline.storage.layout import SENDING
from mensageria_pipeline.texts import say

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


_QUOTED = "Exception while writing logger call to event log"


def execute(partition: str, *, is_planned: bool = False) -> str | None:
    """Run the job over one partition in this process, recorded in the project's instance; why it failed, or None.

    A person started it: what it plans is released by that. `is_planned`: it sends the messages that there are, and
    only if they were released.
    """
    language = texts.current()
    job = defs().resolve_job_def(JOB)
    texts.use(language)  # the definitions set the project's; the command line may have been told another
    with _instance() as instance, releasing("" if is_planned else partition):
        instance.add_dynamic_partitions(str(campaigns.name), [partition])
        with contextlib.redirect_stderr(_Sieve(sys.stderr)):
            result = job.execute_in_process(
                instance=instance,
                partition_key=partition,
                asset_selection=keys(SENDING) if is_planned else None,
                run_config=_QUIET,
                tags={CAMPAIGN_TAG: partition.split("--", maxsplit=1)[0], TRIGGER_TAG: "cli"},
                raise_on_error=False,
            )
    return None if result.success else _reason(result)


def forget(partition: str) -> None:
    """Forget the person (LGPD, art. 18): erase their data from all campaigns, and never message them again."""
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


class _Sieve(io.TextIOBase):
    """Standard error without the statements, values and all, that Dagster could not carry out: a sentence says why."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if text.startswith(_QUOTED) else self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding


def _storage_problem(error: Any) -> str | None:
    """Dagster's own records could not be written: it hands over what was said, from the outermost exception inwards."""
    while error:
        if problem := storage_problem_said(error.message):
            return problem
        error = error.cause or error.context
    return None


def _reason(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        data = event.step_failure_data if event.is_step_failure else None
        if data and data.user_failure_data and data.user_failure_data.description:
            return str(data.user_failure_data.description)
        if data and data.error:
            if problem := _storage_problem(data.error):
                return say(problem)
            is_interrupt = data.error.cls_name == "DagsterExecutionInterruptedError"
            return (
                say("interrupted")
                if is_interrupt
                else say("step_failed", step=event.step_key, type=data.error.cls_name)
            )
    return say("step_failed", step="—", type="—")
