"""How far a step of a partition is, for whoever watches from another process or thread."""

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.placing import unique_beside

_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class StepProgress:
    """Rows or messages done; `total` is None where nobody knows it yet."""

    step: str
    """The asset that is being made."""
    done: int
    total: int | None
    at: float
    """Seconds since 1970."""


class ProgressReporter:
    """Leaves a step's progress in a file, twice a second at most. Losing it loses nothing."""

    def __init__(self, layout: Layout, partition: str, step: str) -> None:
        self._path, self._step, self._next_at = _path(layout, partition), step, 0.0

    def __call__(self, done: int, total: int | None) -> None:
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + _EVERY_S
        said = json.dumps(asdict(StepProgress(self._step, done, total, time.time())))
        temporary = unique_beside(self._path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(said, encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def read_progress(layout: Layout, partition: str) -> StepProgress | None:
    """What was last said of a partition; None for nothing."""
    try:
        return StepProgress(**json.loads(_path(layout, partition).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget_progress(layout: Layout, partition: str) -> None:
    """Delete what was said of a partition."""
    _path(layout, partition).unlink(missing_ok=True)


def _path(layout: Layout, partition: str) -> Path:
    return layout.state_dir / "progress" / f"{partition}.json"
