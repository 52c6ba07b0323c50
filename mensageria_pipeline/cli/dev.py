"""`mensageria dev`: Dagster with its UI, sensors on, over this project's data."""

import os
import time
from typing import Annotated

import typer

from mensageria_pipeline.cli.console import err, load_project
from mensageria_pipeline.services import dagster_home
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import duration


def register(app: typer.Typer) -> None:
    app.command("dev")(dev)


def dev(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="option_dev_port")] = 3000,
    host: Annotated[str, typer.Option("-h", "--host", help="option_dev_host")] = "127.0.0.1",
    read_only: Annotated[bool, typer.Option("--read-only", help="option_read_only")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="option_dev_verbose")] = False,
) -> None:
    """Start Dagster: interface on http://127.0.0.1:3000, sensors on. End with Ctrl+C."""
    project = load_project()
    dagster_home.prepare(project.layout)
    url, started = f"http://{_reached(host)}:{port}", time.monotonic()
    err.print(say("dev_starting"), soft_wrap=True)
    os.chdir(project.settings.root)
    # Imported here: Dagster takes seconds, which `--help` need not spend.
    from mensageria_pipeline.web.processes import run_services  # noqa: PLC0415

    def ready() -> None:
        err.print(
            say("dev_ready", url=url, folder=project.layout.input_dir, took=duration(time.monotonic() - started)),
            soft_wrap=True,
        )

    level = project.settings.log_level.lower() if verbose else "warning"
    workspace = project.settings.root / "workspace.yaml"
    with dagster_home.announced(project.layout, url):
        code = run_services(workspace, host, port, level, ready, read_only=read_only)
    err.print(say("dev_ended" if code == 0 else "dev_failed", url=url))
    raise typer.Exit(code)


def _reached(host: str) -> str:
    """How this machine reaches an interface that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
