"""`mensageria preview` and `mensageria test-send`: what a campaign would send, on the screen or to oneself."""

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mensageria_pipeline.cli.console import (
    ERROR,
    OK,
    counts,
    err,
    fail,
    load_project,
    money,
    out,
    print_json,
    progress_bar,
    thousands,
)
from mensageria_pipeline.cli.control import Yes, ask
from mensageria_pipeline.cli.show import Campaign, Json, partition_key
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.dataset import replacing
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.messages import Message
from mensageria_pipeline.contracts.names import Partition
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.project import Project
from mensageria_pipeline.recipients.addresses import judge_addresses
from mensageria_pipeline.rehearsal import Rehearsal, providers_of, rehearse
from mensageria_pipeline.sending.drafts import Estimate, Shown, estimate, first_messages, show
from mensageria_pipeline.sending.ledger.trials import Trial
from mensageria_pipeline.sending.providers.contract import Drafting, Provider, Verdict
from mensageria_pipeline.sending.trial import send_trial
from mensageria_pipeline.texts import say

_LOOKED_THROUGH = 1_000
"""Messages among which a test's row is looked for, on each channel."""


def register(app: typer.Typer) -> None:
    app.command("preview")(preview)
    app.command("test-send")(send_test)


def preview(
    campaign: Campaign,
    count: Annotated[int, typer.Option("-n", min=1, max=100, help="Quantas mensagens mostrar de cada canal.")] = 3,
    page: Annotated[
        Path | None,
        typer.Option("--html", help="Gravar o primeiro e-mail neste arquivo, para abrir no navegador.", dir_okay=False),
    ] = None,
    with_requests: Annotated[
        bool, typer.Option("--requests", help="Mostrar também a requisição exata de cada mensagem (sem segredos).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Mostra o que seria enviado agora, com tamanho, partes de SMS e custo, sem enviar nada.

    Exemplos: `mensageria preview boas-vindas -n 5`, `mensageria preview ofertas --html oferta.html`.
    """
    project = load_project()
    partition = Partition.parse(partition_key(campaign))
    with progress_bar() as bar:
        task = bar.add_task(say("preparing", campaign=partition.key), total=None)
        with rehearse(
            project, partition, lambda done, total: bar.update(task, completed=done, total=total)
        ) as prepared:
            providers, missing = providers_of(project, prepared)
            shown = [
                show(message, providers.get(name), mode, name, project.settings)
                for message, name, mode in first_messages(prepared.plan, count)
            ]
            costs = estimate(prepared.plan, providers)
            written = _write_page(page, shown, providers) if page else False
    if as_json:
        print_json(_as_json(prepared, shown, costs))
        return
    for each in shown:
        out.print(_panel(each, with_request=with_requests))
    rows = [(say(f"fate_{name}"), number) for name, number in prepared.recipients.fates.items() if number]
    out.print(counts(say("title_fates"), (say("label_fate"), say("label_rows")), rows))
    for name, found in costs.items():
        out.print(_cost_line(name, found))
    tally = prepared.tally
    out.print(say("preview_counts", pending=tally.pending, settled=tally.messages - tally.pending))
    out.print(say("preview_nothing_sent"), style="dim")
    for error in missing:
        fail(error.text())
    if page:
        out.print(say("preview_page_written" if written else "preview_page_none", file=page))


def _panel(shown: Shown, *, with_request: bool) -> Panel:
    message, draft = shown.message, shown.request
    facts = [f"{shown.message.channel} → {shown.address}", f"{shown.provider} ({say(f'mode_{shown.mode}')})"]
    facts += [say("preview_bytes", bytes=thousands(draft.size_bytes))] if draft else []
    facts += [_price_text(shown)] if shown.price else []
    is_html = draft is not None and message.channel == Channel.EMAIL
    body = say(f"code_{message.problem}") if message.problem else draft.body if is_html and draft else message.body
    parts: list[Text] = [Text(body.strip())]
    if shown.refusal and not message.problem:
        parts.append(Text(say("preview_refused", code=shown.refusal), style="red"))
    if with_request and draft:
        parts.append(Text(f"\n{draft.head}" + ("" if is_html else f"\n\n{draft.body}"), style="dim"))
    title = Text(message.title or "—")
    return Panel(Group(*parts), title=title, subtitle=Text(" · ".join(facts)), title_align="left")


def _price_text(shown: Shown) -> str:
    price = shown.price
    assert price is not None  # noqa: S101 - asked before
    parts = say("preview_parts", parts=price.parts, encoding=price.encoding)
    return parts if price.cost is None else f"{parts}, {money(price.cost)}"


def _cost_line(name: str, found: Estimate) -> str:
    cost = say("preview_no_price") if found.cost is None else money(found.cost)
    return say(
        "preview_cost", provider=name, messages=thousands(found.messages), parts=thousands(found.parts), cost=cost
    )  # fmt: skip


def _write_page(path: Path, shown: list[Shown], providers: dict[str, Provider]) -> bool:
    """The first e-mail as a page of its own; False where there is none."""
    for each in shown:
        provider = providers.get(each.provider)
        html = provider.page(each.message) if isinstance(provider, Drafting) and not each.refusal else None
        if html:
            with replacing(path) as temporary:
                temporary.write_text(html, encoding="utf-8")
            return True
    return False


def _as_json(prepared: Rehearsal, shown: list[Shown], costs: dict[str, Estimate]) -> dict[str, Any]:
    tally, recipients = prepared.tally, prepared.recipients
    return {
        "campaign": prepared.partition.key, "rows": recipients.row_count, "fates": dict(recipients.fates),
        "messages": [_message_json(each) for each in shown],
        "costs": {name: {"messages": c.messages, "parts": c.parts, "cost": c.cost} for name, c in costs.items()},
        "would_send": tally.pending, "settled": tally.messages - tally.pending,
    }  # fmt: skip


def _message_json(shown: Shown) -> dict[str, Any]:
    message, draft, price = shown.message, shown.request, shown.price
    return {
        "channel": message.channel, "address": shown.address, "provider": shown.provider, "mode": shown.mode,
        "title": message.title, "body": message.body, "data": dict(message.data), "problem": shown.refusal,
        "request": {"head": draft.head, "body": draft.body, "bytes": draft.size_bytes} if draft else None,
        "price": {"parts": price.parts, "encoding": price.encoding, "cost": price.cost} if price else None,
    }  # fmt: skip


def send_test(
    campaign: Campaign,
    to: Annotated[str | None, typer.Option("--to", help="O seu e-mail, telefone ou token.", show_default=False)] = None,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="Canal, se a forma do endereço não o diz.", show_default=False)
    ] = None,
    row: Annotated[
        int | None, typer.Option("--row", min=1, help="A n-ésima mensagem do canal, em vez da primeira.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Mostrar os testes já enviados.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Envia UMA mensagem de teste, marcada [TESTE], pelo provedor de verdade, com os dados da lista.

    Fica registrada à parte: não conta como envio da campanha. Exemplo:
    `mensageria test-send boas-vindas --to voce@exemplo.com.br`.
    """
    project = load_project()
    partition = Partition.parse(partition_key(campaign))
    if history:
        _show_history(project.ledger.trials.of(partition.key), as_json=as_json)
        return
    if not to:
        raise typer.BadParameter(say("trial_needs_address"))
    wanted = channel or _channel_of(to)
    address = str(judge_addresses(wanted, pd.Series([to.strip()], dtype="str"))["address"].iloc[0])
    if not address:
        raise InputError("trial_address", channel=wanted.value)
    with rehearse(project, partition) as prepared:
        message, provider = _chosen(project, prepared, wanted, row or 1)
        ask(say("trial_ask", provider=provider.name, address=mask(address)), yes=yes)
        trial = send_trial(
            project.ledger, provider, partition.key, message._replace(address=address), project.settings.timeout_s
        )
    if as_json:
        print_json(_trial_json(trial))
    else:
        _tell_trial(trial)
    raise typer.Exit(OK if trial.verdict == Verdict.ACCEPTED else ERROR)


def _channel_of(address: str) -> Channel:
    if address.startswith(("http://", "https://")):
        return Channel.WEBHOOK
    if "@" in address:
        return Channel.EMAIL
    return Channel.SMS if sum(c.isdigit() for c in address) >= 10 and len(address) <= 24 else Channel.PUSH


def _chosen(project: Project, prepared: Rehearsal, channel: Channel, row: int) -> tuple[Message, Provider]:
    """The message to test with, and the adapter that sends it."""
    looked = first_messages(prepared.plan, max(row, _LOOKED_THROUGH))
    found = [(message, name) for message, name, _ in looked if message.channel == channel]
    if len(found) < row:
        raise InputError("trial_no_message", channel=channel.value, count=len(found))
    message, name = found[row - 1]
    providers, missing = providers_of(project, prepared)
    if name not in providers:
        raise missing[0]
    return message, providers[name]


def _tell_trial(trial: Trial) -> None:
    took = f"{trial.latency_ms or 0:.0f} ms"
    if trial.verdict == Verdict.ACCEPTED:
        out.print(say("trial_accepted", provider=trial.provider, took=took, id=trial.provider_message_id or "—"))
    else:
        fail(say("trial_failed", provider=trial.provider, verdict=trial.verdict, code=trial.code or "—"))
    err.print(say("trial_apart"), style="dim")


def _show_history(trials: list[Trial], *, as_json: bool) -> None:
    if as_json:
        print_json({"trials": [_trial_json(trial) for trial in trials]})
        return
    if not trials:
        out.print(say("trial_none"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("label_when", "label_channel", "label_provider", "label_outcome", "label_code"):
        table.add_column(say(key))
    for trial in trials:
        when = trial.sent_at.astimezone().strftime("%d/%m/%Y %H:%M")
        table.add_row(when, trial.channel, trial.provider, trial.verdict or "—", trial.code or "—")
    out.print(table)


def _trial_json(trial: Trial) -> dict[str, Any]:
    return {
        "id": trial.trial_id, "campaign": trial.campaign, "channel": trial.channel, "provider": trial.provider,
        "sent_at": trial.sent_at.isoformat(), "verdict": trial.verdict, "code": trial.code,
        "provider_message_id": trial.provider_message_id, "latency_ms": trial.latency_ms, "cost": trial.cost,
    }  # fmt: skip
