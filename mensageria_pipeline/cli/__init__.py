"""The `mensageria` command: run, watch and look after campaigns from a terminal.

Results go to stdout, everything else to stderr. Exit codes: 0 nothing pending and nothing in doubt; 3 something
is; 1 error; 2 wrong usage.
"""

import sys
from typing import Annotated

import typer

from mensageria_pipeline import texts
from mensageria_pipeline.cli import (
    analyst,
    care,
    control,
    dashboard,
    demo,
    dev,
    inspect,
    person,
    preview,
    receipts,
    run,
    show,
)
from mensageria_pipeline.cli.console import fail
from mensageria_pipeline.errors import MensageriaError, internal_error

app = typer.Typer(
    name="mensageria",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "Campanhas de mensagens: da planilha ao envio registrado e às métricas em DuckDB.\n\n"
        "Comece com [bold]mensageria demo[/bold]; depois [bold]mensageria dev[/bold] abre o Dagster, e planilhas em "
        "data/input/<campanha>/ viram execuções.\n\n"
        "Códigos de saída: 0 nada pendente nem em dúvida; 3 há algo pendente ou em dúvida; 1 erro; 2 uso incorreto."
    ),
)


@app.callback()
def _settle(
    english: Annotated[bool, typer.Option("--english", help="Mensagens em inglês (messages in English).")] = False,
) -> None:
    if english:
        texts.use(texts.Language.EN)


for module in (inspect, run, show, preview, control, receipts, analyst, person, care, demo, dev, dashboard):
    module.register(app)


def main() -> None:
    """The console script: errors are one sentence on stderr, never a traceback."""
    try:
        app()
    except MensageriaError as error:
        fail(error.text())
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - an operator gets a sentence; values may be personal
        fail(internal_error(error))
    else:
        return
    sys.exit(1)
