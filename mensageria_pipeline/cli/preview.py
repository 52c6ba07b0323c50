"""`mensageria preview` and `mensageria test-send`: what a campaign would send, on the screen or to oneself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

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
    out,
    print_json,
    progress_bar,
)
from mensageria_pipeline.cli.control import Yes, ask
from mensageria_pipeline.cli.status import Campaign, Json, partition_key
from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.partition import Partition
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.ledger.test_sends import TestSend
from mensageria_pipeline.providers.contract import Previewable, Provider
from mensageria_pipeline.providers.verdict import Verdict
from mensageria_pipeline.sending.request_preview import CostEstimate, MessagePreview, estimate, first_messages, show
from mensageria_pipeline.sending.test_send import send_test
from mensageria_pipeline.services.dry_run import DryRun, dry_run, providers_of
from mensageria_pipeline.services.message_to_test import address_to_test, channel_of, message_to_test
from mensageria_pipeline.storage.dataset import replacing
from mensageria_pipeline.storage.files import check_target
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import decimal, integer, moment, money


def register(app: typer.Typer) -> None:
    app.command("preview")(preview)
    app.command("test-send")(send_a_test)


def preview(
    campaign: Campaign,
    count: Annotated[int, typer.Option("-n", min=1, max=100, help="option_preview_count")] = 3,
    page: Annotated[
        Path | None,
        typer.Option("--html", help="option_preview_html", dir_okay=False),
    ] = None,
    with_requests: Annotated[bool, typer.Option("--requests", help="option_preview_requests")] = False,
    as_json: Json = False,
) -> None:
    """Show what would be sent now, with size, SMS parts and cost, and send nothing."""
    project = load_project()
    if page is not None:
        check_target(project.layout, page)
    partition = Partition.parse(partition_key(campaign))
    with progress_bar() as bar:
        task = bar.add_task(say("preparing", campaign=partition.key), total=None)
        with dry_run(project, partition, lambda done, total: bar.update(task, completed=done, total=total)) as prepared:
            providers, missing = providers_of(project, prepared.partition.key, prepared.definition)
            shown = [
                show(message, providers.get(name), mode, name, project.settings, prepared.definition)
                for message, name, mode in first_messages(prepared.plan, count, prepared.to_send)
            ]
            costs = estimate(prepared.plan, providers, prepared.definition, prepared.to_send)
            written = _write_page(page, shown, providers) if page else False
    if as_json:
        print_json(_as_json(prepared, shown, costs))
        return
    for each in shown:
        out.print(_panel(each, with_request=with_requests))
    _tell_counts(prepared, costs)
    for error in missing:
        fail(error.text())
    if page:
        out.print(say("preview_page_written" if written else "preview_page_none", file=page))


def _tell_counts(prepared: DryRun, costs: Mapping[str, CostEstimate]) -> None:
    """Rows by fate, what the messages would cost, and how many are left to send."""
    rows = [(say(f"fate_{name}"), number) for name, number in prepared.recipients.fates.items() if number]
    out.print(counts(say("title_fates"), (say("label_fate"), say("label_rows")), rows))
    for name, found in costs.items():
        out.print(_cost_line(name, found))
    tally = prepared.tally
    out.print(say("preview_counts", pending=tally.pending, settled=tally.messages - tally.pending))
    out.print(say("preview_nothing_sent"), style="dim")


def _panel(shown: MessagePreview, *, with_request: bool) -> Panel:
    message, request = shown.message, shown.request
    facts = [f"{shown.message.channel} → {shown.address}", f"{shown.provider} ({say(f'mode_{shown.mode}')})"]
    facts += [say("preview_bytes", bytes=integer(request.size_bytes))] if request else []
    facts += [_price_text(shown)] if shown.price else []
    is_html = request is not None and message.channel == Channel.EMAIL
    body = request.body if is_html and request else message.body
    if message.problem:
        body = ReasonCode(message.problem).label
    parts: list[Text] = [Text(body.strip())]
    if shown.refusal and not message.problem:
        parts.append(Text(say("preview_refused", code=shown.refusal), style="red"))
    if with_request and request:
        parts.append(Text(f"\n{request.head}" + ("" if is_html else f"\n\n{request.body}"), style="dim"))
    title = Text(message.title or "—")
    return Panel(Group(*parts), title=title, subtitle=Text(" · ".join(facts)), title_align="left")


def _price_text(shown: MessagePreview) -> str:
    price = shown.price
    assert price is not None  # noqa: S101 - asked before
    if not price.encoding:
        return money(price.cost or 0.0)
    parts = say("preview_parts", count=price.parts, encoding=price.encoding)
    return parts if price.cost is None else f"{parts}, {money(price.cost)}"


def _cost_line(name: str, found: CostEstimate) -> str:
    cost = say("preview_no_price") if found.cost is None else money(found.cost)
    return say(
        "preview_cost",
        provider=name,
        messages=say("count_messages", count=found.messages),
        parts=say("count_parts", count=found.parts),
        cost=cost,
    )


def _write_page(path: Path, shown: list[MessagePreview], providers: dict[str, Provider]) -> bool:
    """The first e-mail as a page of its own; False where there is none."""
    for each in shown:
        provider = providers.get(each.provider)
        html = provider.page(each.message) if isinstance(provider, Previewable) and not each.refusal else None
        if html:
            with replacing(path) as temporary:
                temporary.write_text(html, encoding="utf-8")
            return True
    return False


def _as_json(prepared: DryRun, shown: list[MessagePreview], costs: dict[str, CostEstimate]) -> dict[str, Any]:
    tally, recipients = prepared.tally, prepared.recipients
    return {
        "campaign": prepared.partition.key,
        "rows": recipients.row_count,
        "fates": dict(recipients.fates),
        "messages": [_message_json(each) for each in shown],
        "costs": {name: {"messages": c.messages, "parts": c.parts, "cost": c.cost} for name, c in costs.items()},
        "would_send": tally.pending,
        "settled": tally.messages - tally.pending,
    }


def _message_json(shown: MessagePreview) -> dict[str, Any]:
    message, request, price = shown.message, shown.request, shown.price
    return {
        "channel": message.channel,
        "address": shown.address,
        "provider": shown.provider,
        "mode": shown.mode,
        "title": message.title,
        "body": message.body,
        "data": dict(message.data),
        "problem": shown.refusal,
        "request": {"head": request.head, "body": request.body, "bytes": request.size_bytes} if request else None,
        "price": {"parts": price.parts, "encoding": price.encoding, "cost": price.cost} if price else None,
    }


def send_a_test(
    campaign: Campaign,
    to: Annotated[str | None, typer.Option("--to", help="option_test_to", show_default=False)] = None,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="option_test_channel", show_default=False)
    ] = None,
    row: Annotated[int | None, typer.Option("--row", min=1, help="option_test_row")] = None,
    history: Annotated[bool, typer.Option("--history", help="option_test_history")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send ONE test message, marked [TESTE], through the real provider, with data of the list."""
    project = load_project()
    partition = Partition.parse(partition_key(campaign))
    if history:
        _show_history(project.ledger.test_sends.of(partition.key), as_json=as_json)
        return
    if not to:
        raise typer.BadParameter(say("trial_needs_address"))
    wanted = channel or channel_of(to)
    address = address_to_test(wanted, to)
    with dry_run(project, partition) as prepared:
        message, provider = message_to_test(project, prepared, wanted, row or 1)
        ask(say("trial_ask", provider=provider.name, address=mask(address)), yes=yes)
        sent = send_test(
            project.ledger, provider, partition.key, message._replace(address=address), project.settings.timeout_s
        )
    if as_json:
        print_json(_test_json(sent))
    else:
        _tell_test(sent)
    raise typer.Exit(OK if sent.verdict == Verdict.ACCEPTED else ERROR)


def _tell_test(sent: TestSend) -> None:
    took = f"{decimal(sent.latency_ms or 0, 0)} ms"
    if sent.verdict == Verdict.ACCEPTED:
        out.print(say("trial_accepted", provider=sent.provider, took=took, id=sent.provider_message_id or "—"))
    else:
        fail(say("trial_failed", provider=sent.provider, verdict=sent.verdict, code=sent.code or "—"))
    err.print(say("trial_apart"), style="dim")


def _show_history(test_sends: list[TestSend], *, as_json: bool) -> None:
    if as_json:
        print_json({"trials": [_test_json(sent) for sent in test_sends]})
        return
    if not test_sends:
        out.print(say("trial_none"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("label_when", "label_channel", "label_provider", "label_outcome", "label_code"):
        table.add_column(say(key))
    for sent in test_sends:
        table.add_row(moment(sent.sent_at), sent.channel, sent.provider, sent.verdict or "—", sent.code or "—")
    out.print(table)


def _test_json(sent: TestSend) -> dict[str, Any]:
    return {
        "id": sent.test_send_id,
        "campaign": sent.campaign,
        "channel": sent.channel,
        "provider": sent.provider,
        "sent_at": sent.sent_at.isoformat(),
        "verdict": sent.verdict,
        "code": sent.code,
        "provider_message_id": sent.provider_message_id,
        "latency_ms": sent.latency_ms,
        "cost": sent.cost,
    }
