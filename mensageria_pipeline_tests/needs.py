"""What some tests need: programs, without which a test says what to install, or fails in CI; or a machine that is
not busy with other heavy tests."""

import os
import shutil

import pytest

MACHINE = pytest.mark.xdist_group("machine")
"""Tests that kill senders, fill memory or measure: one worker runs them, one after the other, while the others run
tests that mostly wait."""
CRASH = pytest.mark.xdist_group("crash")
"""Tests that kill, stop or starve other steps, by a worker of their own."""
BROWSER = pytest.mark.xdist_group("browser")
"""Tests that drive a browser, by one other worker."""
DAGSTER = [pytest.mark.live, pytest.mark.xdist_group("dagster")]
"""Tests that start a whole Dagster, by a third."""


def need(missing: str) -> None:
    """Skip, with a sentence, where something is missing. CI installs everything: there a skip would hide a test."""
    if not missing:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{missing} (in CI nothing is skipped)")
    pytest.skip(missing)


def missing_faketime() -> str:
    return "" if shutil.which("faketime") else "faketime is not installed: apt-get install faketime"
