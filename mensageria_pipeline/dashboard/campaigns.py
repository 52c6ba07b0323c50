"""Campanhas: every campaign with its state, mode, progress and success; filters."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.services.campaign_state import CampaignState
from mensageria_pipeline.services.status import CampaignStatus, ignored_lists
from mensageria_pipeline.texts import formats, say

_NEVER = datetime.min.replace(tzinfo=UTC)


def show() -> None:
    st.title(say("dash_campaigns"))
    for sentence in ignored_lists(frame.project()):
        st.warning(plain(sentence))
    history = {(row["campaign"], row["mode"]): row for row in frame.ask("overview")}
    rows = [_row(found, history.get((found.campaign, found.mode.value), {})) for found in frame.all_counted()]
    if not rows:
        st.info(say("dash_nothing_yet"))
        return
    shown = _filtered(sorted(rows, key=lambda row: row["last_send_at"] or _NEVER, reverse=True))
    _figures(shown)
    notes = {note.campaign: note.text for note in reversed(frame.project().notes.all())}
    lines = [_line(row, notes.get(row["campaign"], "")) for row in shown]
    chosen = st.dataframe(
        lines,
        hide_index=True,
        width="stretch",
        height=min(640, 40 + 36 * max(1, len(lines))),
        on_select="rerun",
        selection_mode="single-row",
        column_config=_columns(),
        key="campaigns",
    )
    st.caption(say("dash_choose_row"))
    frame.say_published()
    if chosen.selection.rows:
        st.session_state["campaign"] = shown[chosen.selection.rows[0]]["campaign"]
        frame.link("campanha", say("dash_open"))


def _row(found: CampaignStatus, history: Mapping[str, Any]) -> dict[str, Any]:
    """State and counts from the ledger; beside them what the warehouse remembers."""
    tally = found.tally
    return {
        "campaign": found.campaign,
        "state": found.standing.state,
        "state_words": found.state_words,
        "mode": found.mode.value,
        "messages": tally.messages,
        "accepted": tally.outcomes["accepted"],
        "total_failed": tally.failed,
        "unknown": found.doubtful,
        "pending": tally.pending,
        "settled": sum(tally.outcomes.values()),
        "providers": history.get("providers") or [],
        "channels": history.get("channels") or [],
        "last_send_at": history.get("last_send_at"),
    }


def _filtered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that the filters leave; an empty filter leaves all."""
    every = say("dash_every")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(say("dash_search"), placeholder=say("dash_search_hint"), width=280)
        filters = st.popover(say("dash_filters"), icon=":material/filter_list:")
    states = filters.multiselect(
        say("dash_state"),
        [state for state in CampaignState if any(row["state"] is state for row in rows)],
        format_func=lambda state: say(f"state_{state}"),
        placeholder=every,
    )
    modes = filters.multiselect(
        say("label_mode"), ["live", "simulated"], format_func=lambda m: say(f"mode_{m}"), placeholder=every
    )
    providers = filters.multiselect(
        say("label_provider"), sorted({p for r in rows for p in r["providers"]}), placeholder=every
    )
    channels = filters.multiselect(
        say("label_channel"),
        sorted({c for r in rows for c in r["channels"]}),
        format_func=lambda c: say(f"channel_{c}"),
        placeholder=every,
    )
    since = filters.date_input(say("dash_since"), value=None, format=frame.date_format())
    return [
        row
        for row in rows
        if (not text or text.lower() in row["campaign"].lower())
        and (not states or row["state"] in states)
        and (not modes or row["mode"] in modes)
        and (not providers or set(providers) & set(row["providers"]))
        and (not channels or set(channels) & set(row["channels"]))
        and (not isinstance(since, date) or _is_since(row["last_send_at"], since))
    ]


def _is_since(at: datetime | None, since: date) -> bool:
    return at is not None and at >= datetime(since.year, since.month, since.day, tzinfo=UTC)


def _figures(rows: list[dict[str, Any]]) -> None:
    """Sums of what is listed; simulated and live apart, because they are never added up."""
    for mode in ("live", "simulated"):
        mine = [row for row in rows if row["mode"] == mode]
        if not mine:
            continue
        sums = {name: sum(row[name] for row in mine) for name in ("messages", "accepted", "total_failed", "pending")}
        with st.container(horizontal=True, gap="large"):
            st.metric(say("dash_count_of", mode=say(f"mode_{mode}")), frame.number(len(mine)), width="content")
            for name, key in (
                ("messages", "label_messages"),
                ("accepted", "label_accepted"),
                ("total_failed", "label_failed"),
                ("pending", "label_pending"),
            ):
                st.metric(say(key), frame.number(sums[name]), width="content")


def _line(row: dict[str, Any], note: str) -> dict[str, Any]:
    messages = row["messages"]
    return {
        "campaign": row["campaign"],
        "state": row["state_words"],
        "mode": say(f"mode_{row['mode']}"),
        "done": row["settled"] / messages if messages else 0.0,
        "messages": messages,
        "success": round(row["accepted"] / messages, 3) if messages else None,  # as every page rounds it
        "failed": row["total_failed"],
        "unknown": row["unknown"],
        "pending": row["pending"],
        "providers": ", ".join(row["providers"]) or formats.NOTHING,
        "last": row["last_send_at"],
        "note": note,
    }


def _columns() -> dict[str, Any]:
    config = st.column_config
    count: dict[str, Any] = {"format": "localized", "width": "small"}
    return {
        "campaign": config.TextColumn(say("label_campaign"), width="medium"),
        "state": config.TextColumn(say("dash_state"), width="medium"),
        "mode": config.TextColumn(say("label_mode"), width="small"),
        "done": config.ProgressColumn(say("dash_progress"), min_value=0, max_value=1, format="percent"),
        "messages": config.NumberColumn(say("label_messages"), **count),
        "success": config.NumberColumn(say("dash_success"), format="percent", width="small"),
        "failed": config.NumberColumn(say("label_failed"), **count),
        "unknown": config.NumberColumn(say("label_unknown"), **count),
        "pending": config.NumberColumn(say("label_pending"), **count),
        "providers": config.TextColumn(say("label_provider"), width="small"),
        "last": config.DatetimeColumn(
            say("dash_last"), format=f"{frame.date_format()} HH:mm", timezone="America/Sao_Paulo"
        ),
        "note": config.TextColumn(say("dash_note"), width="medium"),
    }
