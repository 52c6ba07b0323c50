"""What was found out about a list before it is sent, for the person who hands it over."""

import time
from dataclasses import dataclass, field

import streamlit as st

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.uploads import uploaded_file
from mensageria_pipeline.definition.definition_file import define
from mensageria_pipeline.intake.grid import Doubt
from mensageria_pipeline.intake.place import place_file
from mensageria_pipeline.sending.request_preview import CostEstimate, MessagePreview
from mensageria_pipeline.services.dry_run import scratch_folder
from mensageria_pipeline.storage.dataset import share_file
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import money

SHOWN = 3


@dataclass(slots=True)
class Checked:
    """What a look at a list came to; kept while the person decides."""

    campaign: str
    upload: str
    """Streamlit's name of the upload."""
    file_name: str
    definition: str | None
    """YAML to hand over; None: the campaign has its own."""
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


def show_checked(checked: Checked) -> None:
    st.subheader(say("dash_would_become"))
    planned = checked.fates.get("planned", 0)
    columns = st.columns(4)
    columns[0].metric(say("label_rows"), frame.number(sum(checked.fates.values())))
    columns[1].metric(say("fate_planned").capitalize(), frame.number(planned))
    columns[2].metric(say("dash_to_send"), frame.number(checked.pending))
    columns[3].metric(say("dash_forecast"), frame.duration(checked.seconds))
    for doubt in checked.doubts:
        _show_doubt(doubt)
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
    frame.act(
        say("dash_hand_over"),
        say("dash_handed_over"),
        lambda: hand_over(checked),
        "hand-over",
        type="primary",
        icon=":material/upload_file:",
    )
    st.caption(say("dash_hand_over_help"))


def _show_doubt(doubt: Doubt) -> None:
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
        st.caption(plain(f"{message.channel} → {shown.address} · {shown.provider} ({say('mode_' + shown.mode)}){size}"))
        if shown.refusal:
            st.warning(say("preview_refused", code=plain(shown.refusal)))
        st.text(f"{message.title}\n{message.body}" if message.title else message.body)


def hand_over(checked: Checked) -> None:
    """The definition first: a list without one would be taken for a simulation."""
    project, since = frame.project(), time.time()
    if checked.definition:
        define(project.layout, checked.campaign, checked.definition)
    content = uploaded_file(project.layout, checked.upload)
    with scratch_folder(project.layout) as folder:
        source = folder / checked.file_name
        share_file(content, source)
        place_file(project.layout, project.registry.name_owners(), checked.campaign, source)
    content.unlink()
    st.session_state["checked"] = None
    st.session_state["uploads_done"] = st.session_state.get("uploads_done", 0) + 1
    st.session_state["handed_over"] = (checked.campaign, since)
    st.session_state["campaign"] = checked.campaign
