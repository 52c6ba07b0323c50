"""The `mensageria` command: run, watch and look after campaigns from a terminal.

Results go to stdout, everything else to stderr. Exit codes: 0 nothing pending and nothing in doubt; 3 something
is; 1 error; 2 wrong usage.
"""

import itertools
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from mensageria_pipeline import texts
from mensageria_pipeline.cli.commands import LazyGroup
from mensageria_pipeline.cli.console import fail
from mensageria_pipeline.errors import MensageriaError, internal_error
from mensageria_pipeline.settings import configured_language
from mensageria_pipeline.storage.permissions import keep_private


def build() -> typer.Typer:
    """The command line, in the language in force."""
    app = typer.Typer(
        name="mensageria",
        cls=LazyGroup,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_settle)
    return app


def _settle(
    english: Annotated[bool, typer.Option("--english", help="option_english")] = False,
) -> None:
    if english:
        texts.use(texts.Language.EN)


def _language(arguments: Sequence[str]) -> texts.Language:
    """The language of the installation, unless the command line asks for English: help is said before anything runs."""
    before_command = itertools.takewhile(lambda argument: argument.startswith("-"), arguments)
    return texts.Language.EN if "--english" in before_command else configured_language()


def main() -> None:
    """The console script: errors are one sentence on stderr, never a traceback."""
    keep_private()
    try:
        texts.use(_language(sys.argv[1:]))
        build()()
    except MensageriaError as error:
        fail(error.text())
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - an operator gets a sentence; values may be personal
        fail(internal_error(error))
    else:
        return
    sys.exit(1)
