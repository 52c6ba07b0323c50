"""The commands by name; a command's module is imported once it is called.

Together the modules bring pandas, charts and a web server, which neither a list of commands nor most commands need.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from mensageria_pipeline.cli.help import SpokenCommand, SpokenGroup, speak

COMMANDS: Mapping[str, str] = {
    "inspect": "inspect",
    "run": "run",
    "status": "status",
    "preview": "preview",
    "test-send": "preview",
    "pause": "control",
    "resume": "control",
    "cancel": "control",
    "unknown": "control",
    "retry": "control",
    "receiver": "receipts",
    "receipts": "receipts",
    "report": "analyst",
    "sql": "analyst",
    "export": "analyst",
    "note": "analyst",
    "person": "person",
    "purge": "person",
    "doctor": "maintenance",
    "backup": "maintenance",
    "restore": "maintenance",
    "recover": "maintenance",
    "demo": "demo",
    "dev": "dev",
    "dashboard": "dashboard",
}
"""Command → the module here whose `register` adds it; in the order of the list."""


class LazyGroup(SpokenGroup):
    """Lists every command, and loads the one that is called."""

    def __init__(self, **settings: Any) -> None:
        listed = {name: SpokenCommand(name) for name in COMMANDS}
        super().__init__(**settings | {"commands": listed})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The name, the command and its arguments."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else listed, rest


def load(name: str) -> Any:
    """The command of that name, ready to be called."""
    app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.callback()(lambda: None)  # a group, however few commands the module has
    import_module(f"mensageria_pipeline.cli.{COMMANDS[name]}").register(app)
    speak(app)
    return get_command(app).commands[name]  # type: ignore[attr-defined]
