"""Campanha: one campaign while it is sent and afterwards; its conservation as a picture; beside another."""

import time
from typing import Any

import streamlit as st

from mensageria_pipeline import charts, control
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.sending.ledger.control import Order, Progress
from mensageria_pipeline.status import known_partitions, needs_release
from mensageria_pipeline.texts import say

_LIVE_S = 2.0
_REMEMBERED = 30
"""Looks at the progress, from which the throughput of the last minute is told."""
_IDLE_S = 15.0


def show() -> None:
    st.title(say("dash_campaign"))
    campaign = frame.choose_campaign()
    if campaign is None:
        return
    frame.show_notes(campaign)
    _live(campaign)
    rows = frame.ask("metrics", campaign=campaign)
    fates = frame.ask("fates", campaign=campaign)
    if not rows:
        st.info(say("dash_no_messages"))
        _reasons(campaign)
        return
    mode = frame.choose_mode(rows)
    mine = [row for row in rows if row["mode"] == mode]
    _figures(mine)
    _pictures(campaign, mode, mine, fates)
    _tables(mine)
    _comparison(campaign, mode)


@frame.live(_LIVE_S)
def _live(campaign: str) -> None:
    """What is under way: refreshed by itself, without the rest of the page."""
    project = frame.project()
    progress, order = project.ledger.progress(campaign), project.ledger.order(campaign)
    if progress and (time.time() - progress.updated_at.timestamp()) < _IDLE_S and progress.done < progress.total:
        _show_progress(campaign, progress)
    columns = st.columns([1, 1, 1, 3])
    with columns[0]:
        if order is Order.PAUSE:
            frame.act(say("dash_resume"), say("resume_done", campaign=campaign),
                      lambda: control.resume(project, campaign), "resume", icon=":material/play_arrow:")  # fmt: skip
        else:
            frame.act(say("dash_pause"), say("pause_done", campaign=campaign),
                      lambda: control.pause(project, campaign), "pause", icon=":material/pause:")  # fmt: skip
    with columns[1]:
        frame.act(say("dash_cancel"), say("dash_cancelled"), lambda: control.cancel(project, campaign), "cancel",
                  ask_first=say("cancel_ask", campaign=campaign), icon=":material/cancel:")  # fmt: skip
    with columns[2]:
        if needs_release(project, campaign):
            frame.act(say("dash_release"), say("dash_released"), lambda: control.release(project, campaign), "release",
                      ask_first=say("dash_release_ask"), icon=":material/rocket_launch:")  # fmt: skip
    if order is Order.PAUSE:
        columns[3].warning(say("dash_paused"))
    elif order is Order.CANCEL:
        columns[3].warning(say("dash_is_cancelled"))


def _show_progress(campaign: str, progress: Progress) -> None:
    """A bar, the pace of the last minute, when it will be done at that pace, and the outcomes so far."""
    seen: list[tuple[float, int]] = st.session_state.setdefault(f"seen:{campaign}", [])
    seen.append((progress.updated_at.timestamp(), progress.done))
    del seen[:-_REMEMBERED]
    (first_at, first), (last_at, last) = seen[0], seen[-1]
    rate = (last - first) / (last_at - first_at) if last_at > first_at else None
    left = progress.total - progress.done
    text = say("dash_sending", done=frame.number(progress.done), total=frame.number(progress.total))
    st.progress(progress.done / progress.total if progress.total else 0.0, text=text)
    tally = frame.counted(campaign).tally
    shown = [
        (say("dash_throughput"), f"{frame.number(rate, 1)}/s" if rate else "–"),
        (say("dash_eta"), frame.duration(left / rate if rate else None)),
        (say("outcome_accepted").capitalize(), frame.number(tally.outcomes["accepted"])),
        (say("label_failed"), frame.number(sum(tally.outcomes.values()) - tally.outcomes["accepted"])),
        (say("label_unknown"), frame.number(tally.unknown)),
    ]
    for column, (label, value) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value)


def _figures(rows: list[dict[str, Any]]) -> None:
    names = ("messages", "accepted", "total_failed", "unknown", "pending", "reported", "delivered")
    total = {name: sum(row[name] or 0 for row in rows) for name in names}
    shown = [
        (say("label_messages"), frame.number(total["messages"])),
        (say("dash_success"), frame.share(total["accepted"] / total["messages"] if total["messages"] else None)),
        (say("label_failed"), frame.number(total["total_failed"])),
        (say("label_unknown"), frame.number(total["unknown"])), (say("label_pending"), frame.number(total["pending"])),
        (say("dash_delivered"), frame.number(total["delivered"]) if total["reported"] else "–"),
    ]  # fmt: skip
    for column, (label, value) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value)


def _pictures(campaign: str, mode: str, rows: list[dict[str, Any]], fates: list[dict[str, Any]]) -> None:
    left, right = st.columns(2)
    with left:
        frame.draw(charts.funnel(_steps(rows, fates)))
        st.caption(_conservation(fates))
        steps = [row for row in frame.ask("latency_steps", campaign=campaign) if row["mode"] == mode]
        if steps:
            frame.draw(charts.latency(steps))
    with right:
        frame.draw(charts.outcomes([row for row in frame.ask("outcomes", campaign=campaign) if row["mode"] == mode]))
        minutes = [row for row in frame.ask("minutes", campaign=campaign) if row["mode"] == mode]
        if minutes:
            frame.draw(charts.throughput(minutes))
            frame.draw(charts.error_rate(minutes))
    _reasons(campaign)


def _steps(rows: list[dict[str, Any]], fates: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Of the latest edition: an earlier one had its own messages of the same rows."""
    latest = max(row["edition"] for row in rows)
    mine = [row for row in rows if row["edition"] == latest]
    steps = [
        (say("funnel_rows"), sum(row["row_count"] for row in fates)),
        (say("funnel_planned"), sum(row["messages"] for row in mine)),
        (say("funnel_accepted"), sum(row["accepted"] for row in mine)),
    ]
    reported = sum(row["reported"] for row in mine)
    return [*steps, (say("funnel_delivered"), sum(row["delivered"] for row in mine))] if reported else steps


def _conservation(fates: list[dict[str, Any]]) -> str:
    """Every row is in exactly one place."""
    parts = [f"{frame.number(row['row_count'])} {say('fate_' + row['fate'])}" for row in fates]
    return f"{frame.number(sum(row['row_count'] for row in fates))} {say('label_rows').lower()} = {' + '.join(parts)}"


def _reasons(campaign: str) -> None:
    reasons = frame.ask("reasons", campaign=campaign)
    if reasons:
        frame.draw(charts.reasons(reasons))


def _tables(rows: list[dict[str, Any]]) -> None:
    st.subheader(say("dash_by_provider"))
    shown = (
        "provider", "channel", "edition", "messages", "accepted", "total_failed", "unknown", "pending", "retries",
        "throttled", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "messages_per_minute", "cost",
    )  # fmt: skip
    st.dataframe(
        [{_heading(name): _rounded(row[name]) for name in shown} for row in rows], hide_index=True, width="stretch"
    )


def _heading(name: str) -> str:
    return say(f"metric_{name}")


def _rounded(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value


def _comparison(campaign: str, mode: str) -> None:
    others = [each for each in known_partitions(frame.project()) if each != campaign]
    if not others:
        return
    other = st.selectbox(say("dash_compare"), [None, *others], format_func=lambda each: each or "—")
    if not other:
        return
    rows = [
        row | {"campaign": name}
        for name in (campaign, other)
        for row in frame.ask("outcomes", campaign=name)
        if row["mode"] == mode
    ]
    if {row["campaign"] for row in rows} != {campaign, other}:
        st.info(say("dash_compare_nothing", mode=say(f"mode_{mode}")))
        return
    frame.draw(charts.comparison(rows))
    st.dataframe(
        [
            {"campaign": name} | {_heading(key): _rounded(value) for key, value in _summary(name, mode).items()}
            for name in (campaign, other)
        ],
        hide_index=True, width="stretch", column_config={"campaign": say("label_campaign")},
    )  # fmt: skip


def _summary(campaign: str, mode: str) -> dict[str, Any]:
    rows = [row for row in frame.ask("metrics", campaign=campaign) if row["mode"] == mode]
    times = [row["latency_p95_ms"] for row in rows if row["latency_p95_ms"] is not None]
    return {
        "messages": sum(row["messages"] for row in rows), "accepted": sum(row["accepted"] for row in rows),
        "total_failed": sum(row["total_failed"] for row in rows), "latency_p95_ms": max(times, default=None),
    }  # fmt: skip
