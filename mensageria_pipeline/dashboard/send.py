"""Enviar: a list is looked at before it is anybody's campaign, then handed over to where Dagster finds it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
import yaml
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mensageria_pipeline import control
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.dataset import replacing
from mensageria_pipeline.contracts.names import Partition, campaign_key
from mensageria_pipeline.dashboard import frame, runs
from mensageria_pipeline.intake.ingest import place_file
from mensageria_pipeline.rehearsal import Rehearsal, providers_of, rehearse, scratch_folder
from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.sending.drafts import Estimate, Shown, estimate, first_messages
from mensageria_pipeline.sending.drafts import show as shown_message
from mensageria_pipeline.sending.providers.registry import known_providers
from mensageria_pipeline.status import known_partitions, needs_release
from mensageria_pipeline.texts import say

_KINDS = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "txt", "parquet", "jsonl", "gz", "zip"]
_SHOWN = 3
_WATCH_S = 3.0
_RUN_COLORS = {"SUCCESS": "green", "FAILURE": "red", "CANCELED": "red"}


@dataclass(slots=True)
class _Checked:
    """What a look at a list came to; kept while the person decides."""

    campaign: str
    upload: str
    """Streamlit's name of the upload."""
    file_name: str
    content: bytes = field(repr=False)
    definition: str | None
    """YAML to hand over; None: the campaign has its own."""
    fates: dict[str, int]
    reasons: dict[str, int]
    shown: list[Shown] = field(repr=False)
    costs: dict[str, Estimate]
    pending: int
    seconds: float | None
    """How long sending will take, as far as history tells."""
    rejects: bytes | None = field(repr=False)
    missing: list[str]
    """Why providers cannot send yet."""


def show() -> None:
    st.title(say("dash_send"))
    uploaded = st.file_uploader(say("dash_upload"), type=_KINDS, help=say("dash_upload_help"))
    if uploaded is None:
        _handed_over()
        return
    name = st.text_input(say("dash_campaign_name"), value=Path(uploaded.name).stem.split(".")[0])
    campaign = campaign_key(name)
    definition = _definition(campaign)
    if st.button(say("dash_check"), type="primary", icon=":material/fact_check:"):
        with st.spinner(say("dash_checking")):
            st.session_state["checked"] = _check(campaign, uploaded, definition)
    checked: _Checked | None = st.session_state.get("checked")
    if checked and (checked.campaign, checked.upload, checked.definition) == (campaign, uploaded.file_id, definition):
        _show_checked(checked)  # what was changed since is not what was looked at
    _handed_over()


# What is to be said.


def _definition(campaign: str) -> str | None:
    """The campaign's own definition, or one that is written here, as YAML."""
    path = frame.project().layout.definition(campaign)
    if path.exists():
        st.info(say("dash_has_definition", file=path.name))
        with st.expander(path.name):
            st.code(path.read_text(encoding="utf-8"), language="yaml")
        return None
    with st.container(border=True):
        st.markdown(f"**{say('dash_text')}**")
        templates = sorted(path.stem for path in frame.project().layout.templates_dir.glob("*.yaml"))
        chosen = st.selectbox(
            say("dash_template"), [None, *templates], format_func=lambda t: t or say("dash_write_here")
        )
        said: dict[str, Any] = {"name": campaign}
        said |= _who_sends()
        said["template"] = chosen or _template()
        rate = st.number_input(say("dash_rate"), min_value=0.0, value=0.0, step=1.0, help=say("dash_rate_help"))
        if rate:
            said["rate_per_s"] = rate
        return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


def _who_sends() -> dict[str, Any]:
    columns = st.columns(2)
    provider = columns[0].selectbox(
        say("label_provider"),
        known_providers(),
        index=known_providers().index("simulated"),
        help=say("dash_provider_help"),
    )
    channel = columns[1].selectbox(
        say("label_channel"), [None, *Channel], format_func=lambda c: c.value if c else say("dash_channel_of_list")
    )
    return {"provider": provider} | ({"channel": channel.value} if channel else {})


def _template() -> dict[str, str]:
    title = st.text_input(say("dash_title"), value="Olá, {{ nome | primeiro_nome }}!")
    body = st.text_area(say("dash_body"), value="Temos uma novidade para você.", help=say("dash_body_help"))
    return {"title": title, "body": body}


# What would become of it.


def _check(campaign: str, uploaded: UploadedFile, definition: str | None) -> _Checked:
    project, content = frame.project(), uploaded.getvalue()
    with scratch_folder(project.layout) as folder:
        path = folder / Path(uploaded.name).name
        path.write_bytes(content)
        with rehearse(project, Partition(campaign), added=path, definition=definition) as prepared:
            providers, missing = providers_of(project, prepared)
            shown = [
                shown_message(message, providers.get(name), mode, name, project.settings)
                for message, name, mode in first_messages(prepared.plan, _SHOWN)
            ]
            rejects = write_rejects(prepared.layout, campaign)
            return _Checked(
                campaign, uploaded.file_id, path.name, content, definition, dict(prepared.recipients.fates),
                dict(prepared.recipients.codes), shown, estimate(prepared.plan, providers), prepared.tally.pending,
                _forecast(prepared), rejects.paths[0].read_bytes() if rejects.paths else None,
                [error.text() for error in missing],
            )  # fmt: skip


def _forecast(prepared: Rehearsal) -> float | None:
    """Seconds until all is sent, at the pace that its providers usually had, or the campaign allows."""
    usual = {row["provider"]: row["messages_per_minute"] / 60 for row in frame.ask("pace_of_providers")}
    rates = [
        min(rate for rate in (usual.get(name), prepared.definition.rate_of(name)) if rate)
        for name in prepared.definition.providers
        if usual.get(name) or prepared.definition.rate_of(name)
    ]
    return prepared.tally.pending / min(rates) if rates else None


def _show_checked(checked: _Checked) -> None:
    st.subheader(say("dash_would_become"))
    planned = checked.fates.get("planned", 0)
    columns = st.columns(4)
    columns[0].metric(say("label_rows"), frame.number(sum(checked.fates.values())))
    columns[1].metric(say("fate_planned").capitalize(), frame.number(planned))
    columns[2].metric(say("dash_to_send"), frame.number(checked.pending))
    columns[3].metric(say("dash_forecast"), frame.duration(checked.seconds))
    _show_refusals(checked)
    for each in checked.shown:
        _show_message(each)
    for name, cost in checked.costs.items():
        amount = say("preview_no_price") if cost.cost is None else f"R$ {frame.number(cost.cost, 2)}"
        st.write(say("preview_cost", provider=name, cost=amount, messages=frame.number(cost.messages),
                     parts=frame.number(cost.parts)))  # fmt: skip
    for text in checked.missing:
        st.warning(text)
    frame.act(
        say("dash_hand_over"), say("dash_handed_over"), lambda: _hand_over(checked), "hand-over", type="primary",
        icon=":material/upload_file:",
    )  # fmt: skip
    st.caption(say("dash_hand_over_help"))


def _show_refusals(checked: _Checked) -> None:
    if not checked.reasons:
        st.success(say("dash_all_good"))
        return
    st.dataframe(
        [
            {say("label_reason"): say(f"code_{code}"), say("label_rows"): count}
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


def _show_message(shown: Shown) -> None:
    message = shown.message
    with st.container(border=True):
        size = f" · {say('preview_bytes', bytes=frame.number(shown.request.size_bytes))}" if shown.request else ""
        st.caption(f"{message.channel} → {shown.address} · {shown.provider} ({say('mode_' + shown.mode)}){size}")
        if shown.refusal:
            st.warning(say("preview_refused", code=shown.refusal))
        st.text(f"{message.title}\n{message.body}" if message.title else message.body)


# Handed over.


def _hand_over(checked: _Checked) -> None:
    """The definition first: a list without one would be taken for a simulation."""
    project = frame.project()
    path = project.layout.definition(checked.campaign)
    if checked.definition and not path.exists():
        with replacing(path) as temporary:
            temporary.write_text(checked.definition, encoding="utf-8")
    with scratch_folder(project.layout) as folder:
        source = folder / checked.file_name
        source.write_bytes(checked.content)
        place_file(project.layout, checked.campaign, source)
    st.session_state["handed_over"] = checked.campaign
    st.session_state["campaign"] = checked.campaign


@frame.live(_WATCH_S)
def _handed_over() -> None:
    """How the run of the campaign that was handed over goes, with its link; and the person's word to send it."""
    campaign = st.session_state.get("handed_over")
    if not campaign:
        return
    project = frame.project()
    st.subheader(say("dash_run_of", campaign=campaign))
    run = runs.latest_run(project.settings.dagster_url, campaign)
    if run is None:
        there = runs.answers(project.settings.dagster_url)
        st.info(say("dash_run_awaited" if there else "dash_no_dagster", url=project.settings.dagster_url))
        return
    color = _RUN_COLORS.get(run.status, "blue")
    st.markdown(f":{color}-badge[{run.status}] [{say('dash_in_dagster')}]({run.url})")
    if campaign not in known_partitions(project):
        return
    tally = frame.counted(campaign).tally
    st.write(say("dash_counts", accepted=frame.number(tally.outcomes["accepted"]),
                 messages=frame.number(tally.messages), pending=frame.number(tally.pending)))  # fmt: skip
    if needs_release(project, campaign):
        frame.act(say("dash_release"), say("dash_released"), lambda: control.release(project, campaign), "release-new",
                  ask_first=say("dash_release_ask"), icon=":material/rocket_launch:")  # fmt: skip
    frame.link("campanha", say("dash_open"))
