"""`mensageria pause`, `resume`, `cancel`, `unknown` and `retry`: a person's decisions over a campaign's sending."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from mensageria_pipeline import control
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
from mensageria_pipeline.cli.show import Campaign, Json, partition_key
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.errors import MensageriaError
from mensageria_pipeline.sending.settle import RETRIABLE, Doubt, doubts
from mensageria_pipeline.texts import say

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


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Não perguntar antes.")]


def register(app: typer.Typer) -> None:
    for command in (pause, resume, cancel, unknown, retry):
        app.command(command.__name__)(command)


def pause(campaign: Campaign) -> None:
    """Pausa o envio de uma campanha, também enquanto outra execução a envia.

    O que já saiu recebe seu resultado; o resto espera por `mensageria resume`. Para desfazer: `resume`.
    """
    project, partition = load_project(), partition_key(campaign)
    control.pause(project, partition)
    out.print(say("pause_done", campaign=partition))


def resume(campaign: Campaign) -> None:
    """Retoma uma campanha em pausa (ou desfaz um cancelamento para o que vier depois).

    Com o Dagster ligado, o sensor `agenda` continua o envio em segundos; sem ele, `mensageria run`.
    """
    project, partition = load_project(), partition_key(campaign)
    was_stopped = control.resume(project, partition)
    out.print(say("resume_done" if was_stopped else "resume_nothing", campaign=partition))


def cancel(campaign: Campaign, yes: Yes = False) -> None:
    """Cancela o que falta enviar: as mensagens pendentes terminam como `cancelled`.

    As que estão em dúvida continuam em dúvida. Para desfazer: `mensageria resume` e depois
    `mensageria retry CAMPANHA --outcome cancelled`.
    """
    project, partition = load_project(), partition_key(campaign)
    control.check_planned(project, partition)
    ask(say("cancel_ask", campaign=partition), yes=yes)
    with _Waiting(partition) as waiting:
        cancelled = control.cancel(project, partition, waiting)
    out.print(say("cancel_done", campaign=partition, count=cancelled))


def unknown(
    campaign: Campaign,
    resend: Annotated[bool, typer.Option("--resend", help="Enviar de novo na próxima execução.")] = False,
    mark: Annotated[
        Mark | None,
        typer.Option("--mark", help="O que o provedor disse delas: accepted ou rejected.", show_default=False),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Lista as mensagens em dúvida (podem ter chegado) e decide sobre elas.

    Confira antes com o provedor. Exemplos: `mensageria unknown cobranca`,
    `mensageria unknown cobranca --mark accepted`, `mensageria unknown cobranca --resend`.
    """
    if resend and mark:
        raise typer.BadParameter(say("unknown_one_of"))
    project, partition = load_project(), partition_key(campaign)
    control.check_planned(project, partition)
    if not (resend or mark):
        plan = project.layout.table(Asset.MESSAGES, partition)
        raise typer.Exit(_list_doubts(doubts(plan, project.ledger.journal(partition)), partition, as_json=as_json))
    ask(say("unknown_ask_resend" if resend else "unknown_ask_mark", campaign=partition, mark=mark), yes=yes)
    with _Waiting(partition) as waiting:
        count = control.settle(project, partition, Outcome(mark.value) if mark else None, waiting)
    key = "unknown_resent" if resend else "unknown_marked"
    out.print(say(key, campaign=partition, count=count, mark=mark))


def _list_doubts(found: list[Doubt], partition: str, *, as_json: bool) -> int:
    code = INCOMPLETE if found else OK
    if as_json:
        rows = [
            {"message_id": each.message_id, "mode": each.mode.value, "provider": each.provider, "channel": each.channel,
             "row_number": each.row_number, "attempt": each.attempt, "code": each.code,
             "attempted_at": each.attempted_at.isoformat() if each.attempted_at else None}
            for each in found
        ]  # fmt: skip
        print_json({"campaign": partition, "unknown": rows})
        return code
    if not found:
        out.print(say("unknown_none", campaign=partition))
        return code
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("label_row", "label_provider", "label_attempt", "label_code", "label_when", "label_message"):
        table.add_column(say(heading), overflow="fold")
    for each in found[:_SHOWN]:
        when = each.attempted_at.astimezone().strftime("%d/%m/%Y %H:%M:%S") if each.attempted_at else "—"
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
        typer.Option("--outcome", help="Resultados a tentar de novo (pode repetir). Padrão: expired e rejected."),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Tenta de novo mensagens que terminaram em falha, e executa a campanha.

    Endereços que não existem mais não voltam: precisam de outro endereço em uma lista nova. O que pode voltar está
    na visão `dead_letters` do warehouse. Exemplo: `mensageria retry cobranca --outcome expired`.
    """
    project, partition = load_project(), partition_key(campaign)
    wanted = [Outcome(each.value) for each in outcome or (Retriable.EXPIRED, Retriable.REJECTED)]
    assert set(wanted) <= set(RETRIABLE)  # noqa: S101 - the option offers no other

    def agree(found: Sequence[control.Failure]) -> None:
        waiting.stop()
        by_outcome = Counter(each.value for _, _, each in found)
        rows = [(say(f"outcome_{name}"), count) for name, count in by_outcome.items()]
        err.print(counts(say("title_outcomes"), (say("label_outcome"), say("label_messages")), rows))
        ask(say("retry_ask", campaign=partition, count=len(found)), yes=yes)

    with _Waiting(partition) as waiting:
        opened = control.retry(project, partition, wanted, agree, waiting)
    if not opened:
        out.print(say("retry_nothing", campaign=partition))
        return
    reason = run_partition(project, partition)
    if as_json:
        print_json({"campaign": partition, "retried": dict(opened), "problem": reason})
    elif reason is None:
        out.print(say("retry_done", campaign=partition, count=opened.total()))
    if reason:
        raise MensageriaError("as_said", sentence=reason)


# What they share.


def ask(question: str, *, yes: bool) -> None:
    """Ask, in the language of this process. Anything but a yes aborts."""
    if yes:
        return
    answer = typer.prompt(f"{question} [{say('yes_or_no')}]", default="", show_default=False, err=True)
    if answer.strip().lower() not in {"s", "sim", "y", "yes"}:
        err.print(say("aborted"))
        raise typer.Exit(ERROR)


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
