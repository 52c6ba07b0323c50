"""A terminal in a project folder of the test's own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from mensageria_pipeline.services import dagster_home
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.fakes.process_state import process_kept
from mensageria_pipeline_tests.fakes.terminal import Terminal


@pytest.fixture(scope="session")
def dagster_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dagster's databases, empty: made once, since making them takes as long as a small command."""
    with process_kept():
        home = dagster_home.prepare(Layout(tmp_path_factory.mktemp("dagster") / "data"))
        with dg.DagsterInstance.get() as instance:
            instance.get_runs_count()
    (home / "dagster.yaml").unlink()
    return home


@pytest.fixture
def terminal(tmp_path: Path, dagster_databases: Path) -> Callable[..., Terminal]:
    def make(**environment: str) -> Terminal:
        prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0", **environment)
        home = Layout(tmp_path / "data").dagster_home
        if not home.exists():
            shutil.copytree(dagster_databases, home)
        return Terminal(tmp_path)

    return make
