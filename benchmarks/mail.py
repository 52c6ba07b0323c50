"""E-mails through a local mail server: `smtp`, with the ledger on, beside smtplib with one connection per message.

    python -m benchmarks mail

The server is Postfix's `smtp-sink` (Debian's package `postfix`): it takes every message and keeps none, so that the
figure is the sender's. Ours are whole e-mails, text, and HTML with styles; smtplib sends the text, written once.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.campaigns import Campaign
from mensageria_pipeline_tests.fakes.ports import free_port

MESSAGES = 10_000
_PEER_MESSAGES = 2_000
_ROUNDS = 3
_TEXT = "template: {title: 'Pedido enviado', body: 'Olá, {{ nome }}! Seu pedido {{ pedido }} saiu para entrega.'}\n"
_HTML = (
    "template:\n  title: Pedido enviado\n  body: |\n    <html><head><style>p { color: #333 }</style></head><body>\n"
    + "    <p>Olá, <b>{{ nome }}</b>! Seu pedido {{ pedido }} saiu para entrega.</p>\n" * 10
    + "    <p><a href='https://loja.com.br'>Acompanhe</a></p></body></html>\n"
)
_SINK = "/usr/sbin/smtp-sink"


def run() -> dict[str, Any]:
    if not Path(_SINK).exists():
        sys.exit("smtp-sink is missing: apt-get install postfix")
    text, html, peer = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory(prefix="mensageria-bench-") as folder, _sink() as port:
        ours = {name: _prepared(Path(folder) / name, port, template) for name, template in (("t", _TEXT), ("h", _HTML))}
        for _ in range(_ROUNDS):
            text.append(_rate(ours["t"]))
            peer.append(_peer(port))
            html.append(_rate(ours["h"]))
    per_s = {
        name: round(statistics.median(found)) for name, found in (("text", text), ("html", html), ("smtplib", peer))
    }
    return {
        "messages": MESSAGES,
        "per_second": per_s,
        "times_smtplib": round(statistics.median(a / b for a, b in zip(text, peer, strict=True)), 2),
        "html_times_smtplib": round(statistics.median(a / b for a, b in zip(html, peer, strict=True)), 2),
    }


def _prepared(root: Path, port: int, template: str) -> Campaign:
    campaign = Campaign(
        root,
        {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_SECURITY": "none",
            "SMTP_FROM": "Loja <ola@loja.com.br>",
        },
    )
    rows = "".join(f"{n};Ana;{n:08};cliente{n}@exemplo.com.br\n" for n in range(MESSAGES))
    campaign.prepare_list("id;nome;pedido;email\n" + rows, f"provider: smtp\n{template}")
    return campaign


def _rate(campaign: Campaign) -> float:
    """Messages per second while sending, all of them accepted."""
    campaign.forget()
    counts = campaign.send().counts
    assert counts["outcomes"]["accepted"] == MESSAGES, counts
    return float(counts["rate_per_s"])


def _peer(port: int) -> float:
    command = [
        sys.executable,
        str(Path(__file__).parent / "peers" / "smtplib_alone.py"),
        str(port),
        str(_PEER_MESSAGES),
    ]
    return float(subprocess.check_output(command, text=True))


@contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([_SINK, "-u", "postfix", f"127.0.0.1:{port}", "200"])
    time.sleep(0.5)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
