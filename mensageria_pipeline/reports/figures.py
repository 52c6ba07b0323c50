"""The pictures of a report: what is drawn of a campaign, as PNG and SVG files and for the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mensageria_pipeline import charts
from mensageria_pipeline.analytics.campaign import CampaignRelations
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.reports.words import headings
from mensageria_pipeline.reports.workbook import Plot
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.texts import say

_Rows = list[dict[str, Any]]
LATENCIES = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")


class Figures:
    """What is counted of one campaign, and how it is drawn. Holds no person's data."""

    def __init__(self, campaign: CampaignRelations) -> None:
        metrics = campaign.ask("metrics")
        self.mode = min((row["mode"] for row in metrics), default=Mode.LIVE.value)
        """Live where there is anything live: simulated and live are never added up."""
        self.outcomes = self._of_mode(campaign.ask("outcomes"))
        self.reasons = [row for row in campaign.ask("reasons") if row["row_count"]]
        self.latencies = campaign.ask("latency")
        self.funnel = charts.funnel_steps(campaign.ask("funnel", mode=self.mode)[0])
        self._latency_steps = self._of_mode(campaign.ask("latency_steps"))

    def _of_mode(self, rows: _Rows) -> _Rows:
        return [row for row in rows if row["mode"] == self.mode]

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
        plots = [Plot(say("chart_funnel"), headings(["etapa", "quantidade"]), self.funnel, say("chart_count"))]
        if self.outcomes:
            rows = [(say(f"outcome_{row['outcome']}"), row["messages"]) for row in self.outcomes]
            plots.append(Plot(say("chart_outcomes"), headings(["resultado", "mensagens"]), rows, say("chart_messages")))
        if self.reasons:
            rows = [(ReasonCode(row["code"]).label, row["row_count"]) for row in self.reasons]
            plots.append(Plot(say("chart_reasons"), headings(["motivo", "linhas"]), rows[:12], say("chart_rows")))
        if self.latencies:
            times = [
                (f"{row['provider']} ({say('mode_' + row['mode'])})", *(row[name] for name in LATENCIES))
                for row in self.latencies
            ]
            plots.append(Plot(say("chart_latency"), [*headings(["provedor"]), "p50", "p95", "p99"], times, "ms"))
        return plots


def write_figures(figures: Figures, folder: Path) -> dict[str, str]:
    """Write each chart as PNG and SVG, and delete those of before; name → SVG."""
    drawings = {name: charts.svg(chart) for name, chart in figures.drawn().items()}
    for name, drawing in drawings.items():
        with replacing(folder / f"{name}.png") as temporary:
            temporary.write_bytes(charts.png(drawing))
        with replacing(folder / f"{name}.svg") as temporary:
            temporary.write_text(drawing, encoding="utf-8")
    for old in folder.glob("*.*"):
        if old.stem not in drawings:
            old.unlink(missing_ok=True)
    return drawings
