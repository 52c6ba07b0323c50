"""`mensageria receiver` and `mensageria receipts`: take in what comes back, and look at it now."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import uvicorn
from rich.table import Table

from mensageria_pipeline.cli.console import err, load_project, out, print_json, progress_bar
from mensageria_pipeline.cli.status import Json
from mensageria_pipeline.errors import SettingsError
from mensageria_pipeline.providers.registry import known_providers, webhook_receipts
from mensageria_pipeline.providers.webhooks import AnswersHandshakes, SignsPosts
from mensageria_pipeline.receipts.poll import PollSummary, ask_for_receipts
from mensageria_pipeline.receipts.process import process_receipts
from mensageria_pipeline.receipts.receiver import Receiver
from mensageria_pipeline.receipts.slow import BoundedProtocol
from mensageria_pipeline.services.kept_receipts import ProcessSummary
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.settings import Settings
from mensageria_pipeline.texts import say

SHORTEST_TOKEN = 32
_MOST_CONNECTIONS = 512
_KEEP_ALIVE_S = 15
_LARGEST_HEAD_BYTES = 16_384


def register(app: typer.Typer) -> None:
    app.command("receiver")(receiver)
    app.command("receipts")(receipts)


def receiver(
    port: Annotated[int, typer.Option("-p", "--port", min=1, max=65535, help="option_receiver_port")] = 8088,
    host: Annotated[str, typer.Option("-h", "--host", help="option_receiver_host")] = "127.0.0.1",
) -> None:
    """Receive providers' receipts and requests to leave (links in e-mails, PARE by SMS)."""
    project = load_project()
    receiver = _receiver(project)
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            raise SettingsError("receiver_port_taken", port=port) from None
        # Paths hold marks and messages' ids: no access log.
        config = uvicorn.Config(
            receiver.application(),
            access_log=False,
            log_level="warning",
            loop="uvloop",
            lifespan="on",
            http=BoundedProtocol,
            ws="none",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_S,
            h11_max_incomplete_event_size=_LARGEST_HEAD_BYTES,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        err.print(say("receiver_started", url=f"http://{host}:{port}"))
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _receiver(project: Project) -> Receiver:
    """Raises SettingsError where a provider could prove itself with nothing, or with something short."""
    settings = project.settings
    _check_tokens(settings)
    adapters: dict[str, object] = {name: each for name in known_providers() if (each := webhook_receipts(name))}
    signing = {name: each for name, each in adapters.items() if isinstance(each, SignsPosts)}
    greeted = {name: each for name, each in adapters.items() if isinstance(each, AnswersHandshakes)}
    shared = [name for name in adapters if name not in settings.receiver_tokens]
    if settings.receiver_token and len(shared) > 1:
        err.print(say("receiver_shared_token", providers=", ".join(shared)), style="yellow")
    for warning in filter(None, (each.proof_warning(settings) for each in signing.values())):
        err.print(say(warning), style="yellow")
    return Receiver(
        project.ledger,
        settings.receiver_token or "",
        settings.receiver_tokens,
        {name: each.proof(settings) for name, each in signing.items()},
        {name: each.handshake(settings) for name, each in greeted.items()},
        settings.receiver_public_url or "",
    )


def _check_tokens(settings: Settings) -> None:
    general = {"RECEIVER_TOKEN": settings.receiver_token} if settings.receiver_token else {}
    tokens = general | {f"RECEIVER_TOKEN_{name.upper()}": token for name, token in settings.receiver_tokens.items()}
    if not tokens:
        raise SettingsError("receiver_no_token", proposal=secrets.token_urlsafe(32))
    for name, token in tokens.items():
        if len(token) < SHORTEST_TOKEN:
            raise SettingsError(
                "receiver_short_token",
                name=name,
                found=len(token),
                least=SHORTEST_TOKEN,
                proposal=secrets.token_urlsafe(32),
            )


def receipts(as_json: Json = False) -> None:
    """Ask providers for receipts now, and show those that came in beside the outcomes."""
    project = load_project()
    with progress_bar() as bar:
        bar.add_task(say("receipts_looking"), total=None)
        asked = ask_for_receipts(project)
        found = process_receipts(project)
    if as_json:
        print_json(_receipts_json(asked, found))
    else:
        out.print(_receipts_table(asked, found))


def _receipts_json(asked: Sequence[PollSummary], found: ProcessSummary) -> dict[str, Any]:
    return {
        "taken": found.taken,
        "waiting": dict(found.waiting),
        "unplaced": found.awaiting_match,
        "suppressed": found.suppressed,
        "settled": found.settled,
        "unlisted": found.unlisted,
        "unreadable": found.unreadable,
        "misdated": found.misdated,
        "troubled": found.troubled,
        "campaigns": found.campaigns,
        "asked": {
            each.provider: {"asked": each.asked, "answered": each.answered, "problem": each.problem} for each in asked
        },
    }


def _receipts_table(asked: Sequence[PollSummary], found: ProcessSummary) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    for words, count in (
        (say("receipts_taken"), found.taken),
        (say("receipts_awaiting_match"), found.awaiting_match),
        (say("receipts_suppressed"), found.suppressed),
        (say("receipts_settled"), found.settled),
        (say("receipts_unlisted"), found.unlisted),
        (say("receipts_unreadable"), found.unreadable),
        (say("receipts_misdated"), found.misdated),
    ):
        table.add_row(words, str(count))
    table.add_row(say("receipts_waiting"), str(sum(found.waiting.values())))
    for campaign, problem in found.troubled.items():
        table.add_row(say("receipts_troubled", campaign=campaign), problem)
    for each in asked:
        table.add_row(
            say("receipts_asked", provider=each.provider), f"{each.answered}/{each.asked} {each.problem or ''}"
        )
    return table
