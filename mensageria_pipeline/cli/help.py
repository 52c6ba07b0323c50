"""What `--help` shows, from the catalogue: of commands by their names, of options by the key they give as help.

Commands and options say so at import, when no language is chosen yet; so the sentence is looked up when it is shown.
"""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from mensageria_pipeline.texts import say

_OF_A_PARAMETER = ("option_", "metavar_")
"""Keys of what is said of options and arguments begin so."""
_COMPLETION = ("install_completion", "show_completion")
"""Options that Typer adds by itself."""


class _Spoken:
    """A command whose texts come from the catalogue, in the language in force when it was made."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        command: Any = self
        command.help = say(f"command_{command.name.replace('-', '_')}")
        command.options_metavar = say("help_options_metavar")

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        option.help = say("option_help")
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _say_typers_words()
        command: Any = self
        for parameter in command.params:
            _say_of(parameter)
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        command: Any = self
        pieces = " ".join(command.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{say('help_usage')} ")


class SpokenCommand(_Spoken, TyperCommand):
    pass


class SpokenGroup(_Spoken, TyperGroup):
    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.subcommand_metavar = say("help_command_metavar")


def speak(app: typer.Typer) -> None:
    """Have all commands of `app`, and the groups in it with theirs, speak from the catalogue."""
    for command in app.registered_commands:
        command.cls = SpokenCommand
    for group in app.registered_groups:
        if group.typer_instance:
            group.typer_instance.info.cls = SpokenGroup
            speak(group.typer_instance)


def _say_of(parameter: Any) -> None:
    if parameter.name in _COMPLETION:
        parameter.help = say(f"option_{parameter.name}")
    for attribute in ("help", "metavar"):
        key = getattr(parameter, attribute, None)
        if isinstance(key, str) and key.startswith(_OF_A_PARAMETER):
            setattr(parameter, attribute, say(key))


def _say_typers_words() -> None:
    """What Typer says around them. Imported here: only help needs it, and it takes as long as a short command."""
    from typer import rich_utils  # noqa: PLC0415

    rich_utils.ARGUMENTS_PANEL_TITLE = say("help_arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say("help_options")
    rich_utils.COMMANDS_PANEL_TITLE = say("help_commands")
    rich_utils.DEFAULT_STRING = say("help_default")
    rich_utils.REQUIRED_LONG_STRING = say("help_required")
