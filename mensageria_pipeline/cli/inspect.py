"""`mensageria inspect`: how a file is understood, before it is anybody's campaign."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mensageria_pipeline.cli.console import ERROR, OK, err, fail, load_project, out, print_json, progress_bar, thousands
from mensageria_pipeline.cli.show import Json, partition_key
from mensageria_pipeline.contracts.campaign import CampaignDefinition, load_definition
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.intake.grid import ROW_NUMBER
from mensageria_pipeline.intake.inspection import Inspection, inspect_file
from mensageria_pipeline.texts import say


def register(app: typer.Typer) -> None:
    app.command("inspect")(inspect)


def inspect(
    file: Annotated[Path, typer.Argument(help="A lista a examinar.", exists=True, dir_okay=False, show_default=False)],
    campaign: Annotated[
        str | None, typer.Option("--campaign", "-c", help="Ler como esta campanha leria (columns, sheet, channel).")
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="Gravar também as linhas lidas neste arquivo.", dir_okay=False)
    ] = None,
    unmask: Annotated[bool, typer.Option("--unmask", help="Mostrar os valores sem máscara.")] = False,
    as_json: Json = False,
) -> None:
    """Mostra como um arquivo é entendido: formato, codificação, separador, aba, cabeçalho, colunas e dúvidas.

    Nada é recebido nem enviado. Exemplo: `mensageria inspect clientes.xlsx --campaign boas-vindas`.
    """
    project = load_project()
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
        ("label_rows", thousands(found.row_count)),
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
        out.print(f"[yellow]![/] {doubt.text()}", highlight=False)
    if found.problem:
        fail(found.problem)
