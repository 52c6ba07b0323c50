"""`mensageria person`: one person across all campaigns, and `mensageria purge`: the end of old campaigns' data."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mensageria_pipeline import texts
from mensageria_pipeline.cli.console import ERROR, OK, err, load_project, out, print_json, progress_bar
from mensageria_pipeline.cli.control import Yes, ask
from mensageria_pipeline.cli.run import show_lists
from mensageria_pipeline.cli.status import Json, partition_key
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.ledger.suppressions import EVERY_CAMPAIGN, OptOut, OptOutReason
from mensageria_pipeline.privacy.access_export import access_export
from mensageria_pipeline.privacy.find import Found, Happening, find_person
from mensageria_pipeline.privacy.forget import finish_erasures, forget_person
from mensageria_pipeline.privacy.retention import expired
from mensageria_pipeline.privacy.retention import purge as purge_partitions
from mensageria_pipeline.services.preparation import take_in_lists
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.services.status import known_partitions
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.files import check_target
from mensageria_pipeline.suppressions.identity import Keys, known_as
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import integer, moment

Person = Annotated[str, typer.Argument(help="option_person", metavar="metavar_person", show_default=False)]
OnlyCampaign = Annotated[str | None, typer.Option("--campaign", "-c", help="option_in_campaign")]
OnlyChannel = Annotated[Channel | None, typer.Option("--channel", help="option_in_channel", show_default=False)]
_MARKS = {"accepted": "green", "planned": "cyan", "pending": "cyan", "unknown": "yellow"}

group = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    for command in (why, data, suppress, allow, forget):
        group.command(command.__name__)(command)
    app.add_typer(group, name="person")
    app.command("purge")(purge)


def why(person: Person, as_json: Json = False) -> None:
    """Why was it not received? What happened to the person in each campaign, by which rule and when."""
    project = load_project()
    show_lists(take_in_lists(project))
    found = _find(project, person)
    if as_json:
        print_json({"rows": [_happening_json(each) for each in found.happenings], "suppressions": _opt_outs(found)})
        raise typer.Exit(OK)
    if not found.happenings and not found.opt_outs:
        out.print(say("person_unknown"))
        raise typer.Exit(ERROR)
    if found.happenings:
        out.print(_happenings_table(found.happenings))
    if found.opt_outs:
        out.print(_opt_outs_table(found))
    _show_mentions(found)


def data(
    person: Person,
    target: Annotated[Path | None, typer.Option("--out", "-o", help="option_person_out", dir_okay=False)] = None,
) -> None:
    """All that is kept of the person, as JSON: cells of lists, messages, sends, suppressions."""
    project = load_project()
    if target is not None:
        check_target(project.layout, target)
    found = _find(project, person)
    text = json.dumps(access_export(project.layout, found), ensure_ascii=False, indent=2, default=_plain)
    if target is None:
        print(text)  # noqa: T201 - results belong on stdout
        return
    with replacing(target.resolve()) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    err.print(say("person_data_written", file=target), style="dim")


def suppress(person: Person, campaign: OnlyCampaign = None, channel: OnlyChannel = None) -> None:
    """Message the person no more, on their request. It holds at once, also for what is being sent."""
    project = load_project()
    scope = Partition.parse(partition_key(campaign)).campaign if campaign else EVERY_CAMPAIGN
    known = known_as(person)
    if "@" in person and not known.addresses:
        raise InputError("person_not_an_email")
    keys = Keys(project.ledger.key).of(known, [channel] if channel else list(Channel))
    source = "mensageria person suppress"
    opt_outs = [
        OptOut(subject_key, subject, meant.value, scope, OptOutReason.OPTED_OUT, source)
        for subject_key, subject, meant in keys
    ]
    added = project.ledger.suppressions.suppress(opt_outs)
    out.print(say("person_suppressed" if added else "person_suppressed_already"))
    kinds = [say(f"known_{kind}") for kind in known.kinds]
    out.print(say("person_understood", kinds=", ".join(kinds)), style="dim")


def allow(person: Person, channel: OnlyChannel = None, yes: Yes = False) -> None:
    """Message the person again, if they asked for it: lifts lists and requests, and is recorded."""
    project = load_project()
    ask(say("person_allow_ask"), yes=yes)
    subject_keys = [
        key for key, _, _ in Keys(project.ledger.key).of(known_as(person), [channel] if channel else list(Channel))
    ]
    count = project.ledger.suppressions.allow(subject_keys, "mensageria person allow")
    out.print(say("person_allowed" if count else "person_not_suppressed", count=count))


def forget(person: Person, yes: Yes = False, as_json: Json = False) -> None:
    """Forget the person (LGPD, art. 18): erase their data from all campaigns, and never message them again."""
    project = load_project()
    take_in_lists(project)
    finish_erasures(project)
    for each in project.ledger.erasures.unfinished():
        err.print(say("erasure_unfinished", receipt=each.name, problem=each.problem), style="yellow")
    found = _find(project, person)
    campaigns = sorted({row.partition for row in found.rows})
    ask(say("person_forget_ask", count=len(found.rows), campaigns=", ".join(campaigns) or "—"), yes=yes)
    with progress_bar() as bar:
        task = bar.add_task(say("person_forgetting"), total=len(campaigns))
        receipt = forget_person(project, person, lambda _partition: bar.update(task, advance=1))
    if as_json:
        print_json(receipt.content)
        return
    found = receipt.found
    campaigns_text = say("count_campaigns", count=len({row.partition for row in found.rows}))
    out.print(say("person_forgotten", count=len(found.rows), campaigns=campaigns_text, file=receipt.path))
    for name in receipt.content["original_files_deleted"]:
        out.print(f"  {say('person_original_deleted', file=name)}", highlight=False)
    _show_mentions(found)
    for name in receipt.content["input_files_not_searched"]:
        err.print(say("person_not_searched", file=name), style="yellow")
    out.print(say("person_forget_backups"), style="dim")


def purge(
    days: Annotated[
        int | None,
        typer.Option("--older-than", min=1, help="option_older_than", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="option_purge_dry_run")] = False,
    yes: Yes = False,
) -> None:
    """Delete addresses and texts of old campaigns; outcomes and counts stay. This cannot be undone."""
    project = load_project()
    limit = days or project.settings.retention_days
    if limit is None:
        out.print(say("retention_off"))
        return
    found = expired(project, known_partitions(project), limit)
    if not found:
        out.print(say("purge_nothing", days=limit))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("label_campaign", "label_last_used", "label_rows"):
        table.add_column(say(heading))
    for each in found:
        table.add_row(each.partition, moment(each.last_used_at), integer(each.row_count))
    out.print(table)
    if dry_run:
        return
    ask(say("purge_ask", count=len(found)), yes=yes)
    purge_partitions(project, [each.partition for each in found])
    out.print(say("purged", count=len(found), campaigns=", ".join(each.partition for each in found)))


def _find(project: Project, person: str) -> Found:
    partitions = known_partitions(project)
    with progress_bar() as bar:
        task = bar.add_task(say("person_looking"), total=len(partitions))
        return find_person(
            project.layout, project.ledger, person, partitions, lambda done: bar.update(task, completed=done)
        )


def _happenings_table(happenings: Sequence[Happening]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title=say("title_happenings"), title_justify="left")
    table.add_column(say("label_campaign"), overflow="fold", min_width=10)
    table.add_column(say("label_row"), overflow="fold")
    table.add_column(say("label_happened"), overflow="fold", min_width=24)
    table.add_column(say("label_when"), no_wrap=True)
    for each in happenings:
        state = each.outcome or each.fate
        when = each.decided_at or each.received_at
        table.add_row(
            each.partition,
            f"{each.file_name}:{each.row_number}",
            f"[{_MARKS.get(state, 'red')}]{_sentence(each)}[/]",
            moment(when),
        )
    return table


def _sentence(each: Happening) -> str:
    """What happened to a row, in one sentence."""
    if not each.fate:
        return say("happened_not_judged")
    if each.fate != "planned":
        return each.reason if texts.current() is texts.Language.PT_BR else each.reason_en
    if not each.outcome:
        return say("happened_planned")
    mode = say(f"mode_{each.mode}")
    code = f" ({each.outcome_code})" if each.outcome_code and each.outcome != "accepted" else ""
    return say("happened_outcome", outcome=say(f"one_{each.outcome}"), provider=each.provider, mode=mode) + code


def _opt_outs_table(found: Found) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title=say("title_opt_outs"), title_justify="left")
    heads = ("label_known_as", "label_channel", "label_campaign", "label_happened", "label_source", "label_when")
    for heading in heads:
        table.add_column(say(heading), overflow="fold")
    for each in _opt_outs(found):
        happened = say("opt_out_allowed") if each["event"] == "allowed" else ReasonCode(each["reason"]).label
        table.add_row(
            each["known_as"],
            each["channel"],
            each["campaign"] or say("every_campaign"),
            happened,
            each["source"],
            moment(datetime.fromisoformat(each["at"])),
        )
    return table


def _opt_outs(found: Found) -> list[dict[str, Any]]:
    return [
        {
            "known_as": mask(found.names[each.subject_key]),
            "channel": each.channel,
            "campaign": each.campaign,
            "event": each.event.value,
            "reason": each.reason,
            "source": each.source,
            "at": each.at.isoformat(),
        }
        for each in found.opt_outs
    ]


def _happening_json(each: Happening) -> dict[str, Any]:
    return {
        "campaign": each.partition,
        "file": each.file_name,
        "row": each.row_number,
        "received_at": each.received_at.isoformat(),
        "fate": each.fate,
        "code": each.code,
        "channel": each.channel,
        "message_id": each.message_id,
        "mode": each.mode,
        "provider": each.provider,
        "outcome": each.outcome,
        "outcome_code": each.outcome_code,
        "attempts": each.attempts,
        "decided_at": each.decided_at.isoformat() if each.decided_at else None,
        "sentence": _sentence(each),
    }


def _show_mentions(found: Found) -> None:
    for row in found.mentions:
        err.print(say("person_mention", campaign=row.partition, file=row.file_name, row=row.row_number), style="yellow")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
