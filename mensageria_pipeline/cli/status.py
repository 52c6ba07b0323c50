"""`mensageria status`: look, change nothing."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.columns import Columns
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mensageria_pipeline.cli.console import (
    INCOMPLETE,
    OK,
    counts,
    err,
    load_project,
    out,
    print_json,
)
from mensageria_pipeline.contracts.partition import OCCURRENCE_SEPARATOR, campaign_key
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.ledger.ledger import OperatorCommand
from mensageria_pipeline.services.campaign_state import CampaignState
from mensageria_pipeline.services.notes import Note
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import (
    CampaignStatus,
    campaign_status,
    campaign_statuses,
    ignored_lists,
    known_campaigns,
)
from mensageria_pipeline.services.trouble import Trouble, trouble_of
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import integer, moment

Campaign = Annotated[str, typer.Argument(help="option_campaign", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="option_json")]


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def partition_key(campaign: str) -> str:
    """The partition a person means: a key of an occurrence stays as it is."""
    base, separator, occurrence = campaign.partition(OCCURRENCE_SEPARATOR)
    return f"{campaign_key(base)}{separator}{occurrence}" if occurrence else campaign_key(campaign)


def status(
    campaign: Annotated[str | None, typer.Argument(help="option_status_campaign", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Show how many rows and messages there are, and what became of each."""
    project = load_project()
    if campaign is None:
        raise typer.Exit(_show_all(project, as_json=as_json))
    key = partition_key(campaign)
    if key not in known_campaigns(project):
        raise InputError("campaign_unknown", campaign=key, known=", ".join(known_campaigns(project)) or "—")
    found = campaign_status(project, key)
    if as_json:
        print_json(found.as_json())
    else:
        show_status(found, _trouble(project, found))
        show_notes(project.notes.of(key))
    is_whole = _say_ignored(ignored_lists(project, key))
    raise typer.Exit(OK if found.is_complete and is_whole else INCOMPLETE)


def _show_all(project: Project, *, as_json: bool) -> int:
    found = list(campaign_statuses(project, known_campaigns(project)))
    if as_json:
        print_json({"campaigns": [each.as_json() for each in found]})
    elif not found:
        out.print(say("no_campaigns"))
    else:
        out.print(_overview(found))
    is_whole = _say_ignored(ignored_lists(project))
    return OK if all(each.is_complete for each in found) and is_whole else INCOMPLETE


def _say_ignored(sentences: list[str]) -> bool:
    """Say why lists are part of no campaign; True where all are."""
    for sentence in sentences:
        err.print(sentence, style="yellow", highlight=False, markup=False)
    return not sentences


def _overview(found: list[CampaignStatus]) -> Table:
    """Fits 80 columns: names and states fold, numbers never do."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("label_campaign"), overflow="fold", min_width=10)
    table.add_column(say("label_mode"), no_wrap=True, min_width=9)
    for key in ("label_messages", "label_accepted", "label_failed", "label_unknown", "label_pending"):
        table.add_column(say(key), justify="right", no_wrap=True, min_width=9)
    for each in found:
        tally = each.tally
        numbers = (tally.messages, tally.outcomes["accepted"], tally.failed, tally.unknown, tally.pending)
        name = Text(each.campaign).append(f"\n{each.state_words}", style="dim")
        table.add_row(name, say(f"mode_{each.mode.value}"), *(integer(number) for number in numbers))
    return table


def show_notes(notes: list[Note]) -> None:
    """What people left on a campaign, the newest first."""
    for note in notes:
        out.print(f"{note.number}  {moment(note.at)}  {note.text}", highlight=False, markup=False)


def _trouble(project: Project, found: CampaignStatus) -> Trouble | None:
    """What keeps a campaign that is being sent from being accepted."""
    if found.standing.state is not CampaignState.SENDING:
        return None
    return trouble_of(project.ledger.journal(found.campaign), datetime.now(UTC))


def show_status(found: CampaignStatus, met: Trouble | None = None) -> None:
    """The counts of one campaign as tables, and what keeps it from being accepted."""
    shown = found.fates | {"rejected": found.fates["rejected"] - found.corrected, "corrected": found.corrected}
    fates = [(say(f"fate_{name}"), count) for name, count in shown.items() if count]
    codes = sorted(((ReasonCode(name).label, count) for name, count in found.codes.items()), key=lambda each: -each[1])
    outcomes = [(say(f"outcome_{name}"), count) for name, count in found.tally.outcomes.items() if count]
    outcomes += [(say("outcome_unknown"), found.tally.unknown), (say("outcome_pending"), found.tally.pending)]
    rows = f"{integer(found.rows)} {say('label_rows').lower()}"
    title = f"{found.campaign} · {say(f'mode_{found.mode.value}')} · {found.state_words} · {rows}"
    tables = [
        counts(say("title_fates"), (say("label_fate"), say("label_rows")), fates),
        counts(say("title_codes"), (say("label_reason"), say("label_rows")), codes),
        counts(say("title_outcomes"), (say("label_outcome"), say("label_messages")), outcomes),
    ]
    out.print(
        Panel(Columns([table for table in tables if table.row_count], padding=(0, 4)), title=title, title_align="left")
    )
    for hint in _hints(found):
        out.print(hint)
    if met:
        out.print(met.words(found.zone, datetime.now(UTC)), style="yellow", highlight=False, markup=False)


def _hints(found: CampaignStatus) -> list[str]:
    """Why something is pending, and what to do."""
    if not found.tally.pending:
        return []
    if found.command in {OperatorCommand.PAUSE, OperatorCommand.RESTORED}:
        key = "paused" if found.command is OperatorCommand.PAUSE else "restored"
        return [say(key, campaign=found.campaign, pending=found.tally.pending)]
    if found.wait:
        due = moment(found.wait.due_at, found.zone)
        return [say("waiting", pending=found.tally.pending, reason=say(found.wait.reason), due=due)]
    return [say("not_released", campaign=found.campaign)] if found.needs_release else []
