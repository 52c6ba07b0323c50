"""The dashboard's word for a live campaign: for the plan on the page, and no other."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import load_settings
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A live campaign `a`, prepared, in the folder that the page is in."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0")
    monkeypatch.chdir(tmp_path)
    st.cache_resource.clear()
    st.cache_data.clear()
    made = Workbench(Project(load_settings(tmp_path, {})))
    made.define("a", SIMPLE_DEFINITION + "provider: http\n")
    made.drop("a")
    made.prepare("a")
    return made


def plan_of(bench: Workbench) -> str:
    stamp = read_stamp(bench.layout.table(Asset.MESSAGES, "a"))
    assert stamp
    return stamp.fingerprint


def page() -> AppTest:
    def script() -> None:
        from mensageria_pipeline.dashboard import frame

        frame.offer_release("a", "release")

    return AppTest.from_function(script, default_timeout=PATIENCE_S).run()


def test_the_button_says_what_would_leave_and_releases_it(bench: Workbench) -> None:
    """By provider and mode, before the word is given."""
    shown = page()
    assert r"Enviar 3 mensagens reais por http \(push\) para quem ainda não recebeu" in shown.markdown[0].value
    shown.button(key=f"release-{plan_of(bench)}").click().run()
    assert not shown.exception
    assert bench.project.ledger.is_released("a", plan_of(bench))
    assert not page().button, "nothing is left to be said"


def test_a_list_that_came_in_meanwhile_is_not_released_by_the_press(bench: Workbench) -> None:
    """The page is seconds old when somebody presses."""
    shown = page()
    seen = plan_of(bench)
    bench.drop("a", "id;nome;token\n9;Eva;t9\n", "nova.csv")
    bench.prepare("a")
    shown.button(key=f"release-{seen}").click().run()
    assert not bench.project.ledger.is_released("a", plan_of(bench))
    assert not bench.project.ledger.is_released("a", seen)
    assert "4 mensagens reais por http" in shown.markdown[0].value, "it is shown what there is to be looked at now"
