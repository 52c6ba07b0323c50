"""Programs that some tests need: where one is missing, a test says what to install; in CI it fails instead."""

import os

import pytest


def need(missing: str) -> None:
    """Skip, with a sentence, where something is missing. CI installs everything: there a skip would hide a test."""
    if not missing:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{missing} (in CI nothing is skipped)")
    pytest.skip(missing)
