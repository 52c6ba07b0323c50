"""Conferir: what would become of the list and the text, for the person who hands both over."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.dashboard import frame, runs
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.dashboard.send.work import STEP, GivenList, Step, forget_list, given_list
from mensageria_pipeline.dashboard.uploads import uploaded_file
from mensageria_pipeline.definition.definition_file import (
    define,
    previous_definition,
    redefine,
    restore_previous,
)
from mensageria_pipeline.definition.message import has_markup
from mensageria_pipeline.definition.model import SIMULATED
from mensageria_pipeline.intake.grid import Doubt
from mensageria_pipeline.intake.place import place_file
from mensageria_pipeline.providers.email_message import text_of
from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.sending.request_preview import CostEstimate, MessagePreview, estimate, first_messages
from mensageria_pipeline.sending.request_preview import show as shown_message
from mensageria_pipeline.services.dry_run import DryRun, dry_run, providers_of, scratch_folder
from mensageria_pipeline.storage.dataset import share_file
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import money

SHOWN = 3
SAID_ABOVE = frozenset({"other_sheets", "preamble", "totals"})
"""Doubts that the page says in its own words, where the list is given."""


@dataclass(slots=True)
class Checked:
    """What a look at a list and a text came to; kept while the person decides."""

    campaign: str
    upload: str | None
    """Streamlit's name of the upload; None: the lists that the campaign has."""
    definition: str
    """YAML, as it was looked at."""
    fates: dict[str, int]
    reasons: dict[str, int]
    shown: list[MessagePreview] = field(repr=False)
    costs: dict[str, CostEstimate]
    pending: int
    seconds: float | None
    """How long sending will take, as far as history tells."""
    rejects: bytes | None = field(repr=False)
    missing: list[str]
    """Why providers cannot send yet."""
    doubts: list[Doubt] = field(default_factory=list)
    """What is doubtful about the list, with its first rows, masked."""


def show(draft: Draft) -> None:
    given = given_list(draft)
    upload = given.upload if given else None
    _show_definition(draft)
    if st.button(say("dash_check"), type="primary", icon=":material/fact_check:"):
        with st.spinner(say("dash_checking")):
            st.session_state["checked"] = _check(draft, given)
    checked: Checked | None = st.session_state.get("checked")
    if checked and (checked.campaign, checked.upload, checked.definition) == (draft.campaign, upload, draft.yaml()):
        _show_checked(checked)  # what was changed since is not what was looked at
        _offer_handing_over(draft, given)


def _show_definition(draft: Draft) -> None:
    """What engineers would write, and the way back to what it was."""
    layout = frame.project().layout
    with st.expander(say("send_definition", file=plain(layout.definition(draft.campaign).name))):
        st.code(draft.yaml(), language="yaml")
        if previous_definition(layout, draft.campaign).exists():
            frame.act(
                say("send_undo"),
                say("send_undone"),
                lambda: _undo(layout, draft),
                "undo",
                ask_first=say("send_undo_ask"),
                icon=":material/undo:",
            )


def _undo(layout: Layout, draft: Draft) -> None:
    restore_previous(layout, draft.campaign)
    st.session_state.pop("draft", None)


def _check(draft: Draft, given: GivenList | None) -> Checked:
    project = frame.project()
    with scratch_folder(project.layout) as folder:
        added = None
        if given:
            added = folder / Path(given.file_name).name
            share_file(uploaded_file(project.layout, given.upload), added)
        with dry_run(project, Partition(draft.campaign), added=added, definition_yaml=draft.yaml()) as prepared:
            providers, missing = providers_of(project, prepared.partition.key, prepared.definition)
            shown = [
                shown_message(message, providers.get(name), mode, name, project.settings, prepared.definition)
                for message, name, mode in first_messages(prepared.plan, SHOWN, prepared.to_send)
            ]
            rejects = write_rejects(prepared.layout, draft.campaign)
            return Checked(
                draft.campaign,
                given.upload if given else None,
                draft.yaml(),
                dict(prepared.recipients.fates),
                dict(prepared.recipients.codes),
                shown,
                estimate(prepared.plan, providers, prepared.definition, prepared.to_send),
                prepared.tally.pending,
                _forecast(prepared),
                rejects.paths[0].read_bytes() if rejects.paths else None,
                [error.text() for error in missing],
                [doubt.masked() for doubt in given.found.reading.doubts] if given else [],
            )


def _forecast(prepared: DryRun) -> float | None:
    """Seconds until all is sent, at the pace that its providers usually had, or the campaign allows."""
    usual = {row["provider"]: row["messages_per_minute"] / 60 for row in frame.ask("pace_of_providers")}
    rates = [
        min(rate for rate in (usual.get(name), prepared.definition.rate_of(name)) if rate)
        for name in prepared.definition.providers
        if usual.get(name) or prepared.definition.rate_of(name)
    ]
    return prepared.tally.pending / min(rates) if rates else None


def _show_checked(checked: Checked) -> None:
    st.header(say("dash_would_become"))
    planned = checked.fates.get("planned", 0)
    with st.container(horizontal=True, gap="large"):
        st.metric(say("label_rows"), frame.number(sum(checked.fates.values())), width="content")
        st.metric(say("fate_planned").capitalize(), frame.number(planned), width="content")
        st.metric(say("dash_to_send"), frame.number(checked.pending), width="content")
        st.metric(say("dash_forecast"), frame.duration(checked.seconds), width="content")
    for doubt in checked.doubts:
        if doubt.name not in SAID_ABOVE:
            show_doubt(doubt)
    _show_refusals(checked)
    for each in checked.shown:
        _show_message(each)
    for name, cost in checked.costs.items():
        amount = say("preview_no_price") if cost.cost is None else money(cost.cost)
        st.write(
            say(
                "preview_cost",
                provider=plain(name),
                cost=plain(amount),
                messages=plain(say("count_messages", count=cost.messages)),
                parts=plain(say("count_parts", count=cost.parts)),
            )
        )
    for text in checked.missing:
        st.warning(plain(text))


def show_doubt(doubt: Doubt) -> None:
    st.warning(f"{plain(doubt.text())} ({plain(doubt.name)})", icon=":material/help:")
    if doubt.rows:
        st.dataframe(
            [{say("label_row"): row.number, say("label_cells"): " | ".join(row.cells)} for row in doubt.rows],
            hide_index=True,
        )


def _show_refusals(checked: Checked) -> None:
    if not checked.reasons:
        st.success(say("dash_all_good"))
        return
    st.dataframe(
        [
            {say("label_reason"): ReasonCode(code).label, say("label_rows"): count}
            for code, count in checked.reasons.items()
        ],
        hide_index=True,
    )
    if checked.rejects:
        st.download_button(
            say("dash_rejects"),
            checked.rejects,
            "rejeitados.xlsx",
            icon=":material/download:",
            help=say("dash_rejects_help"),
        )


def _show_message(shown: MessagePreview) -> None:
    message = shown.message
    with st.container(border=True):
        size = f" · {say('preview_bytes', bytes=frame.number(shown.request.size_bytes))}" if shown.request else ""
        through = say("send_simulated") if shown.provider == SIMULATED else shown.provider
        st.caption(plain(f"{say(f'channel_{message.channel}')} → {shown.address} · {through}{size}"))
        if shown.refusal:
            st.warning(say("preview_refused", code=plain(shown.refusal)))
        is_page = message.channel == Channel.EMAIL and has_markup(message.body)
        body = text_of(message.body) if is_page else message.body
        st.text(f"{message.title}\n{body}" if message.title else body)


def _offer_handing_over(draft: Draft, given: GivenList | None) -> None:
    if given is None and not draft.is_changed:
        st.caption(say("send_nothing_new"))
        return
    st.button(
        say("dash_hand_over" if given else "send_save_changes"),
        type="primary",
        icon=":material/upload_file:",
        key="hand-over",
        on_click=_hand_over,
        args=(draft, given),
    )
    st.caption(say("dash_hand_over_help"))


def _hand_over(draft: Draft, given: GivenList | None) -> None:
    """The definition first: a list without one would be taken for a simulation."""
    with frame.readable_errors():
        project, since = frame.project(), time.time()
        _write_definition(project.layout, draft)
        st.session_state.pop("draft", None)
        st.session_state["send_campaign"] = st.session_state["campaign"] = draft.campaign
        if given:
            _place(given, draft.campaign)
        else:
            runs.launch(frame.dagster_url(), draft.campaign, is_recurring="cron" in draft.said)
        forget_list()
        st.session_state["handed_over"] = (draft.campaign, since)
        st.session_state[STEP] = Step.RELEASE
        st.cache_data.clear()


def _place(given: GivenList, campaign: str) -> None:
    project = frame.project()
    content = uploaded_file(project.layout, given.upload)
    with scratch_folder(project.layout) as folder:
        source = folder / Path(given.file_name).name
        share_file(content, source)
        place_file(project.layout, project.registry.name_owners(), campaign, source)
    content.unlink()


def _write_definition(layout: Layout, draft: Draft) -> None:
    if draft.text is None:
        define(layout, draft.campaign, draft.yaml())
    elif draft.is_changed:
        redefine(layout, draft.campaign, draft.yaml(), seen=draft.text)
