"""Enviar: a list is looked at before it is anybody's campaign, then handed over to where Dagster finds it."""

from pathlib import Path
from typing import Any, Literal

import streamlit as st
import yaml
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.partition import Partition, campaign_key
from mensageria_pipeline.dashboard import frame, runs
from mensageria_pipeline.dashboard.checked_list import SHOWN, Checked, show_checked
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.uploads import uploaded_file
from mensageria_pipeline.intake.grid import Doubt
from mensageria_pipeline.intake.inspection import inspect_file
from mensageria_pipeline.providers.registry import known_providers
from mensageria_pipeline.reports.rejects import write_rejects
from mensageria_pipeline.sending.request_preview import estimate, first_messages
from mensageria_pipeline.sending.request_preview import show as shown_message
from mensageria_pipeline.services.dry_run import DryRun, dry_run, providers_of, scratch_folder
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline.storage.dataset import share_file
from mensageria_pipeline.texts import say

_KINDS = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "txt", "parquet", "jsonl", "gz", "zip"]
_WATCH_S = 3.0
_RUN_COLORS: dict[str, Literal["green", "red"]] = {"SUCCESS": "green", "FAILURE": "red", "CANCELED": "red"}


def show() -> None:
    st.title(say("dash_send"))
    uploaded = st.file_uploader(say("dash_upload"), type=_KINDS, help=say("dash_upload_help"), key=_uploader())
    if uploaded is None:
        _handed_over()
        return
    name = st.text_input(say("dash_campaign_name"), value=Path(uploaded.name).stem.split(".")[0])
    campaign = campaign_key(name)
    definition = _definition(campaign)
    if st.button(say("dash_check"), type="primary", icon=":material/fact_check:"):
        with st.spinner(say("dash_checking")):
            st.session_state["checked"] = _check(campaign, uploaded, definition)
    checked: Checked | None = st.session_state.get("checked")
    if checked and (checked.campaign, checked.upload, checked.definition) == (campaign, uploaded.file_id, definition):
        show_checked(checked)  # what was changed since is not what was looked at
    _handed_over()


def _uploader() -> str:
    """The name of the field: another one, and so empty, after each list that was handed over."""
    return f"upload-{st.session_state.get('uploads_done', 0)}"


def _definition(campaign: str) -> str | None:
    """The campaign's own definition, or one that is written here, as YAML."""
    path = frame.project().layout.definition(campaign)
    if path.exists():
        st.info(say("dash_has_definition", file=plain(path.name)))
        with st.expander(plain(path.name)):
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


def _check(campaign: str, uploaded: UploadedFile, definition: str | None) -> Checked:
    project = frame.project()
    with scratch_folder(project.layout) as folder:
        path = folder / Path(uploaded.name).name
        share_file(uploaded_file(project.layout, uploaded.file_id), path)
        with dry_run(project, Partition(campaign), added=path, definition_yaml=definition) as prepared:
            providers, missing = providers_of(project, prepared.partition.key, prepared.definition)
            shown = [
                shown_message(message, providers.get(name), mode, name, project.settings, prepared.definition)
                for message, name, mode in first_messages(prepared.plan, SHOWN, prepared.to_send)
            ]
            rejects = write_rejects(prepared.layout, campaign)
            return Checked(
                campaign,
                uploaded.file_id,
                path.name,
                definition,
                dict(prepared.recipients.fates),
                dict(prepared.recipients.codes),
                shown,
                estimate(prepared.plan, providers, prepared.definition, prepared.to_send),
                prepared.tally.pending,
                _forecast(prepared),
                rejects.paths[0].read_bytes() if rejects.paths else None,
                [error.text() for error in missing],
                _doubts(path, prepared),
            )


def _doubts(path: Path, prepared: DryRun) -> list[Doubt]:
    found = inspect_file(path, prepared.definition, frame.project().settings.limits)
    return [doubt.masked() for doubt in found.reading.doubts]


def _forecast(prepared: DryRun) -> float | None:
    """Seconds until all is sent, at the pace that its providers usually had, or the campaign allows."""
    usual = {row["provider"]: row["messages_per_minute"] / 60 for row in frame.ask("pace_of_providers")}
    rates = [
        min(rate for rate in (usual.get(name), prepared.definition.rate_of(name)) if rate)
        for name in prepared.definition.providers
        if usual.get(name) or prepared.definition.rate_of(name)
    ]
    return prepared.tally.pending / min(rates) if rates else None


@frame.live(_WATCH_S)
def _handed_over() -> None:
    """How the run of the campaign that was handed over goes, with its link; and the person's word to send it."""
    handed_over = st.session_state.get("handed_over")
    if not handed_over:
        return
    campaign, since = handed_over
    project = frame.project()
    st.subheader(say("dash_run_of", campaign=plain(campaign)))
    run = runs.latest_run(project.settings.dagster_url, campaign, since)
    if run is None:
        there = runs.answers(project.settings.dagster_url)
        st.info(say("dash_run_awaited" if there else "dash_no_dagster", url=plain(project.settings.dagster_url)))
        return
    st.badge(plain(run.status), color=_RUN_COLORS.get(run.status, "blue"))
    st.link_button(say("dash_in_dagster"), run.url)
    if campaign not in known_partitions(project):
        return
    tally = frame.counted(campaign).tally
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
