"""`mensageria dev`: Dagster with its UI, sensors on, over this project's data."""

import os
from typing import Annotated

import typer

from mensageria_pipeline.cli.console import err, load_project
from mensageria_pipeline.services import dagster_home
from mensageria_pipeline.texts import say


def register(app: typer.Typer) -> None:
    app.command("dev")(dev)


def dev(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="option_dev_port")] = 3000,
    host: Annotated[str, typer.Option("-h", "--host", help="option_dev_host")] = "127.0.0.1",
    read_only: Annotated[bool, typer.Option("--read-only", help="option_read_only")] = False,
) -> None:
    """Start Dagster: interface on http://127.0.0.1:3000, sensors on. End with Ctrl+C."""
    project = load_project()
    dagster_home.prepare(project.layout)
    err.print(say("dev_started", url=f"http://{host}:{port}", folder=project.layout.input_dir))
    os.chdir(project.settings.root)
    # Imported here: Dagster takes seconds, which `--help` need not spend.
    from mensageria_pipeline.web.processes import run_services  # noqa: PLC0415

    level = project.settings.log_level.lower()
    workspace = project.settings.root / "workspace.yaml"
    raise typer.Exit(run_services(workspace, host, port, level, read_only=read_only))
