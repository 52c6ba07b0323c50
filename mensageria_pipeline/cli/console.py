"""The terminal: results on stdout, talk on stderr."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table

from mensageria_pipeline import logs, texts
from mensageria_pipeline.logs import printable
from mensageria_pipeline.storage.permissions import tighten
from mensageria_pipeline.texts.formats import integer

if TYPE_CHECKING:
    from mensageria_pipeline.services.project import Project


class _Terminal(Console):
    """Shows what files and providers say without letting it speak to the terminal: an escape is shown, not obeyed."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else printable(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)


out = _Terminal()
err = _Terminal(stderr=True)

OK, INCOMPLETE, ERROR = 0, 3, 1


def load_project(*, tightened: bool = True) -> "Project":
    """The project of the working directory, with its language and log level in force.

    Folders and files that others can read are closed to them, unless somebody wants to see them as they are.
    """
    # Imported here: the ledger brings SQLAlchemy, which a list of commands need not wait for.
    from mensageria_pipeline.services.project import Project  # noqa: PLC0415

    project = Project.load()
    if tightened:
        tighten(project.layout)
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
        table.add_row(name, integer(count))
    return table


def progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )
