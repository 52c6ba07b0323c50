"""`mensageria report`, `sql`, `export` and `note`: what people look at, take away, and leave behind."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mensageria_pipeline import control
from mensageria_pipeline.analytics.questions import ask_freely
from mensageria_pipeline.cli.console import err, load_project, out, print_json, progress_bar, thousands
from mensageria_pipeline.cli.show import Campaign, Json, partition_key, show_notes
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.export import Format
from mensageria_pipeline.export import export as export_relation
from mensageria_pipeline.texts import say

_SHOWN_ROWS = 200


def register(app: typer.Typer) -> None:
    for command in (report, sql, export, note):
        app.command(command.__name__)(command)


def report(campaign: Campaign, as_json: Json = False) -> None:
    """Gera de novo o relatório da campanha: planilha, CSV, Parquet, gráficos e uma página HTML.

    Nada é enviado. Exemplo: `mensageria report boas-vindas`.
    """
    project, partition = load_project(), partition_key(campaign)
    control.check_known(project, partition)
    with progress_bar() as bar:
        bar.add_task(say("reporting", campaign=partition), total=None)
        made = control.report(project, partition)
    paths = {"workbook": made.workbook, "page": made.page, "results_csv": made.results_csv,
             "non_recipients_csv": made.non_recipients_csv, "figures": made.figures}  # fmt: skip
    if as_json:
        print_json({"campaign": partition} | {name: str(path) for name, path in paths.items()})
        return
    for path in paths.values():
        out.print(str(path), highlight=False, soft_wrap=True)


def sql(
    statement: Annotated[str, typer.Argument(help='A consulta, entre aspas: "FROM campaigns".', show_default=False)],
    as_json: Json = False,
) -> None:
    """Executa uma consulta de leitura no warehouse publicado, sem bloquear ninguém.

    As tabelas estão em docs/data-dictionary.md; exemplos em docs/analysts.md. Exemplo:
    `mensageria sql "SELECT campaign, accepted FROM campaign_metrics"`.
    """
    columns, rows = ask_freely(load_project().layout, statement)
    if as_json:
        print_json({"columns": columns, "rows": [[_plain(cell) for cell in row] for row in rows]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows[:_SHOWN_ROWS]:
        table.add_row(*("" if cell is None else str(_plain(cell)) for cell in row))
    out.print(table)
    if len(rows) > _SHOWN_ROWS:
        err.print(say("sql_more", shown=_SHOWN_ROWS, count=thousands(len(rows))), style="dim")


def export(
    table: Annotated[
        str, typer.Argument(help="Tabela ou visão do warehouse, como campaign_metrics.", show_default=False)
    ],
    path: Annotated[
        Path,
        typer.Option("--output", "-o", help="Arquivo .parquet, .csv ou .xlsx.", dir_okay=False, show_default=False),
    ],
    campaign: Annotated[str | None, typer.Option("--campaign", "-c", help="Só desta campanha.")] = None,
) -> None:
    """Grava uma tabela do warehouse em Parquet, CSV ou Excel, conforme o nome do arquivo.

    Exemplo: `mensageria export send_results -c boas-vindas -o resultados.xlsx`.
    """
    known = {f".{form.value}": form for form in Format}
    if path.suffix.lower() not in known:
        raise InputError("export_format", found=path.name, known=", ".join(known))
    project = load_project()
    with progress_bar() as bar:
        bar.add_task(say("exporting", table=table), total=None)
        form, partition = known[path.suffix.lower()], partition_key(campaign) if campaign else None
        count = export_relation(project.layout, table, path, form, partition)
    out.print(say("exported", count=thousands(count), file=path))


def note(
    campaign: Campaign,
    text: Annotated[str | None, typer.Argument(help="O que anotar; sem ele, mostra as anotações.")] = None,
    remove: Annotated[int | None, typer.Option("--remove", help="Apagar a anotação deste número.")] = None,
    as_json: Json = False,
) -> None:
    """Anota algo sobre uma campanha: aparece no painel, no status e no relatório.

    Exemplos: `mensageria note boas-vindas "Lista revisada pela Ana"`, `mensageria note boas-vindas`.
    """
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


def _plain(cell: Any) -> Any:
    return cell.isoformat(sep=" ", timespec="seconds") if isinstance(cell, datetime) else cell
