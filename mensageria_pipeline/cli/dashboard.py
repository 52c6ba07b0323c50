"""`mensageria dashboard`: the operator's pages, in Streamlit."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from mensageria_pipeline.cli.console import err, load_project
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.texts import say


def register(app: typer.Typer) -> None:
    app.command("dashboard")(dashboard)


def dashboard(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="Porta do painel.")] = 8501,
    host: Annotated[str, typer.Option("-h", "--host", help="Endereço em que o painel escuta.")] = "127.0.0.1",
) -> None:
    """Abre o painel: campanhas, falhas, envio de listas, anotações. Termine com Ctrl+C.

    Quem alcança o painel pode enviar mensagens: não o exponha sem um proxy com autenticação.
    """
    if find_spec("streamlit") is None:
        raise SettingsError("dashboard_missing")
    project = load_project()
    err.print(say("dashboard_started", url=f"http://{host}:{port}"))
    os.chdir(project.settings.root)
    options = {
        "server.port": port, "server.address": host, "server.headless": "true", "browser.gatherUsageStats": "false",
        "server.maxUploadSize": project.settings.limits.size_mib, "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none", "server.fileWatcherType": "none", "theme.primaryColor": "#1f4e79",
    }  # fmt: skip
    flags = [f"--{name}={value}" for name, value in options.items()]
    entry = Path(__file__).parents[1] / "dashboard" / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(entry), *flags]
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes Streamlit, so that Ctrl+C reaches it
