"""Dagster's own state: where it is, how the instance is configured, and where its interface answers."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import yaml

from mensageria_pipeline.settings import export_dagster_home
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.storage.permissions import keep_private

_ADDRESS = "interface.txt"
"""Process and address of the interface that runs over this folder."""
_HEAD = "# Written by mensageria_pipeline/services/dagster_home.py; `mensageria doctor` says whether it is current.\n"


def instance_config(base_dir: str) -> str:
    """dagster.yaml with all state below `base_dir`."""
    config = {
        "storage": {"sqlite": {"base_dir": base_dir}},
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": base_dir},
        },
        "compute_logs": {
            "module": "dagster._core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": f"{base_dir}/storage"},
        },
        "python_logs": {"python_log_level": "INFO"},  # a terminal shows sentences, the interface every event
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "run_coordinator": {
            "module": "dagster._core.run_coordinator",
            "class": "QueuedRunCoordinator",
            "config": {
                "max_concurrent_runs": 4,
                "dequeue_interval_seconds": 1,
                "tag_concurrency_limits": [
                    {"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
                ],
            },
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 180,
            "cancel_timeout_seconds": 180,
            "poll_interval_seconds": 30,
        },
        "sensors": {"use_threads": True, "num_workers": 2},
        "retention": {"sensor": {"purge_after_days": {"skipped": 1, "failure": 30, "success": -1}}},
    }
    return _HEAD + yaml.safe_dump(config, sort_keys=False)


def prepare(layout: Layout) -> Path:
    """Create DAGSTER_HOME below the data folder with today's configuration, and export it to this process."""
    keep_private()
    home = layout.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    file, wanted = home / "dagster.yaml", instance_config(str(home))
    if not file.exists() or file.read_text(encoding="utf-8") != wanted:
        with replacing(file) as temporary:  # running processes may be reading it
            temporary.write_text(wanted, encoding="utf-8")
    for folder in (layout.input_dir, layout.campaigns_dir, layout.templates_dir):
        folder.mkdir(parents=True, exist_ok=True)
    export_dagster_home(home)
    return home


@contextlib.contextmanager
def announced(layout: Layout, url: str) -> Iterator[None]:
    """Let other processes of the project find the interface at `url` for the length of a block."""
    file = layout.dagster_home / _ADDRESS
    file.write_text(f"{os.getpid()} {url}\n", encoding="utf-8")
    try:
        yield
    finally:
        if file.read_text(encoding="utf-8").startswith(f"{os.getpid()} "):
            file.unlink()


def interface_url(layout: Layout, configured: str) -> str:
    """Where this project's interface answers: as `mensageria dev` was started here, else as it is `configured`."""
    try:
        pid, url = (layout.dagster_home / _ADDRESS).read_text(encoding="utf-8").split()
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return configured
    return url
