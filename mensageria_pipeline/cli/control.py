"""`mensageria pause`, `resume`, `cancel`, `unknown` and `retry`: a person's decisions over a campaign's sending."""

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from mensageria_pipeline.cli.console import (
    ERROR,
    INCOMPLETE,
    OK,
    counts,
    err,
    load_project,
    out,
    print_json,
    progress_bar,
)
from mensageria_pipeline.cli.run import run_partition
from mensageria_pipeline.cli.status import Campaign, Json, partition_key
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import ChangedError, MensageriaError
from mensageria_pipeline.sending.settle import RETRIABLE
from mensageria_pipeline.services import control
from mensageria_pipeline.services.consequence import what_leaves
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import moment

D = TypeVar("D")
_SHOWN = 20


class Mark(StrEnum):
    """What a person knows of in-doubt messages."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Retriable(StrEnum):
    """Outcomes that may be tried again."""

    EXPIRED = Outcome.EXPIRED.value
    REJECTED = Outcome.REJECTED.value
    CANCELLED = Outcome.CANCELLED.value


Yes = Annotated[bool, typer.Option("--yes", "-y", help="option_yes")]


def register(app: typer.Typer) -> None:
    for command in (pause, resume, cancel, unknown, retry):
        app.command(command.__name__)(command)


def pause(campaign: Campaign) -> None:
    """Pause the sending of a campaign, also while another run sends it."""
    project, partition = load_project(), partition_key(campaign)
    control.pause(project, partition)
    out.print(say("pause_done", campaign=partition))


def resume(campaign: Campaign) -> None:
    """Resume a paused campaign (or undo a cancellation for what comes later)."""
    project, partition = load_project(), partition_key(campaign)
    was_stopped = control.resume(project, partition)
    out.print(say("resume_done" if was_stopped else "resume_nothing", campaign=partition))


def cancel(campaign: Campaign, yes: Yes = False) -> None:
    """Cancel what is left to send: pending messages end as `cancelled`."""
    project, partition = load_project(), partition_key(campaign)
    control.check_planned(project, partition)

    def decide() -> int:
        plan = None if yes else control.plan_of(project, partition)
        if not yes:
            count, mode = control.remaining(project, partition), control.definition_of(project, partition).mode
            ask(say("cancel_ask", campaign=partition, count=count, mode=say(f"mode_{mode}")))
        with _Waiting(partition) as waiting:
            return control.cancel(project, partition, waiting, plan)

    out.print(say("cancel_done", campaign=partition, count=_until_unchanged(decide)))


def unknown(
    campaign: Campaign,
    resend: Annotated[bool, typer.Option("--resend", help="option_resend")] = False,
    mark: Annotated[
        Mark | None,
        typer.Option("--mark", help="option_mark", show_default=False),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """List messages in doubt (they may have arrived), and decide over them."""
    if resend and mark:
        raise typer.BadParameter(say("unknown_one_of"))
    project, partition = load_project(), partition_key(campaign)
    control.check_planned(project, partition)
    if not (resend or mark):
        raise typer.Exit(_list_doubts(project, partition, as_json=as_json))

    def decide() -> int:
        as_seen = None if yes else control.seen(project, partition)
        if not yes:
            found = {each.message_id for each in control.in_doubt(project, partition)}
            if mark:
                ask(say("unknown_ask_mark", campaign=partition, mark=say(f"outcome_{mark}"), count=len(found)))
            else:
                ask(say("unknown_ask_resend", campaign=partition, what=what_leaves(project, partition, found)))
        with _Waiting(partition) as waiting:
            return control.settle(project, partition, Outcome(mark.value) if mark else None, waiting, as_seen)

    count = _until_unchanged(decide)
    key = "unknown_resent" if resend else "unknown_marked"
    out.print(say(key, campaign=partition, count=count, mark=say(f"outcome_{mark}") if mark else ""))


def _list_doubts(project: Project, partition: str, *, as_json: bool) -> int:
    found, zone = control.in_doubt(project, partition), control.definition_of(project, partition).send_window.zone
    code = INCOMPLETE if found else OK
    if as_json:
        rows = [
            {
                "message_id": each.message_id,
                "mode": each.mode.value,
                "provider": each.provider,
                "channel": each.channel,
                "row_number": each.row_number,
                "attempt": each.attempt,
                "code": each.code,
                "attempted_at": each.attempted_at.isoformat() if each.attempted_at else None,
            }
            for each in found
        ]
        print_json({"campaign": partition, "unknown": rows})
        return code
    if not found:
        out.print(say("unknown_none", campaign=partition))
        return code
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("label_row", "label_provider", "label_attempt", "label_code", "label_when", "label_message"):
        table.add_column(say(heading), overflow="fold")
    for each in found[:_SHOWN]:
        when = moment(each.attempted_at, zone, seconds=True)
        table.add_row(
            str(each.row_number), each.provider, str(each.attempt), each.code or "—", when, each.message_id[:12]
        )
    out.print(table)
    if len(found) > _SHOWN:
        out.print(say("unknown_more", count=len(found) - _SHOWN), style="dim")
    out.print(say("unknown_hint", campaign=partition, count=len({each.message_id for each in found})))
    return code


def retry(
    campaign: Campaign,
    outcome: Annotated[
        list[Retriable] | None,
        typer.Option("--outcome", help="option_outcome"),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Try messages again that ended in failure, and run the campaign."""
    project, partition = load_project(), partition_key(campaign)
    wanted = [Outcome(each.value) for each in outcome or (Retriable.EXPIRED, Retriable.REJECTED)]
    assert set(wanted) <= set(RETRIABLE)  # noqa: S101 - the option offers no other

    def decide() -> Counter[str]:
        as_seen = None if yes else control.seen(project, partition)
        if not yes:
            if not (found := control.failed(project, partition, wanted)):
                return Counter()
            _show_failures(found)
            what = what_leaves(project, partition, [name for name, _, _ in found])
            ask(say("retry_ask", campaign=partition, what=what))
        with _Waiting(partition) as waiting:
            return control.retry(project, partition, wanted, waiting, as_seen)

    opened = _until_unchanged(decide)
    if not opened:
        out.print(say("retry_nothing", campaign=partition))
        return
    reason = run_partition(project, partition, is_planned=True)
    if as_json:
        print_json({"campaign": partition, "retried": dict(opened), "problem": reason})
    elif reason is None:
        out.print(say("retry_done", campaign=partition, count=opened.total()))
    if reason:
        raise MensageriaError("as_said", sentence=reason)


# What they share.


def ask(question: str, *, yes: bool = False) -> None:
    """Ask, in the language of this process. Anything but a yes aborts. Nothing is held while a person thinks."""
    if not (yes or confirmed(question)):
        err.print(say("aborted"))
        raise typer.Exit(ERROR)


def confirmed(question: str) -> bool:
    """Whether somebody said yes."""
    answer = typer.prompt(f"{question} [{say('yes_or_no')}]", default="", show_default=False, err=True)
    return answer.strip().lower() in {"s", "sim", "y", "yes"}


def _until_unchanged(decide: Callable[[], D]) -> D:
    """Ask and carry out; where the campaign has changed between the two, say so and ask again."""
    while True:
        try:
            return decide()
        except ChangedError as error:
            err.print(error.text(), style="yellow", highlight=False)


def _show_failures(found: Sequence[control.Failure]) -> None:
    by_outcome = Counter(outcome.value for _, _, outcome in found)
    rows = [(say(f"outcome_{name}"), count) for name, count in by_outcome.items()]
    err.print(counts(say("title_outcomes"), (say("label_outcome"), say("label_messages")), rows))


class _Waiting:
    """A word on the terminal while another run sends the campaign; it makes room for questions."""

    def __init__(self, partition: str) -> None:
        self._text, self._bar = say("control_waiting", campaign=partition), progress_bar()

    def __enter__(self) -> "_Waiting":
        return self

    def __call__(self) -> None:
        if not self._bar.tasks:
            self._bar.start()
            self._bar.add_task(self._text, total=None)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._bar.stop()
