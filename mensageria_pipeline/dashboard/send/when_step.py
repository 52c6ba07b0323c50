"""Quando: at once, at a time, or again and again; in which hours, how fast, and after whose word."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from mensageria_pipeline.dashboard import frame
from mensageria_pipeline.dashboard.plain import plain
from mensageria_pipeline.dashboard.send.draft import Draft
from mensageria_pipeline.dashboard.send.schedule import (
    WEEKDAYS,
    Start,
    When,
    hours_of,
    hours_text,
    put_window,
    say_when,
    when_of,
)
from mensageria_pipeline.dashboard.send.work import Step, field_of, go_on
from mensageria_pipeline.definition.window import DEFAULT_TIMEZONE
from mensageria_pipeline.texts import formats, say

_RARE_DAY = 28
"""Later days of a month are not in every month."""


def show(draft: Draft) -> None:
    zone = str(draft.part("send_window").get("timezone") or DEFAULT_TIMEZONE)
    when = when_of(draft.said, ZoneInfo(zone))
    starts = [start for start in Start if start is not Start.OTHER or when.start is Start.OTHER]
    start = st.radio(
        say("send_when"), starts, key=field_of("start", when.start), format_func=lambda each: say(f"start_{each}")
    )
    if start is Start.OTHER:
        st.code(str(draft.said.get("cron")))
    chosen = _details(start, when, zone)
    if chosen is not None and chosen != when:
        say_when(draft.said, chosen)
    st.caption(say("send_zone", zone=plain(formats.place(ZoneInfo(zone)))))
    _window(draft)
    _pace(draft)
    _release(draft)
    if chosen is not None:
        go_on(Step.CHECK)


def _details(start: Start, when: When, zone: str) -> When | None:
    """None while something is missing, which is said."""
    if start is Start.AT:
        usual = datetime.now(ZoneInfo(zone)) + timedelta(days=1)
        at = when.at or datetime.combine(usual.date(), when.time)
        columns = st.columns([1, 1, 2])
        day = columns[0].date_input(say("send_date"), key=field_of("date", at.date()), format=frame.date_format())
        hour = columns[1].time_input(say("send_time"), key=field_of("at_time", at.time()), step=900)
        return When(start, datetime.combine(day, hour))
    if start is Start.WEEKLY:
        days = st.pills(
            say("send_days"),
            WEEKDAYS,
            selection_mode="multi",
            key=field_of("days", list(when.weekdays)),
            format_func=lambda day: say(f"day_{day}"),
        )
        hour = st.time_input(say("send_time"), key=field_of("cron_time", when.time), step=900, width=200)
        if not days:
            st.info(say("send_choose_days"))
            return None
        return When(start, time=hour, weekdays=tuple(days))
    if start is Start.MONTHLY:
        columns = st.columns([1, 1, 2])
        number = columns[0].number_input(say("send_day"), 1, 31, key=field_of("day", when.day))
        hour = columns[1].time_input(say("send_time"), key=field_of("cron_time", when.time), step=900)
        if number > _RARE_DAY:
            st.info(say("send_rare_day", day=frame.number(number)))
        return When(start, time=hour, day=int(number))
    return When(start)


def _window(draft: Draft) -> None:
    """Hours and days in which messages may leave at all."""
    said, before = draft.part("send_window"), hours_of(draft.said)
    with st.container(border=True):
        hours = _hours(before)
        weekdays = {day for day in WEEKDAYS if day in (said.get("weekdays") or WEEKDAYS)}
        chosen = st.pills(
            say("send_only_days"),
            WEEKDAYS,
            selection_mode="multi",
            key=field_of("window_days", [day for day in WEEKDAYS if day in (said.get("weekdays") or ())]),
            format_func=lambda day: say(f"day_{day}"),
            help=say("send_only_days_help"),
        )
    days = set(chosen) or set(WEEKDAYS)
    if hours == before and days == weekdays:
        return
    said["hours"] = hours_text(*hours) if hours else None
    said["weekdays"] = [day for day in WEEKDAYS if day in days] if len(days) < len(WEEKDAYS) else None
    put_window(draft.said, said)


def _hours(before: tuple[time, time] | None) -> tuple[time, time] | None:
    """The hours of the day that are chosen; None for all. Two that are the same are said to be, and change nothing."""
    if not st.toggle(say("send_limit_hours"), key=field_of("limit", before is not None)):
        return None
    columns = st.columns([1, 1, 2])
    begin, end = before or (time(9), time(20))
    begin = columns[0].time_input(say("send_from"), key=field_of("from", begin), step=900)
    end = columns[1].time_input(say("send_until"), key=field_of("until", end), step=900)
    if begin == end:
        st.info(say("send_same_hours"))
        return before
    return begin, end


def _pace(draft: Draft) -> None:
    said = draft.said.get("rate_per_s")
    if isinstance(said, dict):
        lines = ", ".join(f"{name}: {frame.number(rate)}" for name, rate in said.items())
        st.caption(plain(f"{say('dash_rate')}: {lines}"))
        return
    rate = st.number_input(
        say("dash_rate"),
        min_value=0.0,
        key=field_of("rate", float(said or 0)),
        step=1.0,
        format="%g",
        help=say("dash_rate_help"),
    )
    if rate != float(said or 0):
        draft.put("rate_per_s", (int(rate) if rate == int(rate) else rate) if rate else None)


def _release(draft: Draft) -> None:
    is_automatic = st.toggle(
        say("send_automatic_release"),
        key=field_of("automatic", draft.said.get("release") == "automatic"),
        help=say("send_automatic_release_help"),
    )
    if is_automatic != (draft.said.get("release") == "automatic"):
        draft.put("release", "automatic" if is_automatic else None)
