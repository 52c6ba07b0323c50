"""`mensageria run`: one campaign through Dagster, in this process."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mensageria_pipeline import dagster_home
from mensageria_pipeline.cli.console import ERROR, INCOMPLETE, OK, err, fail, load_project, print_json, progress_bar
from mensageria_pipeline.cli.show import Campaign, Json, partition_key, show_status
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.contracts.progress import read_progress
from mensageria_pipeline.contracts.raw_base import intake_path
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.intake.ingest import place_file
from mensageria_pipeline.people.opt_out_lists import ImportReport
from mensageria_pipeline.preparation import take_in_lists
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.send import recorded_problem
from mensageria_pipeline.status import campaign_status
from mensageria_pipeline.texts import say

_POLL_S = 0.3


def register(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    campaign: Campaign,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Planilhas a incluir na campanha antes (são copiadas).",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Executa a campanha inteira pelo Dagster e libera o envio.

    Só é enviado o que ainda não tem resultado: repetir o comando não envia nada de novo. Se outra execução já
    está enviando, acompanha-a. Exemplo: `mensageria run boas-vindas clientes.xlsx`.
    """
    project = load_project()
    partition = partition_key(campaign)
    placed = [place_file(project.layout, Partition.parse(partition).campaign, file) for file in files or []]
    show_lists(take_in_lists(project))
    reason = run_partition(project, partition)
    found = campaign_status(project, partition)
    refused = not_taken_in(project, Partition.parse(partition), placed)
    for text in [reason] if reason else refused:
        fail(text)
    if as_json:
        print_json(found.as_json())
    elif found.rows:
        show_status(found)
    raise typer.Exit(_exit_code(project, partition, reason, is_complete=found.is_complete, all_taken=not refused))


def not_taken_in(project: Project, partition: Partition, placed: list[Path]) -> list[str]:
    """Why files of the campaign, those given on the command line first, are not part of it: one sentence each."""
    discovery = discover(project.layout.input_dir, project.registry.name_owners())
    wrong = {path: error.text() for path, error in discovery.refused}
    sentences = []
    for path in dict.fromkeys([*placed, *(file.path for file in discovery.of(partition.campaign))]):
        content_hash = project.registry.content_hash(path)
        refusal = project.registry.refusal(partition.campaign, content_hash)
        if path in wrong:
            sentences.append(wrong[path])
        elif not intake_path(project.layout, partition.key, content_hash).exists() and refusal:
            sentences.append(refusal.reason)
    return sentences


def show_lists(report: ImportReport) -> None:
    """What suppression lists that just came in brought, and which of their rows do not count."""
    for each in report.new:
        rows = f" ({', '.join(map(str, each.unreadable_rows))})" if each.unreadable_rows else ""
        found = each.counts
        err.print(
            say("list_taken_in", file=found.file_name, added=found.added, already=found.already, ignored=found.ignored,
                unreadable=found.unreadable, rows=rows),
            style="yellow" if found.unreadable else "dim", highlight=False,
        )  # fmt: skip


def run_partition(project: Project, partition: str) -> str | None:
    """Materialize the whole partition in this process; the sentence why it failed, or None."""
    dagster_home.prepare(project.layout)
    # Imported here: Dagster takes seconds, which `--help` and `status` need not spend.
    from mensageria_pipeline.cli.launch import execute  # noqa: PLC0415

    done = threading.Event()
    watcher = threading.Thread(target=_show_progress, args=(project, partition, done), daemon=True)
    watcher.start()
    try:
        return execute(partition)
    finally:
        done.set()
        watcher.join()


def _show_progress(project: Project, partition: str, done: threading.Event) -> None:
    """A progress bar: of the step that prepares, then from the ledger, whoever is sending."""
    started_at = datetime.now(UTC)
    with progress_bar() as bar:
        task: Any = bar.add_task(say("preparing", campaign=partition), total=None)
        while not done.wait(_POLL_S):
            progress = project.ledger.progress(partition)
            if progress and progress.updated_at >= started_at:
                bar.update(
                    task, description=say("sending", campaign=partition), total=progress.total, completed=progress.done
                )
                continue
            step = read_progress(project.layout, partition)
            if step and step.at >= started_at.timestamp():
                description = say(f"step_{step.step}", campaign=partition)
                bar.update(task, description=description, total=step.total, completed=step.done)


def _exit_code(project: Project, partition: str, reason: str | None, *, is_complete: bool, all_taken: bool) -> int:
    if reason is None:
        return ERROR if not all_taken else OK if is_complete else INCOMPLETE
    try:
        problem = recorded_problem(project.layout, partition)
    except MensageriaError:
        return ERROR
    is_only_doubt = problem is not None and problem.key == "stopped_unknown" and problem.text() == reason
    return INCOMPLETE if is_only_doubt else ERROR
