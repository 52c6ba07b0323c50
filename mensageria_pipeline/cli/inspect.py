"""`mensageria inspect`: how a file is understood, before it is anybody's campaign."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from mensageria_pipeline.cli.console import ERROR, OK, err, fail, load_project, out, print_json, progress_bar
from mensageria_pipeline.cli.status import Json, partition_key
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.intake.grid import ROW_NUMBER
from mensageria_pipeline.intake.inspection import Inspection, inspect_file
from mensageria_pipeline.storage.files import check_given, check_target
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import integer


def register(app: typer.Typer) -> None:
    app.command("inspect")(inspect)


def inspect(
    file: Annotated[Path, typer.Argument(help="option_inspect_file", exists=True, dir_okay=False, show_default=False)],
    campaign: Annotated[str | None, typer.Option("--campaign", "-c", help="option_inspect_campaign")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="option_inspect_parquet", dir_okay=False)] = None,
    unmask: Annotated[bool, typer.Option("--unmask", help="option_unmask")] = False,
    as_json: Json = False,
) -> None:
    """Show how a file is understood: format, encoding, delimiter, sheet, header, columns and doubts."""
    project = load_project()
    check_given(file, project.settings.limits)
    if parquet is not None:
        check_target(project.layout, parquet)
    definition = CampaignDefinition()
    if campaign:
        definition = load_definition(project.layout, Partition.parse(partition_key(campaign)).campaign)
    with progress_bar() as bar:
        task = bar.add_task(say("inspecting", file=file.name), total=None)
        found = inspect_file(
            file, definition, project.settings.limits, parquet, lambda rows: bar.update(task, completed=rows)
        )
    if not unmask:
        for row in found.first_rows:
            row.update({name: mask(value) for name, value in row.items() if isinstance(value, str)})
        found.reading.doubts = [doubt.masked() for doubt in found.reading.doubts]
    if as_json:
        print_json(found.as_json())
    else:
        _show(found)
    if parquet:
        err.print(say("inspected_parquet", file=parquet), style="dim")
    raise typer.Exit(ERROR if found.problem else OK)


def _show(found: Inspection) -> None:
    reading = found.reading
    facts = [
        ("label_format", reading.format + (f" ({reading.packed})" if reading.packed else "")),
        ("label_encoding", reading.encoding),
        ("label_delimiter", {"\t": "TAB"}.get(reading.delimiter or "", reading.delimiter)),
        ("label_quote", reading.quote),
        ("label_sheet", f"{reading.sheet} ({', '.join(reading.sheets)})" if reading.sheet else None),
        ("label_header_row", str(reading.header_row) if reading.header_row else None),
        ("label_rows", integer(found.row_count)),
        ("label_channel", found.channel),
    ]
    table = Table(show_header=False, box=None, pad_edge=False)
    for key, value in facts:
        if value:
            table.add_row(say(key), value)
    out.print(table)
    columns = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    for heading in (say("label_column"), say("label_role"), *(str(row[ROW_NUMBER]) for row in found.first_rows)):
        columns.add_column(heading, overflow="ellipsis", max_width=28, no_wrap=True)
    for name in found.columns:
        cells = [row[name] or "" for row in found.first_rows]
        columns.add_row(name, found.roles.get(name, "—"), *cells)
    out.print()
    out.print(columns)
    for doubt in reading.doubts:
        out.print(f"[yellow]![/] {doubt.text()} [dim]({doubt.name})[/]", highlight=False)
        for row in doubt.rows:
            out.print(f"    {row.number}: {escape(' | '.join(row.cells))}", highlight=False, style="dim")
    if found.problem:
        fail(found.problem)
