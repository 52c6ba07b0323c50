"""What every page of the dashboard shares: the project, the language, the chosen campaign, numbers, and errors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec
from zoneinfo import ZoneInfo

import altair as alt
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mensageria_pipeline import charts, logs, texts
from mensageria_pipeline.analytics import questions
from mensageria_pipeline.errors import MensageriaError, internal_error
from mensageria_pipeline.project import Project
from mensageria_pipeline.status import CampaignStatus, campaign_status, known_partitions
from mensageria_pipeline.texts import Language, say

P = ParamSpec("P")
FRESH_S = 5
"""For so long an answer of the warehouse is shown again."""
_COUNTED_S = 10
"""For so long the counts of a campaign that is being sent are shown again."""
_AROUND_PX = 80
_ZONE = ZoneInfo("America/Sao_Paulo")
_LANGUAGES = {"Português": Language.PT_BR, "English": Language.EN}


@st.cache_resource
def project() -> Project:
    """The project of the folder that the dashboard was started in."""
    found = Project.load()
    logs.begin(found.layout.logs_dir, found.settings.log_level, "dashboard", terminal=False)
    return found


def choose_language() -> None:
    """The language of this visitor: Portuguese, unless they or the settings say otherwise."""
    default = list(_LANGUAGES.values()).index(project().settings.language)
    chosen = st.sidebar.radio("Idioma / Language", list(_LANGUAGES), index=default, horizontal=True, key="language")
    texts.use_here(_LANGUAGES[chosen])


@contextmanager
def readable_errors() -> Iterator[None]:
    """What goes wrong is a sentence, never a traceback. Streamlit's own signals are no Exceptions, and pass."""
    try:
        yield
    except MensageriaError as error:
        st.warning(error.text())
    except Exception as error:  # noqa: BLE001 - an operator gets a sentence; its text may be personal
        st.warning(internal_error(error))


def run(page: StreamlitPage) -> None:
    with readable_errors():
        page.run()


def live(seconds: float) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A part of a page that draws itself anew every few seconds, without the rest."""

    def decorate(part: Callable[P, None]) -> Callable[P, None]:
        @st.fragment(run_every=seconds)
        @wraps(part)
        def shown(*args: P.args, **kwargs: P.kwargs) -> None:
            texts.use_here(_LANGUAGES[st.session_state["language"]])
            with readable_errors():
                part(*args, **kwargs)

        return shown

    return decorate


def know(pages: Mapping[str, StreamlitPage]) -> None:
    """The pages by their paths, for links between them."""
    st.session_state["pages"] = dict(pages)


def link(page: str, label: str) -> None:
    st.page_link(st.session_state["pages"][page], label=label, icon=":material/arrow_forward:")


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def ask(question: str, **parameters: Any) -> list[dict[str, Any]]:
    """An answer of the warehouse, asked anew every few seconds."""
    return questions.ask(project().layout, question, **parameters)


@st.cache_data(ttl=_COUNTED_S, show_spinner=False)
def counted(campaign: str) -> CampaignStatus:
    """The counts of this moment, from the ledger: for all visitors once, because counting reads the whole journal."""
    return campaign_status(project(), campaign)


def choose_campaign() -> str | None:
    """The campaign that a page is about, kept from page to page and in its address; None where there is none."""
    known = known_partitions(project())
    if not known:
        st.info(say("dash_nothing_yet"))
        return None
    wanted = st.query_params.get("campanha") or st.session_state.get("campaign")
    place = known.index(wanted) if wanted in known else 0
    chosen = st.selectbox(say("label_campaign"), known, index=place)
    st.session_state["campaign"] = st.query_params["campanha"] = chosen
    return str(chosen)


def choose_mode(rows: Sequence[dict[str, Any]]) -> str:
    """Simulated and live are never added up: which one is shown, where there are both."""
    modes = sorted({row["mode"] for row in rows})
    if len(modes) < 2:
        return modes[0] if modes else "simulated"
    chosen = st.segmented_control(say("label_mode"), modes, default=modes[0], format_func=lambda m: say(f"mode_{m}"))
    return str(chosen or modes[0])


def draw(chart: alt.Chart | alt.LayerChart) -> None:
    """As wide as its place. There the height counts title and axes too."""
    st.altair_chart(charts.styled(chart.properties(height=chart.height + _AROUND_PX)), width="stretch", theme=None)


def number(value: float | None, digits: int = 0) -> str:
    """A number as this visitor's language writes it; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if texts.current() is Language.PT_BR else text


def share(value: float | None) -> str:
    return "–" if value is None else f"{number(100 * value, 1)} %"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def moment(value: datetime | None) -> str:
    return value.astimezone(_ZONE).strftime("%d/%m/%Y %H:%M") if value else "–"


def act(label: str, done: str, action: Callable[[], object], key: str, *, ask_first: str = "", **style: Any) -> None:
    """A button that does something, after a question where it cannot simply be undone; then says that it was done."""
    if ask_first:
        with st.popover(label, **{name: value for name, value in style.items() if name != "type"}):
            st.write(ask_first)
            if st.button(say("dash_yes"), key=key, type="primary"):
                _do(action, done)
    elif st.button(label, key=key, **style):
        _do(action, done)


def _do(action: Callable[[], object], done: str) -> None:
    try:
        with st.spinner(say("dash_working")):
            action()
    except MensageriaError as error:
        st.warning(error.text())
        return
    st.cache_data.clear()
    st.toast(done, icon="✅")


def _plain(text: str) -> str:
    """Somebody's words as they are: no markup, no links."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+-.!|:$~" else letter for letter in text)


def show_notes(campaign: str) -> None:
    for note in project().notes.of(campaign)[:5]:
        st.caption(f":material/edit_note: {moment(note.at)} · {_plain(note.text)}")
