"""Enviar: which campaign, which list, and the step that is worked at."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send import check_step, list_step, message_step, release_step, when_step
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.dashboard.send.work import STEP, Step, give, key_of, open_draft
from mensageria_pipeline.dashboard.uploads import uploaded_file
from mensageria_pipeline.intake.carried_campaign import carried_campaign
from mensageria_pipeline.services.status import known_campaigns
from mensageria_pipeline.texts import say

_KINDS = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "txt", "parquet", "jsonl", "gz", "zip"]
_STEPS: dict[Step, Callable[[Draft], None]] = {
    Step.LIST: list_step.show,
    Step.MESSAGE: message_step.show,
    Step.WHEN: when_step.show,
    Step.CHECK: check_step.show,
    Step.RELEASE: release_step.show,
}


def show() -> None:
    st.title(say("dash_send"))
    columns = st.columns([2, 3])
    with columns[1]:
        uploaded = st.file_uploader(say("dash_upload"), type=_KINDS, help=say("dash_upload_help"), key=_uploader())
    if give(uploaded.file_id if uploaded else None, uploaded.name if uploaded else ""):
        _follow_carried()
    with columns[0]:
        campaign, name = _campaign(uploaded.name if uploaded else "")
    if campaign is None:
        st.info(say("send_begin"))
        return
    draft = open_draft(campaign, name)
    step = st.segmented_control(
        say("send_steps"),
        list(Step),
        default=None if STEP in st.session_state else Step.LIST,
        format_func=lambda each: f"{list(Step).index(each) + 1} · {say(f'send_step_{each}')}",
        key=STEP,
        label_visibility="collapsed",
    )
    _STEPS[step or Step.LIST](draft)


def _uploader() -> str:
    """The name of the field: another one, and so empty, after each list that was handed over."""
    return f"upload-{st.session_state.get('uploads_done', 0)}"


def _follow_carried() -> None:
    """A corrected workbook of rejected rows is for the campaign that it carries."""
    upload, file_name = st.session_state["given"]
    carried = carried_campaign(uploaded_file(frame.project().layout, upload), file_name)
    if carried in known_campaigns(frame.project()):
        st.session_state["send_campaign"] = carried
        st.toast(plain(say("send_carried", campaign=carried)), icon="✅")


def _campaign(file_name: str) -> tuple[str | None, str]:
    """One that there is, or a new one, and the name that somebody gave it; None while it has none."""
    known = known_campaigns(frame.project())
    wanted = st.session_state.get("send_campaign") or st.query_params.get("campanha")
    place = known.index(wanted) + 1 if wanted in known else 0
    chosen = st.selectbox(
        say("label_campaign"), ["", *known], index=place, format_func=lambda name: name or say("send_new")
    )
    st.session_state["send_campaign"] = chosen
    if chosen:
        return str(chosen), ""
    stem = Path(file_name).stem.split(".")[0] if file_name else ""
    name = st.text_input(say("dash_campaign_name"), value=stem, placeholder=say("send_name_hint"))
    campaign = key_of(name)
    if campaign in known:
        st.info(say("send_name_known", campaign=plain(campaign)))
    return campaign, name.strip()
