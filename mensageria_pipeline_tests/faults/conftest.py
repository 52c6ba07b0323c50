"""A field in a folder of the test's own."""

from pathlib import Path

import pytest

from mensageria_pipeline_tests.fakes.provider_server import ProviderServer
from mensageria_pipeline_tests.faults.field import Field


@pytest.fixture
def field(tmp_path: Path, provider_server: ProviderServer) -> Field:
    return Field(tmp_path / "projeto", provider_server)
