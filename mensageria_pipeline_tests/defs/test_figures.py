"""One campaign, every front end: command line, dashboard, Dagster, workbook and page say the same numbers."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from openpyxl import load_workbook

from mensageria_pipeline.analytics.questions import ask
from mensageria_pipeline.contracts.send_results import FAILURES, Outcome
from mensageria_pipeline.services.status import CampaignStatus, campaign_status
from mensageria_pipeline.texts import say
from mensageria_pipeline_tests.defs.shell import Shell

ROWS = "".join(f"{n};Nome {n};t{n}\n" for n in range(1, 201))
LIST = f"id;nome;token\n{ROWS}1;Nome 1;t1\n900;;t900\n901;Sem token;\n902;Com token errado;\n"
CORRECTION = "id;nome;token\n901;Sem token;t901\n"
DEFINITION = (
    "template: {title: Oi, body: 'Olá, {{ nome }}!'}\nrules: {required: [nome]}\n"
    "simulation: {seed: 3, rejected: 0.1, dead_address: 0.1, throttled: 0.2, latency_ms: 1}\n"
)


@pytest.fixture
def status(shell: Shell) -> CampaignStatus:
    """A campaign with every kind of end, and a row that was corrected."""
    shell.bench.define("a", DEFINITION)
    shell.bench.drop("a", LIST)
    assert shell.materialize("a").success
    rejects = shell.bench.layout.export_dir("a") / "rejeitados.xlsx"
    workbook = load_workbook(rejects)
    sheet = workbook.active
    assert sheet is not None
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[heads.index("id")].value == "901":
            row[heads.index("token")].value = "t901"
    workbook.save(shell.bench.layout.input_dir / "a" / "corrigida.xlsx")
    shell.result = shell.materialize("a")  # type: ignore[attr-defined]
    assert shell.result.success  # type: ignore[attr-defined]
    found = campaign_status(shell.bench.project, "a")
    assert all(found.tally.outcomes[name.value] for name in (Outcome.ACCEPTED, *FAILURES[:2]))
    assert found.corrected
    return found


def _counts(status: CampaignStatus) -> Mapping[str, int]:
    found = status.tally.outcomes | {"unknown": status.tally.unknown, "pending": status.tally.pending}
    return {name: count for name, count in found.items() if count}


def test_the_warehouse_says_what_the_command_line_says(shell: Shell, status: CampaignStatus) -> None:
    """Messages by outcome, failures, rows by fate and by reason."""
    layout, tally = shell.bench.layout, status.tally
    assert {row["outcome"]: row["messages"] for row in ask(layout, "outcomes", campaign="a")} == _counts(status)
    (metrics,) = ask(layout, "metrics", campaign="a")
    (line,) = ask(layout, "overview")
    for row in (metrics, line):
        assert (row["messages"], row["accepted"]) == (tally.messages, tally.outcomes["accepted"])
        assert (row["total_failed"], row["unknown"], row["pending"]) == (tally.failed, tally.unknown, tally.pending)
    assert metrics["attempts"] == tally.attempts
    fates = {row["fate"]: row["row_count"] for row in ask(layout, "fates", campaign="a")}
    shown = status.fates | {"rejected": status.fates["rejected"] - status.corrected, "corrected": status.corrected}
    assert fates == {fate: count for fate, count in shown.items() if count}
    assert sum(fates.values()) == status.rows
    reasons = Counter[str]()
    for row in ask(layout, "reasons", campaign="a"):
        reasons[row["code"]] += row["row_count"]
    assert +reasons == Counter(status.codes)


def test_failures_are_the_same_messages_everywhere(shell: Shell, status: CampaignStatus) -> None:
    """The page of failures lists what the count of failures counts, and more only under its own name."""
    listed = Counter[str]()
    for row in ask(shell.bench.layout, "failures", campaign="a"):
        listed[row["outcome"]] += row["messages"]
    assert sum(listed[outcome.value] for outcome in FAILURES) == status.tally.failed
    assert not listed["pending"] + listed["accepted"]


def test_the_funnel_is_the_campaigns(shell: Shell, status: CampaignStatus) -> None:
    """Rows, messages, accepted."""
    (funnel,) = ask(shell.bench.layout, "funnel", campaign="a", mode="simulated")
    assert funnel == {
        "row_count": status.rows,
        "messages": status.tally.messages,
        "accepted": status.tally.outcomes["accepted"],
        "reported": 0,
        "delivered": 0,
    }


def test_dagster_shows_the_same(shell: Shell, status: CampaignStatus) -> None:
    """The metadata of send_results: outcomes, attempts, and latency as the warehouse has it."""
    metadata = _metadata(shell, "send_results")
    shown = dict(re.findall(r"^\| ([^|]+) \| █+ \| (\d+) \|$", metadata["resultados"].value, re.MULTILINE))
    assert shown == {say(f"outcome_{name}"): str(count) for name, count in _counts(status).items()}
    assert metadata["tentativas"].value == status.tally.attempts
    (latency,) = ask(shell.bench.layout, "latency", campaign="a")
    assert f"{latency['latency_p95_ms']:.1f}" in metadata["latência por provedor"].value
    assert str(latency["answered"]) in metadata["latência por provedor"].value


def test_workbook_and_page_show_the_same(shell: Shell, status: CampaignStatus) -> None:
    """What people receive by e-mail is what the screens say."""
    folder = shell.bench.layout.export_dir("a")
    workbook = load_workbook(folder / "relatorio.xlsx")
    heads, *rows = workbook["Resultados"].iter_rows(values_only=True)
    counted = Counter[Any]()
    for row in rows:
        values = dict(zip(heads, row, strict=True))
        counted[values[say("column_resultado")]] += values[say("column_mensagens")]
    assert sorted(counted.values()) == sorted(_counts(status).values())
    figures = dict(workbook["Resumo"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert figures[say("figure_rows")] == status.rows
    assert figures[say("figure_rows_corrected")] == status.corrected
    assert figures[say("figure_rows_rejected")] == status.fates["rejected"] - status.corrected
    page = (folder / "relatorio.html").read_text(encoding="utf-8")
    for name, count in _counts(status).items():
        assert re.search(rf"{say(f'outcome_{name}')}</t[dh]>\s*<td[^>]*>{count}</td>", page), name


def test_the_command_line_prints_the_same(status: CampaignStatus) -> None:
    """`status --json` is the source that the others are compared with."""
    printed = json.loads(json.dumps(status.as_json()))
    assert printed["rows"] == sum(printed["fates"].values())
    assert printed["messages"] == sum(printed["outcomes"].values()) + printed["unknown"] + printed["pending"]


def _metadata(shell: Shell, asset: str) -> Mapping[str, Any]:
    for event in shell.result.get_asset_materialization_events():  # type: ignore[attr-defined]
        if event.asset_key and event.asset_key.to_user_string() == asset:
            return event.step_materialization_data.materialization.metadata  # type: ignore[no-any-return]
    raise AssertionError(asset)
