"""Whether there is room to begin: what can be seen before a run is said before it, in a sentence."""

import shutil
from pathlib import Path

from mensageria_pipeline.errors import StorageError
from mensageria_pipeline.services.project import Project

LEAST_FREE_MB = 64
"""Below that nothing is begun: Dagster's records, a list's copy or the ledger would fail somewhere in the middle."""


def check_room(project: Project) -> None:
    """Raises StorageError where the disk of the data or of the ledger is nearly full."""
    for folder in (project.layout.data_dir, project.layout.ledger_dir):
        usage = shutil.disk_usage(_existing(folder))
        if usage.total and usage.free < LEAST_FREE_MB * 1_000_000:  # some network folders tell nothing
            free_mb = usage.free // 1_000_000
            raise StorageError("disk_low", folder=folder.name, free_mb=free_mb, least_mb=LEAST_FREE_MB)


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())
