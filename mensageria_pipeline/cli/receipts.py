"""`mensageria receiver` and `mensageria receipts`: take in what comes back, and look at it now."""

import asyncio
import contextlib
import secrets
import socket
from typing import Annotated

import typer
import uvicorn
from rich.table import Table

from mensageria_pipeline.cli.console import err, load_project, out, print_json, progress_bar
from mensageria_pipeline.cli.show import Json
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.receipts.ask import ask_for_receipts
from mensageria_pipeline.receipts.fold import fold
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.texts import say


def register(app: typer.Typer) -> None:
    app.command("receiver")(receiver)
    app.command("receipts")(receipts)


def receiver(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="Porta em que escuta.")] = 8088,
    host: Annotated[str, typer.Option("-h", "--host", help="Endereço em que escuta.")] = "127.0.0.1",
) -> None:
    """Recebe recibos dos provedores e pedidos de saída (links de e-mail, PARE por SMS).

    Cada aviso é gravado antes do 200. Exige RECEIVER_TOKEN; ponha um proxy com HTTPS à frente e diga o endereço dele
    em RECEIVER_PUBLIC_URL. Termine com Ctrl+C.
    """
    project = load_project()
    token = project.settings.receiver_token
    if not token:
        raise SettingsError("receiver_no_token", proposal=secrets.token_urlsafe(32))
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            raise SettingsError("receiver_port_taken", port=port) from None
        app = Receiver(project.ledger, token).application()
        # Paths hold marks and messages' ids: no access log.
        config = uvicorn.Config(app, access_log=False, log_level="warning", loop="uvloop", lifespan="on")
        err.print(say("receiver_started", url=f"http://{host}:{port}"))
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def receipts(as_json: Json = False) -> None:
    """Pergunta agora aos provedores pelos recibos, e mostra os que chegaram ao lado dos resultados.

    Com o Dagster ligado isso acontece sozinho. Nada é enviado.
    """
    project = load_project()
    with progress_bar() as bar:
        bar.add_task(say("receipts_looking"), total=None)
        asked = ask_for_receipts(project)
        found = fold(project)
    if as_json:
        print_json(
            {"taken": found.taken, "waiting": dict(found.waiting), "unplaced": found.unplaced,
             "suppressed": found.suppressed, "settled": found.settled, "unlisted": found.unlisted,
             "unreadable": found.unreadable, "troubled": found.troubled, "campaigns": found.campaigns,
             "asked": {each.provider: {"asked": each.asked, "answered": each.answered, "problem": each.problem}
                       for each in asked}}
        )  # fmt: skip
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for key in ("taken", "unplaced", "suppressed", "settled", "unlisted", "unreadable"):
        table.add_row(say(f"receipts_{key}"), str(getattr(found, key)))
    table.add_row(say("receipts_waiting"), str(sum(found.waiting.values())))
    for campaign, problem in found.troubled.items():
        table.add_row(say("receipts_troubled", campaign=campaign), problem)
    for each in asked:
        table.add_row(
            say("receipts_asked", provider=each.provider), f"{each.answered}/{each.asked} {each.problem or ''}"
        )
    out.print(table)
