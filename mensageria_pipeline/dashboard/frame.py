"""What every page of the dashboard shares: the project, the language, the chosen campaign, numbers, and errors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import altair as alt
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mensageria_pipeline import charts, logs, texts
from mensageria_pipeline.analytics import questions
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.errors import MensageriaError, internal_error
from mensageria_pipeline.services import control, dagster_home
from mensageria_pipeline.services.consequence import what_leaves
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import (
    CampaignStatus,
    awaited_plan,
    campaign_status,
    campaign_statuses,
    known_campaigns,
)
from mensageria_pipeline.services.trouble import Trouble, trouble_of
from mensageria_pipeline.settings import find_root
from mensageria_pipeline.storage.dataset import read_stamp
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.storage.permissions import keep_private, tighten
from mensageria_pipeline.texts import Language, formats, say

P = ParamSpec("P")
T = TypeVar("T")
FRESH_S = 5
"""For so long an answer of the warehouse is shown again."""
_COUNTED_S = 5
"""For so long the counts of a campaign that is being sent are shown again."""
_TOLD_S = 2
"""For so long what keeps a sending is told again."""
_AROUND_PX = 80
_LANGUAGES = {"Português": Language.PT_BR, "English": Language.EN}


def project() -> Project:
    """The project of the folder that the dashboard was started in, with the settings that its .env has now."""
    return _project(_settings_version())


def dagster_url() -> str:
    """Where Dagster's interface answers."""
    found = project()
    return dagster_home.interface_url(found.layout, found.settings.dagster_url)


@st.cache_resource(max_entries=1)
def _project(version: tuple[int, int]) -> Project:
    assert version  # noqa: S101 - what the project is remembered by
    keep_private()
    found = Project.load()
    tighten(found.layout)
    logs.begin(found.layout.logs_dir, found.settings.log_level, "dashboard", terminal=False)
    return found


def _settings_version() -> tuple[int, int]:
    """Of the file .env: it is another one after it was changed. Without a file, the same."""
    try:
        found = (find_root() / ".env").stat()
    except OSError:
        return (-1, -1)
    return (found.st_mtime_ns, found.st_size)


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
        st.warning(plain(error.text()))
    except Exception as error:  # noqa: BLE001 - an operator gets a sentence; its text may be personal
        st.warning(plain(internal_error(error)))


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
    """A way to another page; nothing where a page stands alone."""
    if there := st.session_state.get("pages", {}).get(page):
        st.page_link(there, label=plain(label), icon=":material/arrow_forward:")


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def ask(question: str, **parameters: Any) -> list[dict[str, Any]]:
    """An answer of the warehouse, asked anew every few seconds."""
    return questions.ask(project().layout, question, **parameters)


@st.cache_data(ttl=_COUNTED_S, show_spinner=False)
def counted(campaign: str) -> CampaignStatus:
    """State and counts of this moment, from the ledger: for all visitors once, because counting reads the journal."""
    return campaign_status(project(), campaign)


@st.cache_data(ttl=_COUNTED_S, show_spinner=False)
def all_counted() -> list[CampaignStatus]:
    """The same of every campaign."""
    return list(campaign_statuses(project(), known_campaigns(project())))


@st.cache_data(ttl=_TOLD_S, show_spinner=False)
def trouble(campaign: str) -> Trouble | None:
    """What keeps a campaign that is being sent from being accepted."""
    return trouble_of(project().ledger.journal(campaign), datetime.now(UTC))


def say_published() -> None:
    """As of when the figures are that come from the warehouse: history, while state and counts come from the ledger."""
    with suppress(OSError):
        at = datetime.fromtimestamp(project().layout.warehouse.stat().st_mtime, UTC)
        st.caption(say("dash_published", at=moment(at)))


def choose_campaign() -> str | None:
    """The campaign that a page is about, kept from page to page and in its address; None where there is none, or where
    the address names one that nobody knows: no other is shown in its place."""
    known = known_campaigns(project())
    if not known:
        st.info(say("dash_nothing_yet"))
        return None
    wanted = st.query_params.get("campanha") or st.session_state.get("campaign") or known[0]
    is_known = wanted in known
    if not is_known:
        st.warning(plain(say("dash_unknown_campaign", campaign=wanted)))
    place = known.index(wanted) if is_known else None
    chosen = st.selectbox(say("label_campaign"), known, index=place, placeholder=say("dash_choose_campaign"))
    if chosen is None:
        return None
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
    return formats.number(value, digits)


def share(value: float | None) -> str:
    return formats.NOTHING if value is None else formats.percent(value, 1)


def duration(seconds: float | None) -> str:
    return formats.NOTHING if seconds is None else formats.duration(seconds)


def date_format() -> str:
    """How Streamlit is told to write dates: one of the few forms that it takes."""
    return "DD/MM/YYYY" if texts.current() is Language.PT_BR else "YYYY-MM-DD"


def moment(value: datetime | None) -> str:
    return formats.moment(value)


def as_seen(campaign: str) -> str:
    """The campaign as it stood when this visitor was shown what they decide over.

    A click draws the page anew before it is carried out; what counts is what was there before it.
    """
    return shown_before(f"seen {campaign}", control.seen(project(), campaign))


def plan_as_seen(campaign: str) -> str | None:
    """The fingerprint of the messages as this visitor was shown them, by the same rule; None where there are none."""
    plan = read_stamp(project().layout.table(Asset.MESSAGES, campaign))
    return shown_before(f"plan {campaign}", plan.fingerprint if plan else "") or None


def shown_before(name: str, now: T) -> T:
    """What this visitor was shown under a name when the page was last drawn; from now on it is `now`."""
    shown: T = st.session_state.get(name, now)
    st.session_state[name] = now
    return shown


def act(label: str, done: str, action: Callable[[], object], key: str, *, ask_first: str = "", **style: Any) -> None:
    """A button that does something, after a question where it cannot simply be undone; then says that it was done."""
    if ask_first:
        with st.popover(plain(label), **{name: value for name, value in style.items() if name != "type"}):
            st.write(plain(ask_first))
            if st.button(say("dash_yes"), key=key, type="primary"):
                _do(action, done)
    elif st.button(plain(label), key=key, **style):
        _do(action, done)


def offer_release(campaign: str, key: str) -> None:
    """A button, where a person's word is awaited: with what would leave, and for no other plan than the one shown."""
    plan = awaited_plan(project(), campaign)
    if plan is None:
        return
    act(
        say("dash_release"),
        say("dash_released"),
        lambda: control.release(project(), campaign, plan),
        f"{key}-{plan}",  # a list that came in meanwhile makes another button, which nobody has pressed
        ask_first=say("dash_release_ask", what=_leaving(campaign, plan, texts.current())),
        icon=":material/rocket_launch:",
    )


@st.cache_data(ttl=_COUNTED_S, show_spinner=False)
def _leaving(campaign: str, plan: str, language: Language) -> str:
    """What of a plan would leave, in words."""
    assert plan and language  # noqa: S101, PT018 - parts of the name that the answer is remembered by
    return what_leaves(project(), campaign)


def _do(action: Callable[[], object], done: str) -> None:
    try:
        with st.spinner(say("dash_working")):
            action()
    except MensageriaError as error:
        st.warning(plain(error.text()))
        return
    st.cache_data.clear()
    st.toast(plain(done), icon="✅")


def show_notes(campaign: str) -> None:
    for note in project().notes.of(campaign)[:5]:
        st.caption(f":material/edit_note: {moment(note.at)} · {plain(note.text)}")
