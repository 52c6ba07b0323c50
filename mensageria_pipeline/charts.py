"""Charts, the same in reports, in the dashboard and in Dagster: what is drawn, and how it becomes a picture.

A chart is made from rows, a mapping each. Titles and axes are in the operator's language, with units.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import altair as alt
import vl_convert

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.texts import Language, current, say

Row = Mapping[str, Any]
Chart = alt.TopLevelMixin
C = TypeVar("C", bound=alt.TopLevelMixin)

COLORS: Mapping[str, str] = {
    "accepted": "#2e7d4f",
    "rejected": "#c0392b",
    "invalid_address": "#8e44ad",
    "expired": "#d68910",
    "cancelled": "#7f8c8d",
    "suppressed": "#5d6d7e",
    "unknown": "#f1c40f",
    "pending": "#aeb6bf",
}
"""One colour per outcome, wherever it is shown."""
_FLOW_COLORS = ("#1f4e79", "#2e75b6", "#2e7d4f", "#58a978")
_BLUE = "#1f4e79"
_WIDTH = 560
_BAR = 26
_ROOM = 1.15
_THEME: Mapping[str, Any] = {
    "font": "DejaVu Sans, Arial, sans-serif",
    "background": "#ffffff",
    "title": {"fontSize": 15, "anchor": "start", "fontWeight": 600, "color": "#1b2631"},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": 500,
        "labelLimit": 240,
        "gridColor": "#e5e8ea",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12},
    "view": {"stroke": None},
}


_MINUTE = {Language.PT_BR: "%d/%m %H:%M", Language.EN: "%d %b %H:%M"}
_MOMENT = {Language.PT_BR: "%d/%m/%Y %H:%M", Language.EN: "%d %b %Y %H:%M"}
_BRAZILIAN: Mapping[str, Any] = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["R$ ", ""]}


def outcomes(rows: Sequence[Row]) -> alt.LayerChart:
    """Messages by outcome. Rows: outcome, messages."""
    shown = [
        {"outcome": say(f"outcome_{row['outcome']}"), "messages": row["messages"], "color": COLORS[row["outcome"]]}
        for row in rows
    ]
    return _bars(shown, "outcome", "messages", say("chart_outcomes"), say("chart_messages"))


def reasons(rows: Sequence[Row], most: int = 12) -> alt.LayerChart:
    """Rows that were not planned, by reason. Rows: code, row_count."""
    shown = [{"reason": ReasonCode(row["code"]).label, "rows": row["row_count"], "color": _BLUE} for row in rows[:most]]
    return _bars(shown, "reason", "rows", say("chart_reasons"), say("chart_rows"))


def funnel_steps(row: Row) -> list[tuple[str, int]]:
    """The steps of a funnel, from the widest on; what arrived only where receipts say anything of it.

    Row: row_count, messages, accepted, reported, delivered.
    """
    steps = [
        (say("funnel_rows"), row["row_count"]),
        (say("funnel_planned"), row["messages"]),
        (say("funnel_accepted"), row["accepted"]),
    ]
    return [*steps, (say("funnel_delivered"), row["delivered"])] if row["reported"] else steps


def funnel(steps: Sequence[tuple[str, int]]) -> alt.LayerChart:
    """From rows to what arrived: the conservation of a campaign as a picture. (label, count) from the widest on."""
    shown = [
        {"step": label, "count": count, "color": _FLOW_COLORS[min(place, len(_FLOW_COLORS) - 1)]}
        for place, (label, count) in enumerate(steps)
    ]
    return _bars(shown, "step", "count", say("chart_funnel"), say("chart_count"))


def latency(rows: Sequence[Row]) -> alt.Chart:
    """How answer times are spread, by provider. Rows: provider, from_ms, to_ms, answered."""
    shown = [
        {"provider": row["provider"], "from": row["from_ms"], "to": row["to_ms"], "answered": row["answered"]}
        for row in rows
    ]
    scale = alt.Scale(type="log", nice=False)
    chart = alt.Chart(alt.Data(values=shown)).mark_bar(opacity=0.75, binSpacing=1)
    return chart.encode(
        x=alt.X("from:Q", scale=scale, title=say("chart_latency_axis"), axis=alt.Axis(format=",.0f", tickCount=6)),
        x2=alt.X2("to:Q"),
        y=alt.Y("answered:Q", title=say("chart_answers"), stack=None),
        y2=alt.Y2Datum(0),
        color=alt.Color("provider:N", title=say("label_provider")),
        tooltip=[
            alt.Tooltip("provider:N", title=say("label_provider")),
            alt.Tooltip("from:Q", title="ms ≥", format=",.0f"),
            alt.Tooltip("to:Q", title="ms <", format=",.0f"),
            alt.Tooltip("answered:Q", title=say("chart_answers"), format=",.0f"),
        ],
    ).properties(title=say("chart_latency"), width=_WIDTH, height=220)


def throughput(rows: Sequence[Row]) -> alt.Chart:
    """Messages that left per minute, by provider. Rows: provider, minute_at, attempts."""
    return _over_time(rows, "attempts", say("chart_throughput"), say("chart_per_minute"), ",.0f")


def error_rate(rows: Sequence[Row]) -> alt.Chart:
    """Share of requests that failed, by minute and provider. Rows: provider, minute_at, error_rate."""
    return _over_time(rows, "error_rate", say("chart_error_rate"), say("chart_share"), ".1%")


def comparison(rows: Sequence[Row]) -> alt.Chart:
    """Share of each outcome in two campaigns. Rows: campaign, outcome, messages."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["campaign"]] = totals.get(row["campaign"], 0) + row["messages"]
    shown = [
        {
            "campaign": row["campaign"],
            "outcome": say(f"outcome_{row['outcome']}"),
            "share": row["messages"] / totals[row["campaign"]],
            "messages": row["messages"],
        }
        for row in rows
    ]
    names = list(dict.fromkeys(row["outcome"] for row in rows))
    scale = alt.Scale(domain=[say(f"outcome_{name}") for name in names], range=[COLORS[name] for name in names])
    return (
        alt.Chart(alt.Data(values=shown))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title=say("chart_share_of_messages"), axis=alt.Axis(format=".0%")),
            y=alt.Y("campaign:N", title=None),
            color=alt.Color("outcome:N", scale=scale, title=say("label_outcome")),
            tooltip=[
                alt.Tooltip("campaign:N", title=say("label_campaign")),
                alt.Tooltip("outcome:N", title=say("label_outcome")),
                alt.Tooltip("messages:Q", title=say("label_messages"), format=",.0f"),
            ],
        )
        .properties(title=say("chart_comparison"), width=_WIDTH, height=90)
    )


def svg(chart: Chart) -> str:
    """The chart as a drawing; laying it out is most of the work."""
    return str(vl_convert.vegalite_to_svg(_specification(chart)))


def png(drawing: str, scale: float = 2.0) -> bytes:
    """A drawing of `svg` as a picture."""
    return bytes(vl_convert.svg_to_png(drawing, scale=scale))


def styled(chart: C) -> C:
    """The chart with the look that all of them have."""
    locale = {"number": _BRAZILIAN} if current() is Language.PT_BR else {}
    return chart.configure(**_THEME, locale=locale)


def _specification(chart: Chart) -> dict[str, Any]:
    specification: dict[str, Any] = styled(chart).to_dict()
    return specification


def _bars(rows: list[dict[str, Any]], name: str, count: str, title: str, axis: str) -> alt.LayerChart:
    """Horizontal bars in the order of the rows, each with its number at its end, which needs some room."""
    most = max((row[count] for row in rows), default=1) or 1
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y(f"{name}:N", sort=None, title=None),
        x=alt.X(
            f"{count}:Q",
            title=axis,
            axis=alt.Axis(format=",.0f", tickMinStep=1, tickCount=6),
            scale=alt.Scale(domain=[0, most * _ROOM], nice=False),
        ),
        tooltip=[alt.Tooltip(f"{name}:N", title=" "), alt.Tooltip(f"{count}:Q", title=axis, format=",.0f")],
    )
    bars = base.mark_bar().encode(color=alt.Color("color:N", scale=None))
    numbers = base.mark_text(align="left", dx=4, fontSize=12).encode(text=alt.Text(f"{count}:Q", format=",.0f"))
    return (bars + numbers).properties(title=title, width=_WIDTH, height=max(2, len(rows)) * _BAR)


def _over_time(rows: Sequence[Row], value: str, title: str, axis: str, number: str) -> alt.Chart:
    shown = [
        {"at": row["minute_at"].isoformat(), "value": row[value], "provider": row["provider"]}
        for row in rows
        if row[value] is not None
    ]
    return (
        alt.Chart(alt.Data(values=shown))
        .mark_line(point=len(shown) < 60, interpolate="monotone")
        .encode(
            x=alt.X(
                "at:T",
                title=say("chart_time"),
                axis=alt.Axis(format=_MINUTE[current()], labelOverlap=True, tickCount=6),
            ),
            y=alt.Y("value:Q", title=axis, axis=alt.Axis(format=number), scale=alt.Scale(zero=True)),
            color=alt.Color("provider:N", title=say("label_provider")),
            tooltip=[
                alt.Tooltip("at:T", title=say("chart_time"), format=_MOMENT[current()]),
                alt.Tooltip("provider:N", title=say("label_provider")),
                alt.Tooltip("value:Q", title=axis, format=number),
            ],
        )
        .properties(title=title, width=_WIDTH, height=220)
    )
