"""Charts, the same in reports, in the dashboard and in Dagster: what is drawn, and how it becomes a picture.

A chart is made from rows, a mapping each. Titles and axes are in the operator's language, with units.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

import altair as alt
import vl_convert

from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.texts import Language, current, say
from mensageria_pipeline.texts.formats import BRASILIA, integer

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
_HEIGHT = 220
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


class Step(StrEnum):
    """How finely time is cut; `<step>_at` is its start in a row."""

    MINUTE = "minute"
    SECOND = "second"

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=1) if self is Step.MINUTE else timedelta(seconds=1)


_AXIS = {
    Step.MINUTE: {Language.PT_BR: "%d/%m %H:%M", Language.EN: "%d %b %H:%M"},
    Step.SECOND: {Language.PT_BR: "%H:%M:%S", Language.EN: "%H:%M:%S"},
}
_MOMENT = {Language.PT_BR: "%d/%m/%Y %H:%M:%S", Language.EN: "%d %b %Y %H:%M:%S"}
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
        color=_by_provider(shown),
        tooltip=[
            alt.Tooltip("provider:N", title=say("label_provider")),
            alt.Tooltip("from:Q", title="ms ≥", format=",.0f"),
            alt.Tooltip("to:Q", title="ms <", format=",.0f"),
            alt.Tooltip("answered:Q", title=say("chart_answers"), format=",.0f"),
        ],
    ).properties(title=say("chart_latency"), description=say("chart_latency"), width=_WIDTH, height=_HEIGHT)


def throughput(rows: Sequence[Row], step: Step = Step.MINUTE, zone: tzinfo = BRASILIA) -> alt.Chart:
    """Messages that left in each minute or second, times in `zone`. Rows: provider, <step>_at, attempts."""
    shown = _over_time(rows, "attempts", step, zone)
    axis = alt.Axis(format=",.0f", tickMinStep=1)
    return _timed(
        alt.Chart(alt.Data(values=shown)).mark_bar(opacity=0.75, binSpacing=0),
        shown,
        step,
        say(f"chart_throughput_{step}"),
        alt.Y("value:Q", title=say("label_messages"), axis=axis, stack=None),
        ",.0f",
    ).encode(y2=alt.Y2Datum(0))


def error_rate(rows: Sequence[Row], step: Step = Step.MINUTE, zone: tzinfo = BRASILIA) -> alt.Chart:
    """Share of requests that failed in each minute or second. Rows: provider, <step>_at, error_rate."""
    shown = _over_time(rows, "error_rate", step, zone)
    return _timed(
        alt.Chart(alt.Data(values=shown)).mark_rule(strokeWidth=3),
        shown,
        step,
        say("chart_error_rate"),
        alt.Y("value:Q", title=say("chart_share"), axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1])),
        ".1%",
    )


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
        .properties(title=say("chart_comparison"), description=say("chart_comparison"), width=_WIDTH, height=90)
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
    described = f"{title}: " + ", ".join(f"{row[name]} {integer(row[count])}" for row in rows)
    return (bars + numbers).properties(
        title=title, description=described, width=_WIDTH, height=max(2, len(rows)) * _BAR
    )


def _over_time(rows: Sequence[Row], value: str, step: Step, zone: tzinfo) -> list[dict[str, Any]]:
    """Where each stretch begins and ends by the clocks of `zone`, wherever the reader's are."""
    shown = []
    for row in rows:
        if row[value] is not None:
            start = row[f"{step}_at"].astimezone(zone).replace(tzinfo=None)
            shown.append(
                {
                    "at": start.isoformat(),
                    "end": (start + step.length).isoformat(),
                    "value": row[value],
                    "provider": row["provider"],
                }
            )
    return shown


def _timed(chart: alt.Chart, shown: Sequence[Row], step: Step, title: str, y: alt.Y, number: str) -> alt.Chart:
    """Stretches of time side by side: nothing is drawn between them that was not measured."""
    return chart.encode(
        x=alt.X(
            "at:T",
            title=say("chart_time"),
            axis=alt.Axis(format=_AXIS[step][current()], labelOverlap=True, tickCount=6),
        ),
        x2=alt.X2("end:T"),
        y=y,
        color=_by_provider(shown),
        tooltip=[
            alt.Tooltip("at:T", title=say("chart_time"), format=_MOMENT[current()]),
            alt.Tooltip("provider:N", title=say("label_provider")),
            alt.Tooltip("value:Q", title=title, format=number),
        ],
    ).properties(title=title, description=title, width=_WIDTH, height=_HEIGHT)


def _by_provider(shown: Sequence[Row]) -> alt.Color:
    """A legend only where there is something to tell apart."""
    is_one = len({row["provider"] for row in shown}) < 2
    return alt.Color("provider:N", title=say("label_provider"), legend=None if is_one else alt.Legend(orient="bottom"))
