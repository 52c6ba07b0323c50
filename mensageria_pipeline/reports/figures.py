"""The pictures of a report: what is drawn of a campaign, as PNG and SVG files and for the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from mensageria_pipeline import charts
from mensageria_pipeline.contracts.dataset import replacing
from mensageria_pipeline.contracts.queries import query
from mensageria_pipeline.reports.workbook import Plot
from mensageria_pipeline.texts import say

_PACKAGE = "mensageria_pipeline.reports"
_Rows = list[dict[str, Any]]


class Figures:
    """What is counted of one campaign, and how it is drawn. Holds no person's data."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        def asked(name: str) -> _Rows:
            rows: _Rows = connection.sql(query(_PACKAGE, name)).to_arrow_table().to_pylist()
            return rows

        self.outcomes = _summed(asked("outcome_counts"))
        self.reasons = asked("reason_counts")
        self.latencies = asked("latencies")
        self.funnel = _steps(asked("funnel")[0])
        self._latency_steps = asked("latency_steps")

    def drawn(self) -> Mapping[str, charts.Chart]:
        """Name → chart, for what there is anything of."""
        found: dict[str, charts.Chart] = {"funil": charts.funnel(self.funnel)}
        if self.outcomes:
            found["resultados"] = charts.outcomes(self.outcomes)
        if self.reasons:
            found["motivos"] = charts.reasons(self.reasons)
        if self._latency_steps:
            found["latencia"] = charts.latency(self._latency_steps)
        return found

    def plots(self) -> list[Plot]:
        """The same for the workbook, whose program draws them itself."""
        plots = [Plot(say("chart_funnel"), ["etapa", "quantidade"], self.funnel, say("chart_count"))]
        if self.outcomes:
            rows = [(say(f"outcome_{row['outcome']}"), row["messages"]) for row in self.outcomes]
            plots.append(Plot(say("chart_outcomes"), ["resultado", "mensagens"], rows, say("chart_messages")))
        if self.reasons:
            rows = [(say(f"code_{row['code']}"), row["row_count"]) for row in self.reasons]
            plots.append(Plot(say("chart_reasons"), ["motivo", "linhas"], rows[:12], say("chart_rows")))
        if self.latencies:
            times = [
                (f"{row['provider']} ({say('mode_' + row['mode'])})", row["p50_ms"], row["p95_ms"], row["p99_ms"])
                for row in self.latencies
            ]
            plots.append(Plot(say("chart_latency"), ["provedor", "p50", "p95", "p99"], times, "ms"))
        return plots


def write_figures(figures: Figures, folder: Path) -> dict[str, str]:
    """Write each chart as PNG and SVG, and delete those of before; name → SVG."""
    drawn = figures.drawn()
    drawings = {name: charts.svg(chart) for name, chart in drawn.items()}
    for name, chart in drawn.items():
        with replacing(folder / f"{name}.png") as temporary:
            temporary.write_bytes(charts.png(chart))
        with replacing(folder / f"{name}.svg") as temporary:
            temporary.write_text(drawings[name], encoding="utf-8")
    for old in folder.glob("*.*"):
        if old.stem not in drawings:
            old.unlink(missing_ok=True)
    return drawings


def _summed(rows: _Rows) -> _Rows:
    """Outcomes over all providers and channels, the most frequent first; of the live messages where there are any."""
    mode = min((row["mode"] for row in rows), default="")
    counts: dict[str, int] = {}
    for row in rows:
        if row["mode"] == mode:
            counts[row["outcome"]] = counts.get(row["outcome"], 0) + row["messages"]
    return [
        {"outcome": name, "messages": count} for name, count in sorted(counts.items(), key=lambda each: -each[1])
    ]  # fmt: skip


def _steps(row: Mapping[str, Any]) -> list[tuple[str, int]]:
    steps = [
        (say("funnel_rows"), row["row_count"]), (say("funnel_planned"), row["messages"]),
        (say("funnel_accepted"), row["accepted"]),
    ]  # fmt: skip
    return [*steps, (say("funnel_delivered"), row["delivered"])] if row["reported"] else steps
