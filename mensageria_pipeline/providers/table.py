"""What each provider can do and what its answers mean, as tables: docs/providers.md shows them as the code has them."""

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.providers.contract import (
    Capabilities,
    PolledReceipts,
    Pricing,
    SecondCopy,
)
from mensageria_pipeline.providers.registry import PROVIDERS, variables_declared_by
from mensageria_pipeline.providers.verdict import Meaning
from mensageria_pipeline.providers.webhooks import WebhookReceipts
from mensageria_pipeline.settings.variables import Need

_SECOND_COPY = {
    SecondCopy.SEEN: "is seen",
    SecondCopy.IGNORED: "is ignored (idempotency key)",
    SecondCopy.REPLACED: "replaces the first (collapse key)",
}


def capability_table() -> str:
    """A Markdown table: 1 row per provider of this package."""
    heads = [
        "provider",
        "mode",
        "channels",
        "push tokens",
        "messages per request",
        "payload limit",
        "a second copy",
        "in doubt, by default",
        "own pace",
        "on their way at once",
        "receipts",
        "cost",
        "needs",
    ]
    rows = [heads, ["---"] * len(heads)]
    for name, adapter in PROVIDERS.items():
        rows.append(
            [
                f"`{name}`",
                *_row(adapter.capabilities),
                _receipts(adapter),
                _cost(adapter),
                _needs(adapter),
            ]
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def answer_table() -> str:
    """A Markdown table: 1 row per meaning of an answer, with the codes that have it, per provider of this package."""
    rows = [["provider", "code", "comes to", "speaks of"], ["---"] * 4]
    for name, adapter in PROVIDERS.items():
        codes: dict[Meaning, list[str]] = {}
        for table in getattr(adapter, "answers", ()):
            for code, meaning in table.items():
                codes.setdefault(meaning, []).append(f"`{code}`")
        rows += [
            [f"`{name}`", ", ".join(found), meaning.verdict.value, f"the {meaning.about.value}"]
            for meaning, found in codes.items()
        ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _row(can: Capabilities) -> list[str]:
    every = set(can.channels) == set(Channel)
    pace = can.pace.rate_per_s
    ramp = f", reached in {can.pace.ramp_up_s:.0f} s" if can.pace.ramp_up_s else ""
    return [
        can.mode.value,
        "any" if every else ", ".join(channel.value for channel in can.channels),
        ", ".join(sorted(can.token_kinds)) if can.token_kinds else "any" if Channel.PUSH in can.channels else "–",
        str(can.batch_size),
        f"{can.max_payload_bytes:,} bytes" if can.max_payload_bytes else "–",
        "is nothing" if can.mode is Mode.SIMULATED else _SECOND_COPY[can.second_copy],
        can.on_unknown.value,
        f"{pace:,.0f}/s{ramp}" if pace else "–",
        str(can.max_in_flight) if can.max_in_flight else "512",
    ]


def _receipts(adapter: object) -> str:
    if isinstance(adapter, WebhookReceipts):
        return "posted"
    if isinstance(adapter, PolledReceipts):
        hours = adapter.ask_within.total_seconds() / 3600
        return f"asked for, {adapter.ask_after.total_seconds() / 60:.0f} min to {hours:.0f} h after"
    return "–"


def _cost(adapter: object) -> str:
    return "by parts" if isinstance(adapter, Pricing) else "–"


def _needs(adapter: object) -> str:
    needed = [each.name for each in variables_declared_by(adapter) if each.need is not Need.OPTIONAL]
    return ", ".join(f"`{name}`" for name in needed) or "–"
