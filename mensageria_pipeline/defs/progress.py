"""How far a preparing step is: for other processes at once, in the run a handful of lines and observations."""

import contextlib
import time
from collections.abc import Callable

import dagster as dg

from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.storage.progress import ProgressReporter
from mensageria_pipeline.texts import say

_LOG_EVERY_S = 10.0
_LONGEST_PAUSE_S = 300.0


class Pace:
    """When a run says something again: after ten seconds, and ever more rarely."""

    def __init__(self) -> None:
        self._pause_s, self._next_at = _LOG_EVERY_S, time.monotonic() + _LOG_EVERY_S

    def is_due(self) -> bool:
        if time.monotonic() < self._next_at:
            return False
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        self._next_at = time.monotonic() + self._pause_s
        return True


def rows_progress(
    context: dg.AssetExecutionContext, project: Project, partition: Partition, asset: Asset
) -> Callable[[int, int | None], None]:
    """A sink for rows done and rows in all."""
    reporter, pace = ProgressReporter(project.layout, partition.key, asset.value), Pace()

    def report(done: int, total: int | None) -> None:
        with contextlib.suppress(OSError):  # told again in a moment; what matters will say so itself
            reporter(done, total)
        if pace.is_due():
            context.log.info(say("rows_progress", done=done, total="?" if total is None else total))
            metadata = {say("meta_rows"): done} | ({say("meta_of"): total} if total is not None else {})
            context.log_event(dg.AssetObservation(asset.value, partition=partition.key, metadata=metadata))

    return report
