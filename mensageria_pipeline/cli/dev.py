"""`mensageria dev`: Dagster with its UI, sensors on, over this project's data."""

import os
import signal
import sys
from typing import Annotated

import typer

from mensageria_pipeline import dagster_home
from mensageria_pipeline.cli.console import err, load_project
from mensageria_pipeline.texts import say


def register(app: typer.Typer) -> None:
    app.command("dev")(dev)


def dev(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="Porta da interface.")] = 3000,
    host: Annotated[str, typer.Option("-h", "--host", help="Endereço em que a interface escuta.")] = "127.0.0.1",
) -> None:
    """Inicia o Dagster: interface em http://127.0.0.1:3000, sensores ligados. Termine com Ctrl+C.

    Quem alcança a interface pode enviar mensagens: não a exponha sem um proxy com autenticação.
    """
    project = load_project()
    dagster_home.prepare(project.layout)
    err.print(say("dev_started", url=f"http://{host}:{port}", folder=project.layout.input_dir))
    os.chdir(project.settings.root)
    # A shell script's background job inherits an ignored SIGINT; Dagster would then ignore SIGTERM too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    level = project.settings.log_level.lower()
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-w",
        "workspace.yaml",
        "-p",
        str(port),
        "-h",
        host,
        "--log-level",
        level,
    ]
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes Dagster, so that Ctrl+C reaches it
