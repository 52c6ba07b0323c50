"""`mensageria doctor`, `backup` and `restore`: look after an installation."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mensageria_pipeline.cli.console import ERROR, OK, err, load_project, out, progress_bar
from mensageria_pipeline.cli.control import confirmed
from mensageria_pipeline.cli.status import partition_key
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.recovery import restore as recovery
from mensageria_pipeline.recovery.backup import back_up
from mensageria_pipeline.services import control
from mensageria_pipeline.services.doctor import Level, diagnose
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.files import check_target, pinned
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import integer

_SIGNS = {Level.OK: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.ERROR: "[red]✗[/]"}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("recover")(recover)


def doctor() -> None:
    """Check settings, folders and who reads them, disk, the provider `http` and Dagster, and say what to do."""
    project = load_project(tightened=False)
    table = Table(show_edge=False)
    for heading in ("", say("label_check"), say("label_found"), say("label_todo")):
        table.add_column(heading, overflow="fold")
    with progress_bar() as bar:
        bar.add_task(say("doctor_running"), total=None)
        findings = list(diagnose(project))
    for finding in findings:
        table.add_row(_SIGNS[finding.level], finding.check, finding.found, finding.todo)
    out.print(table)
    raise typer.Exit(ERROR if any(finding.level is Level.ERROR for finding in findings) else OK)


def backup(
    file: Annotated[Path, typer.Argument(help="option_backup_file", dir_okay=False, show_default=False)],
) -> None:
    """Copy data/state and the send ledger to a file, also while sending."""
    project = load_project()
    check_target(project.layout, file)
    with progress_bar() as bar:
        bar.add_task(say("backup_running"), total=None)
        count = back_up(project.layout, file)
    out.print(say("backup_done", count=count, file=file))


def restore(
    file: Annotated[
        Path,
        typer.Argument(help="option_restore_file", exists=True, dir_okay=False, show_default=False),
    ],
    take_in: Annotated[
        bool | None,
        typer.Option(
            "--take-in/--no-take-in",
            help="option_take_in",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Put the state of a backup in place. The present state is kept beside it, to undo."""
    with pinned(file, follows_links=True):  # a pipe may have no end
        pass
    project, done = recovery.restore(load_project(), file)
    out.print(say("restore_done", file=file))
    if done.kept:
        out.print(say("restore_kept", folder=done.kept), style="dim")
    if not done.knows_who_left:
        out.print(say("restore_forgets_leaving"), style="yellow", highlight=False)
    if done.gaps:
        out.print(say("gaps_found"))
        _show_gaps(done.gaps)
        if take_in is None and sys.stdin.isatty():
            take_in = confirmed(say("gaps_ask"))
        for gap in done.gaps if take_in else ():
            _recover(project, gap)
        if not take_in:
            out.print(say("gaps_left"), style="yellow")
    if held := [partition for partition in done.held if project.ledger.command(partition) is OperatorCommand.RESTORED]:
        out.print(say("restore_held", campaigns=", ".join(held)), style="yellow", highlight=False)


def recover(
    campaign: Annotated[str, typer.Argument(help="option_campaign_name", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="option_yes")] = False,
) -> None:
    """Take into the send ledger what results and receipts know and it does not, after a loss or a restore."""
    project, partition = load_project(), partition_key(campaign)
    control.check_planned(project, partition)
    found = [gap for gap in recovery.gaps(project) if gap.campaign == partition]
    if found and found[0].problem:
        raise found[0].problem
    _show_gaps(found)
    count = sum(gap.outcomes.total() for gap in found)
    if count and not yes and not confirmed(say("recover_ask", campaign=partition, count=count)):
        raise typer.Exit(ERROR)
    taken = recovery.recover(project, partition).total()
    out.print(say("recovered" if taken else "recover_nothing", campaign=partition, count=taken))
    if project.ledger.command(partition) is OperatorCommand.RESTORED:
        out.print(say("restore_held", campaigns=partition), style="yellow", highlight=False)


def _show_gaps(gaps: list[recovery.Gap]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("label_campaign"), overflow="fold")
    table.add_column(say("label_outcome"), overflow="fold")
    table.add_column(say("label_messages"), justify="right")
    for gap in gaps:
        if gap.problem:
            table.add_row(gap.campaign, gap.problem.text(), "—")
        for outcome, count in gap.outcomes.most_common():
            table.add_row(gap.campaign, say(f"outcome_{outcome}"), integer(count))
    if gaps:
        out.print(table)


def _recover(project: Project, gap: recovery.Gap) -> None:
    """One campaign's trouble is said, and stops no other."""
    try:
        count = recovery.recover(project, gap.campaign).total()
    except MensageriaError as error:
        err.print(error.text(), style="yellow", highlight=False)
    else:
        out.print(say("recovered", campaign=gap.campaign, count=count))
