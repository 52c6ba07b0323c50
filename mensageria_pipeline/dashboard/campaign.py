"""Campanha: one campaign while it is sent and afterwards; its conservation as a picture; beside another."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from mensageria_pipeline import charts
from mensageria_pipeline.analytics.relations import SHOWN_METRICS
from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.ledger.ledger import OperatorCommand, Progress
from mensageria_pipeline.services import control
from mensageria_pipeline.services.campaign_state import CampaignState
from mensageria_pipeline.services.status import CampaignStatus, known_partitions
from mensageria_pipeline.texts import formats, say

_LIVE_S = 2.0
_WITHOUT = frozenset({CampaignState.WITHOUT_LIST, CampaignState.WITHOUT_MESSAGES})
_SHORT = 3
"""Minutes: a campaign that took no longer is shown by the second."""
_REMEMBERED = 30
"""Looks at the progress, from which the throughput of the last minute is told."""


def show() -> None:
    st.title(say("dash_campaign"))
    campaign = frame.choose_campaign()
    if campaign is None:
        return
    frame.show_notes(campaign)
    _live(campaign)
    rows = frame.ask("metrics", campaign=campaign)
    if not rows:
        st.info(say("dash_no_messages"))
        _reasons(campaign)
        return
    mode = frame.choose_mode(rows)
    results, pace, tables, beside = st.tabs(
        [say("dash_results"), say("dash_pace"), say("dash_by_provider"), say("dash_compare_tab")]
    )
    with results:
        _results(campaign, mode)
    with pace:
        _pace(campaign, mode)
    with tables:
        _tables([row for row in rows if row["mode"] == mode])
    with beside:
        _comparison(campaign, mode)
    frame.say_published()


@frame.live(_LIVE_S)
def _live(campaign: str) -> None:
    """What it is doing, and its counts: refreshed by itself, without the rest of the page."""
    project, plan, found = frame.project(), frame.plan_as_seen(campaign), frame.counted(campaign)
    st.header(plain(f"{campaign} · {say(f'mode_{found.mode.value}')} · {found.state_words}"))
    if found.standing.reason:
        st.warning(plain(found.standing.reason))
    progress, command = project.ledger.progress(campaign), project.ledger.command(campaign)
    if found.standing.state is CampaignState.SENDING and progress:
        _show_progress(campaign, progress)
        if met := frame.trouble(campaign):
            st.warning(plain(met.words(found.zone, datetime.now(UTC))))
    _figures(campaign, found)
    _actions(campaign, found, plan, command)
    _say_command(command)


def _actions(campaign: str, found: CampaignStatus, plan: str | None, command: OperatorCommand | None) -> None:
    """What would change something now, the next thing first."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if found.tally.pending:
            frame.offer_release(campaign, "release")
        if found.tally.pending or command:
            _pause_or_resume(campaign, frame.shown_before(f"command {campaign}", command))
        if found.tally.pending and command is not OperatorCommand.CANCEL:
            _cancel(campaign, found, plan)
        if found.standing.state in _WITHOUT:
            frame.link("enviar", say("dash_give_list"))
        else:
            if found.tally.failed or found.doubtful:
                frame.link("falhas", say("dash_see_failures"))
            frame.link("enviar", say("dash_change"))


def _say_command(command: OperatorCommand | None) -> None:
    """What a person ordered, and holds."""
    if command is OperatorCommand.PAUSE:
        st.warning(say("dash_paused"))
    elif command is OperatorCommand.RESTORED:
        st.warning(say("dash_restored"))
    elif command is OperatorCommand.CANCEL:
        st.warning(say("dash_is_cancelled"))


def _cancel(campaign: str, found: CampaignStatus, plan: str | None) -> None:
    frame.act(
        say("dash_cancel"),
        say("dash_cancelled"),
        lambda: control.cancel(frame.project(), campaign, plan=plan),
        "cancel",
        ask_first=say("cancel_ask", campaign=campaign, count=found.tally.pending, mode=say(f"mode_{found.mode}")),
        icon=":material/cancel:",
    )


def _pause_or_resume(campaign: str, command: OperatorCommand | None) -> None:
    """`command`: what this visitor was shown to hold."""
    project = frame.project()
    if command:
        done, icon = say("resume_done", campaign=campaign), ":material/play_arrow:"
        frame.act(say("dash_resume"), done, lambda: control.resume(project, campaign, command), "resume", icon=icon)
    else:
        done, icon = say("pause_done", campaign=campaign), ":material/pause:"
        frame.act(say("dash_pause"), done, lambda: control.pause(project, campaign), "pause", icon=icon)


def _show_progress(campaign: str, progress: Progress) -> None:
    """A bar, the pace of the last minute, and when it will be done at that pace."""
    seen: list[tuple[float, int]] = st.session_state.setdefault(f"seen:{campaign}", [])
    seen.append((progress.updated_at.timestamp(), progress.done))
    del seen[:-_REMEMBERED]
    (first_at, first), (last_at, last) = seen[0], seen[-1]
    rate = (last - first) / (last_at - first_at) if last_at > first_at else None
    left = progress.total - progress.done
    pace = f"{frame.number(rate, 1)}/s" if rate else formats.NOTHING
    st.progress(
        progress.done / progress.total if progress.total else 0.0,
        text=plain(
            say(
                "dash_sending",
                done=frame.number(progress.done),
                total=frame.number(progress.total),
                pace=pace,
                left=frame.duration(left / rate if rate else None),
            )
        ),
    )


def _figures(campaign: str, found: CampaignStatus) -> None:
    """The counts of this moment, from the ledger; what reached people, as far as receipts tell."""
    tally = found.tally
    if not tally.messages:
        return
    rows = [row for row in frame.ask("metrics", campaign=campaign) if row["mode"] == found.mode.value]
    shown = [
        (say("label_messages"), frame.number(tally.messages)),
        (say("label_accepted"), frame.number(tally.outcomes["accepted"])),
        (say("dash_success"), frame.share(tally.outcomes["accepted"] / tally.messages)),
        (say("label_failed"), frame.number(tally.failed)),
        (say("label_unknown"), frame.number(found.doubtful)),
        (say("label_pending"), frame.number(tally.pending)),
    ]
    if found.in_flight:
        shown.append((say("label_in_flight"), frame.number(found.in_flight)))
    if any(row["reported"] for row in rows):
        shown.append((say("dash_delivered"), frame.number(sum(row["delivered"] or 0 for row in rows))))
    with st.container(horizontal=True, gap="large"):
        for label, value in shown:
            st.metric(plain(label), plain(value), width="content")


def _results(campaign: str, mode: str) -> None:
    """From rows to what arrived; outcomes; why rows became no messages."""
    left, right = st.columns(2)
    with left:
        (funnel,) = frame.ask("funnel", campaign=campaign, mode=mode)
        frame.draw(charts.funnel(charts.funnel_steps(funnel)))
    with right:
        frame.draw(charts.outcomes([row for row in frame.ask("outcomes", campaign=campaign) if row["mode"] == mode]))
    st.caption(plain(_conservation(frame.ask("fates", campaign=campaign))))
    _reasons(campaign)


def _pace(campaign: str, mode: str) -> None:
    """How fast it went, how much went wrong, how long answers took."""
    zone = frame.counted(campaign).zone
    step = charts.Step.MINUTE
    rows = [row for row in frame.ask("minutes", campaign=campaign) if row["mode"] == mode]
    if len({row["minute_at"] for row in rows}) <= _SHORT:
        step = charts.Step.SECOND
        rows = [row for row in frame.ask("seconds", campaign=campaign) if row["mode"] == mode]
    left, right = st.columns(2)
    if rows:
        with left:
            frame.draw(charts.throughput(rows, step, zone))
        with right:
            frame.draw(charts.error_rate(rows, step, zone))
    if steps := [row for row in frame.ask("latency_steps", campaign=campaign) if row["mode"] == mode]:
        with left:
            frame.draw(charts.latency(steps))


def _conservation(fates: list[dict[str, Any]]) -> str:
    """Every row is in exactly one place."""
    parts = [f"{frame.number(row['row_count'])} {say('fate_' + row['fate'])}" for row in fates]
    return f"{frame.number(sum(row['row_count'] for row in fates))} {say('label_rows').lower()} = {' + '.join(parts)}"


def _reasons(campaign: str) -> None:
    reasons = [row for row in frame.ask("reasons", campaign=campaign) if row["row_count"]]
    if reasons:
        frame.draw(charts.reasons(reasons))


def _tables(rows: list[dict[str, Any]]) -> None:
    shown = [name for name in SHOWN_METRICS if name != "mode"]  # the page shows one mode
    lines = [{_heading(name): _shown(name, row[name]) for name in shown} for row in rows]
    numbers = {heading for line in lines for heading, value in line.items() if isinstance(value, int | float)}
    st.dataframe(
        lines,
        hide_index=True,
        width="stretch",
        column_config={heading: st.column_config.NumberColumn(format="localized") for heading in numbers},
    )


def _heading(name: str) -> str:
    return say(f"metric_{name}")


def _shown(name: str, value: Any) -> Any:
    return say(f"channel_{value}") if name == "channel" else _rounded(value)


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
        hide_index=True,
        width="stretch",
        column_config={"campaign": say("label_campaign")},
    )


def _summary(campaign: str, mode: str) -> dict[str, Any]:
    rows = [row for row in frame.ask("metrics", campaign=campaign) if row["mode"] == mode]
    times = [row["latency_p95_ms"] for row in rows if row["latency_p95_ms"] is not None]
    return {
        "messages": sum(row["messages"] for row in rows),
        "accepted": sum(row["accepted"] for row in rows),
        "total_failed": sum(row["total_failed"] for row in rows),
        "latency_p95_ms": max(times, default=None),
    }
