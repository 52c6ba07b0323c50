"""`mensageria status` and `mensageria preview`: look, change nothing."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
import typer
from rich.columns import Columns
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mensageria_pipeline.cli.console import (
    INCOMPLETE,
    OK,
    counts,
    load_project,
    out,
    print_json,
    progress_bar,
    thousands,
)
from mensageria_pipeline.contracts.campaign import load_definition
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.names import OCCURRENCE_SEPARATOR, Partition, campaign_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.ingest import ingest
from mensageria_pipeline.intake.registry import IntakeRegistry
from mensageria_pipeline.messages.plan import plan_messages
from mensageria_pipeline.preparation import judge_recipients, take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.recipients.validate import RecipientsReport
from mensageria_pipeline.sending.ledger.control import Order
from mensageria_pipeline.sending.providers.registry import check_providers
from mensageria_pipeline.sending.results import Results, Tally
from mensageria_pipeline.status import CampaignStatus, campaign_status, known_partitions
from mensageria_pipeline.texts import say

Campaign = Annotated[str, typer.Argument(help="Nome da campanha (a pasta em data/input/).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Uma linha JSON no stdout, para scripts.")]


def register(app: typer.Typer) -> None:
    app.command("status")(status)
    app.command("preview")(preview)


def partition_key(campaign: str) -> str:
    """The partition a person means: a key of an occurrence stays as it is."""
    base, separator, occurrence = campaign.partition(OCCURRENCE_SEPARATOR)
    return f"{campaign_key(base)}{separator}{occurrence}" if occurrence else campaign_key(campaign)


def status(
    campaign: Annotated[str | None, typer.Argument(help="Campanha; sem ela, todas.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Mostra quantas linhas e mensagens há, e o que aconteceu com cada uma.

    Exemplos: `mensageria status`, `mensageria status boas-vindas --json`.
    """
    project = load_project()
    if campaign is None:
        raise typer.Exit(_show_all(project, as_json=as_json))
    key = partition_key(campaign)
    if key not in known_partitions(project):
        raise InputError("campaign_unknown", campaign=key, known=", ".join(known_partitions(project)) or "—")
    found = campaign_status(project, key)
    if as_json:
        print_json(found.as_json())
    else:
        show_status(found)
    raise typer.Exit(OK if found.is_complete else INCOMPLETE)


def _show_all(project: Project, *, as_json: bool) -> int:
    found = [campaign_status(project, key) for key in known_partitions(project)]
    if as_json:
        print_json({"campaigns": [each.as_json() for each in found]})
    elif not found:
        out.print(say("no_campaigns"))
    else:
        out.print(_overview(found))
    return OK if all(each.is_complete for each in found) else INCOMPLETE


def _overview(found: list[CampaignStatus]) -> Table:
    """Fits 80 columns: names fold, numbers never do."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("label_campaign"), overflow="fold", min_width=10)
    table.add_column(say("label_mode"), no_wrap=True, min_width=9)
    for key in ("label_messages", "label_accepted", "label_failed", "label_unknown", "label_pending"):
        table.add_column(say(key), justify="right", no_wrap=True, min_width=9)
    for each in found:
        failed = sum(each.tally.outcomes[name] for name in ("rejected", "invalid_address", "expired"))
        tally = each.tally
        numbers = (tally.messages, tally.outcomes["accepted"], failed, tally.unknown, tally.pending)
        table.add_row(each.campaign, say(f"mode_{each.mode.value}"), *(thousands(number) for number in numbers))
    return table


def show_status(found: CampaignStatus) -> None:
    """The counts of one campaign as tables."""
    shown = found.fates | {"rejected": found.fates["rejected"] - found.corrected, "corrected": found.corrected}
    fates = [(say(f"fate_{name}"), count) for name, count in shown.items() if count]
    codes = sorted(((say(f"code_{name}"), count) for name, count in found.codes.items()), key=lambda each: -each[1])
    outcomes = [(say(f"outcome_{name}"), count) for name, count in found.tally.outcomes.items() if count]
    outcomes += [(say("outcome_unknown"), found.tally.unknown), (say("outcome_pending"), found.tally.pending)]
    title = (
        f"{found.campaign} · {say(f'mode_{found.mode.value}')} · {thousands(found.rows)} {say('label_rows').lower()}"
    )
    tables = [
        counts(say("title_fates"), (say("label_fate"), say("label_rows")), fates),
        counts(say("title_codes"), (say("label_reason"), say("label_rows")), codes),
        counts(say("title_outcomes"), (say("label_outcome"), say("label_messages")), outcomes),
    ]
    out.print(
        Panel(Columns([table for table in tables if table.row_count], padding=(0, 4)), title=title, title_align="left")
    )
    for hint in _hints(found):
        out.print(hint)


def _hints(found: CampaignStatus) -> list[str]:
    """Why something is pending, and what to do."""
    if not found.tally.pending:
        return []
    if found.order is Order.PAUSE:
        return [say("paused", campaign=found.campaign, pending=found.tally.pending)]
    if found.wait:
        due = found.wait.due_at.astimezone().strftime("%d/%m/%Y %H:%M")
        return [say("waiting", pending=found.tally.pending, reason=say(found.wait.reason), due=due)]
    return [say("not_released", campaign=found.campaign)] if found.needs_release else []


def preview(
    campaign: Campaign,
    count: Annotated[int, typer.Option("-n", min=1, max=100, help="Quantas mensagens mostrar.")] = 3,
    as_json: Json = False,
) -> None:
    """Mostra o que seria enviado agora, sem enviar nada.

    Exemplo: `mensageria preview boas-vindas -n 5`.
    """
    project = load_project()
    partition = Partition.parse(partition_key(campaign))
    with tempfile.TemporaryDirectory(prefix="mensageria-preview-") as folder, progress_bar() as bar:
        task = bar.add_task(say("preparing", campaign=partition.key), total=None)

        def on_progress(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        report, tally, messages = _prepared(project, partition, Layout(Path(folder) / "data"), count, on_progress)
    if as_json:
        settled = tally.messages - tally.pending
        shown = {"campaign": partition.key, "rows": report.row_count, "fates": dict(report.fates), "messages": messages}
        print_json(shown | {"would_send": tally.pending, "settled": settled})
        return
    for message in messages:
        mode = say(f"mode_{message['mode']}")
        head = f"{message['channel']} → {message['address']} · {message['provider']} ({mode})"
        body = message["body"] if message["problem"] is None else message["problem"]
        title = Text(str(message["title"] or "—"))
        out.print(Panel(Text(str(body)), title=title, subtitle=Text(head), title_align="left"))
    rows = [(say(f"fate_{name}"), number) for name, number in report.fates.items() if number]
    out.print(counts(say("title_fates"), (say("label_fate"), say("label_rows")), rows))
    out.print(say("preview_counts", pending=tally.pending, settled=tally.messages - tally.pending))
    out.print(say("preview_nothing_sent"), style="dim")


def _prepared(
    project: Project,
    partition: Partition,
    scratch: Layout,
    count: int,
    on_progress: Callable[[int, int | None], None],
) -> tuple[RecipientsReport, Tally, list[Mapping[str, Any]]]:
    """The first messages of a preparation in a scratch folder; the real one is only read."""
    definition = load_definition(project.layout, partition.campaign)
    check_providers(partition.campaign, definition)
    scratch.data_dir.mkdir()
    for real, copy in (
        (project.layout.input_dir, scratch.input_dir),
        (project.layout.campaigns_dir, scratch.campaigns_dir),
        (project.layout.lookup_dir, scratch.lookup_dir),
    ):
        copy.symlink_to(real)
    known = project.layout.partition_dir(Asset.RAW_BASE, partition.key)
    folder = scratch.partition_dir(Asset.RAW_BASE, partition.key)
    folder.mkdir(parents=True)
    for path in known.glob("*.parquet"):
        (folder / path.name).symlink_to(path)
    registry, settle_s = IntakeRegistry(scratch.intake_db), project.settings.input_settle_s
    limits = project.settings.limits
    ingest(scratch, registry, partition, definition, settle_s, limits, lambda rows: on_progress(rows, None))
    take_in_lists(project)
    report = judge_recipients(scratch, project.ledger, partition, definition, on_progress)
    plan_messages(scratch, partition, definition, project.ledger.key, on_progress)
    plan = scratch.table(Asset.MESSAGES, partition.key)
    with Results(plan, project.ledger.journal(partition.key)) as results:
        tally = results.tally()
    with pq.ParquetFile(plan) as file:
        batch = next(file.iter_batches(count), None)
    shown = ("channel", "address", "provider", "mode", "title", "body", "data", "problem")
    rows = batch.select(list(shown)).to_pylist() if batch else []
    return report, tally, [row | {"address": mask(row["address"])} for row in rows]
