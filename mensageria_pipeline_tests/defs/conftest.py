"""Dagster over the test's project, in this process."""

from collections.abc import Iterator

import dagster as dg
import pytest

from mensageria_pipeline_tests.defs.shell import Shell
from mensageria_pipeline_tests.workbench import Workbench


@pytest.fixture
def shell(bench: Workbench) -> Iterator[Shell]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Shell(bench, instance)
