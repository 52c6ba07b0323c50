"""What is changed beside a running dashboard is noticed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.services import dagster_home
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    prepare_root(tmp_path, SMTP_FROM="antes@exemplo.com")
    monkeypatch.chdir(tmp_path)
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def test_settings_are_those_that_the_file_has_now(root: Path) -> None:
    """Without a restart; and the same project while nothing is changed."""
    before = frame.project()
    assert frame.project() is before
    (root / ".env").write_text("SMTP_FROM=depois-da-mudanca@exemplo.com\n", encoding="utf-8")
    assert frame.project().settings.others["SMTP_FROM"] == "depois-da-mudanca@exemplo.com"
    (root / ".env").unlink()
    assert not frame.project().settings.others.get("SMTP_FROM")


def test_dagster_is_found_where_it_was_started(root: Path) -> None:
    """At the port that `mensageria dev` was given; a process that is gone answers nowhere."""
    assert frame.dagster_url() == "http://127.0.0.1:3000"
    layout = Layout(root / "data")
    layout.dagster_home.mkdir(parents=True)
    with dagster_home.announced(layout, "http://127.0.0.1:3456"):
        assert frame.dagster_url() == "http://127.0.0.1:3456"
    assert frame.dagster_url() == "http://127.0.0.1:3000"
    (layout.dagster_home / "interface.txt").write_text(f"{_gone()} http://127.0.0.1:3456\n", encoding="utf-8")
    assert frame.dagster_url() == "http://127.0.0.1:3000"


def _gone() -> int:
    """The id of a process that has ended."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid
