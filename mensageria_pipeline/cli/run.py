"""`mensageria run`: one campaign through Dagster, in this process."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mensageria_pipeline.cli.console import (
    ERROR,
    INCOMPLETE,
    OK,
    err,
    fail,
    load_project,
    out,
    print_json,
    progress_bar,
)
from mensageria_pipeline.cli.status import Campaign, Json, partition_key, show_status
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.raw_base import intake_path
from mensageria_pipeline.errors import LedgerError, MensageriaError
from mensageria_pipeline.intake.files import discover
from mensageria_pipeline.sending.plan_snapshot import recorded_problem
from mensageria_pipeline.services import dagster_home
from mensageria_pipeline.services.disk_space import check_room
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.settled import is_settled
from mensageria_pipeline.services.status import campaign_status
from mensageria_pipeline.storage.files import check_given
from mensageria_pipeline.storage.progress import read_progress
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import integer

if TYPE_CHECKING:
    from mensageria_pipeline.suppressions.opt_out_lists import ImportSummary

_POLL_S = 0.3


def register(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    campaign: Campaign,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="option_run_files",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the whole campaign through Dagster, and release it for sending."""
    project = load_project()
    partition = partition_key(campaign)
    if not files and is_settled(project, partition):
        show_nothing_left(project, partition, as_json=as_json)
        return
    check_room(project)
    project.ledger.leases.touch()
    for file in files or []:
        check_given(file, project.settings.limits)
    placed = _take_in(project, partition, files or [])
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


def show_nothing_left(project: Project, partition: str, *, as_json: bool) -> None:
    """The counts of a campaign that a run would leave as it is."""
    found = campaign_status(project, partition)
    if as_json:
        print_json(found.as_json())
        return
    show_status(found)
    out.print(say("run_nothing_left", campaign=partition))


def _take_in(project: Project, partition: str, files: Sequence[Path]) -> list[Path]:
    """Place files in the campaign's folder, and take suppression lists in; where the files are."""
    # Imported here: what reads lists brings pandas, which a run with nothing to do need not wait for.
    from mensageria_pipeline.intake.place import place_file  # noqa: PLC0415
    from mensageria_pipeline.services.preparation import take_in_lists  # noqa: PLC0415

    owners, name = project.registry.name_owners(), Partition.parse(partition).campaign
    placed = [place_file(project.layout, owners, name, file) for file in files]
    show_lists(take_in_lists(project))
    return placed


def not_taken_in(project: Project, partition: Partition, placed: list[Path]) -> list[str]:
    """Why files that were meant for the campaign, given ones first, are not part of it: one sentence each."""
    discovery = discover(project.layout.input_dir, project.registry.name_owners())
    wrong = {path: error.text() for path, error in discovery.refused}
    sentences = []
    for path in dict.fromkeys([*placed, *(file.path for file in discovery.of(partition.campaign))]):
        try:
            content_hash = project.registry.content_hash(path)
        except OSError:
            sentences.append(say("list_gone", file=path.name))
            continue
        refusal = project.registry.refusal(partition.campaign, content_hash)
        if path in wrong:
            sentences.append(wrong[path])
        elif not intake_path(project.layout, partition.key, content_hash).exists() and refusal:
            sentences.append(refusal.reason)
    sentences += [error.text() for _, error in discovery.refused_of(partition.campaign)]
    return list(dict.fromkeys(sentences))


def show_lists(summary: "ImportSummary") -> None:
    """What suppression lists that just came in brought, and which of their rows do not count."""
    for each in summary.new:
        rows = f" ({', '.join(map(str, each.unreadable_rows))})" if each.unreadable_rows else ""
        found = each.counts
        err.print(
            say(
                "list_taken_in",
                file=found.file_name,
                added=say("count_suppressions_new", count=found.added),
                already=integer(found.already),
                ignored=say("count_answers_ignored", count=found.ignored),
                unreadable=say("count_rows_nobody", count=found.unreadable),
                rows=rows,
            ),
            style="yellow" if found.unreadable else "dim",
            highlight=False,
        )


def run_partition(project: Project, partition: str, *, is_planned: bool = False) -> str | None:
    """Materialize the whole partition in this process; the sentence why it failed, or None.

    `is_planned`: nothing but the sending of the messages that there are, as far as they were released.
    """
    dagster_home.prepare(project.layout)
    # Imported here: Dagster takes seconds, which `--help` and `status` need not spend.
    from mensageria_pipeline.cli.launch import execute  # noqa: PLC0415

    done = threading.Event()
    watcher = threading.Thread(target=_show_progress, args=(project, partition, done), daemon=True)
    watcher.start()
    try:
        return execute(partition, is_planned=is_planned)
    finally:
        done.set()
        watcher.join()


def _show_progress(project: Project, partition: str, done: threading.Event) -> None:
    """A progress bar: of the step that prepares, then from the ledger, whoever is sending."""
    started_at = datetime.now(UTC)
    with progress_bar() as bar:
        task: Any = bar.add_task(say("preparing", campaign=partition), total=None)
        while not done.wait(_POLL_S):
            try:
                progress = project.ledger.progress(partition)
            except LedgerError:  # the run itself says so
                continue
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
