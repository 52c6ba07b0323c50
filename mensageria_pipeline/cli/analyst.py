"""`mensageria report`, `sql`, `export` and `note`: what people look at, take away, and leave behind."""

from pathlib import Path
from typing import Annotated

import typer

from mensageria_pipeline.analytics.questions import ask_freely
from mensageria_pipeline.cli.console import err, load_project, out, print_json, progress_bar
from mensageria_pipeline.cli.rows import cell, fitting, print_csv
from mensageria_pipeline.cli.status import Campaign, Json, partition_key, show_notes
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.services import control
from mensageria_pipeline.services.export import Format, export_answer
from mensageria_pipeline.services.export import export as export_relation
from mensageria_pipeline.texts import say

_SHOWN_ROWS = 200


def register(app: typer.Typer) -> None:
    for command in (report, sql, export, note):
        app.command(command.__name__)(command)


def report(campaign: Campaign, as_json: Json = False) -> None:
    """Write the report of a campaign anew: workbook, CSV, Parquet, charts and an HTML page."""
    project, partition = load_project(), partition_key(campaign)
    control.check_known(project, partition)
    with progress_bar() as bar:
        bar.add_task(say("reporting", campaign=partition), total=None)
        made = control.report(project, partition)
    paths = {
        "workbook": made.workbook,
        "page": made.page,
        "results_csv": made.results_csv,
        "non_recipients_csv": made.non_recipients_csv,
        "figures": made.figures,
    }
    if as_json:
        print_json({"campaign": partition} | {name: str(path) for name, path in paths.items()})
        return
    for path in paths.values():
        out.print(str(path), highlight=False, soft_wrap=True)


def sql(
    statement: Annotated[str, typer.Argument(help="option_statement", show_default=False)],
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="option_csv")] = False,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="option_parquet", dir_okay=False, show_default=False)
    ] = None,
) -> None:
    """Run a reading query on the published warehouse, without blocking anybody."""
    project = load_project()
    if parquet is not None:
        count = export_answer(project.layout, statement, parquet)
        out.print(say("exported", count=count, file=parquet))
        return
    columns, rows = ask_freely(project.layout, statement)
    if as_json:
        print_json({"columns": columns, "rows": [[cell(value) for value in row] for row in rows]})
    elif as_csv:
        print_csv(columns, rows)
    else:
        out.print(fitting(columns, rows[:_SHOWN_ROWS], out.width))
        if len(rows) > _SHOWN_ROWS:
            err.print(say("sql_more", shown=_SHOWN_ROWS, count=len(rows)), style="dim")


def export(
    table: Annotated[str, typer.Argument(help="option_table", show_default=False)],
    path: Annotated[
        Path,
        typer.Option("--output", "-o", help="option_output", dir_okay=False, show_default=False),
    ],
    campaign: Annotated[str | None, typer.Option("--campaign", "-c", help="option_of_campaign")] = None,
) -> None:
    """Write a table of the warehouse as Parquet, CSV or Excel, by the name of the file."""
    known = {f".{form.value}": form for form in Format}
    if path.suffix.lower() not in known:
        raise InputError("export_format", found=path.name, known=", ".join(known))
    project = load_project()
    with progress_bar() as bar:
        bar.add_task(say("exporting", table=table), total=None)
        form, partition = known[path.suffix.lower()], partition_key(campaign) if campaign else None
        count = export_relation(project.layout, table, path, form, partition)
    out.print(say("exported", count=count, file=path))


def note(
    campaign: Campaign,
    text: Annotated[str | None, typer.Argument(help="option_note_text")] = None,
    remove: Annotated[int | None, typer.Option("--remove", help="option_note_remove")] = None,
    as_json: Json = False,
) -> None:
    """Leave a note on a campaign: the dashboard, the status and the report show it."""
    project, partition = load_project(), partition_key(campaign)
    control.check_known(project, partition)
    if remove is not None and not project.notes.remove(partition, remove):
        raise InputError("note_unknown", campaign=partition, number=remove)
    if text:
        project.notes.add(partition, text)
    found = project.notes.of(partition)
    if as_json:
        notes = [{"number": each.number, "at": each.at.isoformat(), "text": each.text} for each in found]
        print_json({"campaign": partition, "notes": notes})
    else:
        show_notes(found)
