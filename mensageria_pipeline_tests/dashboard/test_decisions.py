"""What a visitor decides is about what they were shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline_tests.fakes.dagster_server import prepare_root
from mensageria_pipeline_tests.waiting import PATIENCE_S
from mensageria_pipeline_tests.workbench import SIMPLE_DEFINITION, Workbench

MORE = "id;nome;token\n9;Zoe;tok-zoe\n"


@pytest.fixture
def live_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A live campaign that nobody has released, in the folder that the dashboard finds."""
    prepare_root(tmp_path, INPUT_SETTLE_SECONDS="0", API_PROVIDER_URL="http://127.0.0.1:9", API_KEY="x")
    monkeypatch.chdir(tmp_path)
    st.cache_resource.clear()
    st.cache_data.clear()
    bench = Workbench(Project.load(tmp_path))
    bench.define("a", SIMPLE_DEFINITION + "provider: http\n")
    bench.drop("a")
    bench.prepare("a")
    publish(bench.layout, ["a"])
    yield bench
    st.cache_resource.clear()
    st.cache_data.clear()


def _page() -> None:
    import streamlit as st

    from mensageria_pipeline.dashboard import campaign

    st.session_state["language"] = "Português"
    campaign.show()


def _button(page: AppTest, decision: str) -> Button:
    """The one that carries a decision out; a release's bears the fingerprint of its plan."""
    return next(button for button in page.button if str(button.key).startswith(decision))


@pytest.mark.parametrize("decision", ["release", "cancel"])
def test_messages_that_were_not_shown_are_neither_released_nor_cancelled(live_bench: Workbench, decision: str) -> None:
    """A longer list was planned while the person looked at the page: they are told, and decide again."""
    project = live_bench.project
    page = AppTest.from_function(_page, default_timeout=PATIENCE_S).run()
    live_bench.drop("a", MORE, "mais.csv")
    live_bench.prepare("a")
    _button(page, decision).click().run()
    if decision == "cancel":  # the button of another plan's release is gone
        assert [each.value for each in page.warning if "mud" in each.value]
    assert not project.ledger.is_released("a", control.plan_of(project, "a"))
    assert (project.ledger.command("a"), control.remaining(project, "a")) == (None, 4)
    _button(page, decision).click().run()
    assert project.ledger.is_released("a", control.plan_of(project, "a")) is (decision == "release")
    assert control.remaining(project, "a") == (4 if decision == "release" else 0)


def test_only_what_would_change_something_is_offered(live_bench: Workbench) -> None:
    """A campaign with nothing left has nothing to pause or cancel; a cancelled one can be taken up again."""

    def offered() -> set[str]:
        page = AppTest.from_function(_page, default_timeout=PATIENCE_S).run()
        return {str(button.key).partition("-")[0] for button in page.button}

    assert offered() == {"pause", "cancel", "release"}
    control.cancel(live_bench.project, "a")
    st.cache_data.clear()
    assert offered() == {"resume"}
    control.resume(live_bench.project, "a")
    st.cache_data.clear()
    assert offered() == set()
