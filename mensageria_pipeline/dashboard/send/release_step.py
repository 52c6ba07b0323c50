"""Liberar: how the run of what was handed over goes, and the person's word to send it."""

from typing import Literal

import streamlit as st

from mensageria_pipeline.dashboard import frame, runs
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.services.status import known_campaigns, known_partitions
from mensageria_pipeline.texts import say

_WATCH_S = 3.0
_RUN_COLORS: dict[str, Literal["green", "red"]] = {"SUCCESS": "green", "FAILURE": "red", "CANCELED": "red"}


def show(draft: Draft) -> None:
    if draft.campaign not in known_campaigns(frame.project()):
        st.info(say("send_hand_over_first"))
        return
    _follow(draft.campaign)


@frame.live(_WATCH_S)
def _follow(campaign: str) -> None:
    project = frame.project()
    handed_over, since = st.session_state.get("handed_over") or (None, 0.0)
    if handed_over == campaign:
        url = frame.dagster_url()
        run = runs.latest_run(url, campaign, since)
        if run is None:
            st.info(say("dash_run_awaited" if runs.answers(url) else "dash_no_dagster", url=plain(url)))
        else:
            columns = st.columns([1, 1, 3])
            columns[0].badge(say(f"run_{run.status.lower()}"), color=_RUN_COLORS.get(run.status, "blue"))
            columns[1].link_button(say("dash_in_dagster"), run.url)
    if campaign not in known_partitions(project):
        return
    found = frame.counted(campaign)
    st.header(plain(f"{say(f'mode_{found.mode.value}')} · {found.state_words}"))
    tally = found.tally
    st.write(
        say(
            "dash_counts",
            accepted=frame.number(tally.outcomes["accepted"]),
            messages=frame.number(tally.messages),
            pending=frame.number(tally.pending),
        )
    )
    frame.offer_release(campaign, "release-new")
    frame.link("campanha", say("dash_open"))
