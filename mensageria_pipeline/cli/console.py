"""The terminal: results on stdout, talk on stderr."""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from mensageria_pipeline import logs, texts
from mensageria_pipeline.project import Project

out = Console()
err = Console(stderr=True)

OK, INCOMPLETE, ERROR = 0, 3, 1


def load_project() -> Project:
    """The project of the working directory, with its language and log level in force."""
    project = Project.load()
    if texts.current() is texts.Language.PT_BR:
        texts.use(project.settings.language)
    logs.begin(project.layout.logs_dir, project.settings.log_level, "cli", terminal=True)
    return project


def fail(text: str) -> None:
    err.print(f"[bold red]✗[/] {escape(text)}", highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """One object on one line, the last on stdout."""
    print(json.dumps(value, ensure_ascii=False), flush=True)  # noqa: T201 - results belong on stdout


def counts(title: str, heads: tuple[str, str], rows: list[tuple[str, int]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    table.add_column(heads[0])
    table.add_column(heads[1], justify="right")
    for name, count in rows:
        table.add_row(name, thousands(count))
    return table


def thousands(count: int) -> str:
    text = f"{count:,}"
    return text.replace(",", ".") if texts.current() is texts.Language.PT_BR else text


def money(amount: float) -> str:
    """An amount in the currency of the settings, as people here write it."""
    text = f"{amount:,.2f}"
    return "R$ " + (text.translate(str.maketrans(",.", ".,")) if texts.current() is texts.Language.PT_BR else text)


def progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err, transient=True,
    )  # fmt: skip
