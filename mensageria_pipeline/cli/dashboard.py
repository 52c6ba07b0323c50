"""`mensageria dashboard`: the operator's pages, in Streamlit."""

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from mensageria_pipeline.cli.console import err, load_project
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.texts import say


def register(app: typer.Typer) -> None:
    app.command("dashboard")(dashboard)


def dashboard(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="option_dashboard_port")] = 8501,
    host: Annotated[str, typer.Option("-h", "--host", help="option_dashboard_host")] = "127.0.0.1",
) -> None:
    """Open the dashboard: campaigns, failures, sending lists, notes. End with Ctrl+C."""
    if find_spec("streamlit") is None:
        raise SettingsError("dashboard_missing")
    project = load_project()
    err.print(say("dashboard_started", url=f"http://{host}:{port}"))
    os.chdir(project.settings.root)
    command = [sys.executable, "-m", "mensageria_pipeline.dashboard.serve", "--host", host, "--port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes Streamlit, so that Ctrl+C reaches it
