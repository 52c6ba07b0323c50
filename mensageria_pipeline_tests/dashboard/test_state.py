"""State and counts on the pages are the ledger's, at every moment of a sending."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mensageria_pipeline.analytics.questions import ask
from mensageria_pipeline.analytics.warehouse import publish
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import integer
from mensageria_pipeline_tests.fakes.provider_server import Answer, ProviderServer, Silence
from mensageria_pipeline_tests.fakes.terminal import Terminal
from mensageria_pipeline_tests.faults.field import Field
from mensageria_pipeline_tests.needs import CRASH
from mensageria_pipeline_tests.waiting import PATIENCE_S, wait_until

pytestmark = CRASH
MESSAGES, ANSWERED, UNDER_WAY = 60, 20, 40
DEFINITION = "on_unknown: hold\nrelease: automatic\n"


@pytest.fixture
def field(tmp_path: Path, provider_server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> Field:
    """A campaign whose provider answers the first messages and keeps the others waiting."""
    provider_server.script = lambda request: Answer() if request.number <= ANSWERED else Silence(PATIENCE_S)
    made = Field(tmp_path / "projeto", provider_server)
    made.prepare(MESSAGES, DEFINITION, SENDER_PROCESSES="1", TIMEOUT_SECONDS=str(PATIENCE_S))
    monkeypatch.chdir(made.root)
    st.cache_resource.clear()
    st.cache_data.clear()
    return made


def _page(name: str) -> AppTest:
    def script(name: str) -> None:
        import importlib

        import streamlit as st

        st.session_state["language"] = "Português"
        importlib.import_module(f"mensageria_pipeline.dashboard.{name}").show()

    st.cache_data.clear()
    shown = AppTest.from_function(script, default_timeout=PATIENCE_S, args=(name,)).run()
    assert not shown.exception
    return shown


def _state_is(field: Field, state: str) -> Callable[[], bool]:
    return lambda: campaign_status(field.project, "a").standing.state == state


def _check(field: Field, words: str, **counts: int) -> None:
    """The page of the campaign, the list and `status --json` say the same."""
    said = Terminal(field.root).run("status", "a", "--json").last_json
    assert {name: said[name] for name in counts} == counts
    page = _page("campaign")
    assert page.header[0].value.replace("\\", "") == f"a · real · {words}"
    shown = {metric.label.replace("\\", ""): metric.value.replace("\\", "") for metric in page.metric}
    assert shown[say("label_messages")] == integer(MESSAGES)
    assert shown[say("label_accepted")] == integer(said["outcomes"]["accepted"])
    assert shown[say("label_pending")] == integer(said["pending"])
    assert shown[say("label_unknown")] == integer(said["unknown"] - said["in_flight"])
    assert shown.get(say("label_in_flight"), "0") == integer(said["in_flight"])
    (line,) = _page("campaigns").dataframe[0].value.to_dict("records")
    assert (line["state"], line["mode"]) == (words, "real")
    assert (line["pending"], line["unknown"]) == (said["pending"], said["unknown"] - said["in_flight"])


def test_the_screens_agree_before_while_and_after_a_sending_that_is_killed(field: Field) -> None:
    """Requests under way are being sent; once nobody sends, they are in doubt."""
    _check(field, "pronta para enviar", pending=MESSAGES, unknown=0, in_flight=0)
    sending = field.start()
    field.wait_for_requests(MESSAGES)
    wait_until(lambda: campaign_status(field.project, "a").tally.outcomes["accepted"] == ANSWERED)
    _check(field, "enviando", pending=0, unknown=UNDER_WAY, in_flight=UNDER_WAY)
    sending.kill()
    wait_until(_state_is(field, "in_doubt"))
    _check(field, "em dúvida", pending=0, unknown=UNDER_WAY, in_flight=0)


def test_the_screens_agree_after_a_sending_that_was_terminated(field: Field) -> None:
    """What the warehouse has is as old as its last publication, and is said to be no truth of this moment."""
    field.server.script = lambda _request: Answer(delay_s=0.5)
    field.prepare(MESSAGES, DEFINITION + "rate_per_s: 20\n", SENDER_PROCESSES="1")
    sending = field.start()
    field.wait_for_requests(5)
    sending.process.send_signal(signal.SIGTERM)
    sending.process.communicate(timeout=PATIENCE_S)
    found = campaign_status(field.project, "a")
    assert found.tally.pending
    _check(field, "interrompida", pending=found.tally.pending, unknown=0)
    publish(field.project.layout, ["a"])
    (row,) = ask(field.project.layout, "overview")
    assert (row["is_complete"], row["pending"]) == (False, found.tally.pending)


def test_a_live_campaign_that_nobody_released_is_no_finished_simulation(field: Field) -> None:
    """It was simulated before; the screens are about what would be sent now."""
    bench_definition = field.project.layout.campaigns_dir / "a.yaml"
    text = bench_definition.read_text(encoding="utf-8").replace("release: automatic\n", "")
    bench_definition.write_text(text, encoding="utf-8")
    _check(field, "aguardando liberação", pending=MESSAGES, unknown=0, in_flight=0)


def test_a_campaign_that_is_only_defined_is_listed(field: Field) -> None:
    """So that whoever wrote the definition sees that no list came."""
    (field.project.layout.campaigns_dir / "nova.yaml").write_text("template: {body: Oi}\n", encoding="utf-8")
    lines = _page("campaigns").dataframe[0].value.to_dict("records")
    assert {line["campaign"]: line["state"] for line in lines} == {"a": "pronta para enviar", "nova": "sem lista"}


def test_an_address_that_names_no_campaign_shows_no_other(field: Field) -> None:
    def script() -> None:
        import streamlit as st

        from mensageria_pipeline.dashboard import campaign

        st.session_state["language"] = "Português"
        st.query_params["campanha"] = "naoha"
        campaign.show()

    shown = AppTest.from_function(script, default_timeout=PATIENCE_S).run()
    assert [each.value for each in shown.warning] == ["Não há campanha chamada naoha\\. Escolha uma da lista\\."]
    assert not shown.metric
