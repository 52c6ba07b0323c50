"""`mensageria doctor`, `backup` and `restore`: look after an installation."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mensageria_pipeline.backup import back_up, restore_state
from mensageria_pipeline.cli.console import ERROR, OK, load_project, out, progress_bar
from mensageria_pipeline.doctor import Level, diagnose
from mensageria_pipeline.texts import say

_SIGNS = {Level.OK: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.ERROR: "[red]✗[/]"}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)
    app.command("backup")(backup)
    app.command("restore")(restore)


def doctor() -> None:
    """Confere configuração, pastas, disco, o provedor `http` e o Dagster, e diz o que fazer."""
    project = load_project()
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
    file: Annotated[Path, typer.Argument(help="Arquivo .tar.gz a criar.", dir_okay=False, show_default=False)],
) -> None:
    """Copia data/state e o registro de envios para um arquivo, também durante envios."""
    project = load_project()
    with progress_bar() as bar:
        bar.add_task(say("backup_running"), total=None)
        count = back_up(project.layout, file)
    out.print(say("backup_done", count=count, file=file))


def restore(
    file: Annotated[
        Path,
        typer.Argument(help="Arquivo criado por `mensageria backup`.", exists=True, dir_okay=False, show_default=False),
    ],
) -> None:
    """Põe o estado de um backup no lugar. O estado atual é guardado ao lado, para desfazer.

    Pare o Dagster antes. Mensagens enviadas depois do backup não constam nele: confira com o provedor.
    """
    project = load_project()
    kept = restore_state(project.layout, file)
    out.print(say("restore_done", file=file))
    if kept:
        out.print(say("restore_kept", folder=kept), style="dim")
