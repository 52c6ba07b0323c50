"""What each provider can do, as a table: docs/providers.md shows it, so that it cannot differ from the code."""

from pathlib import Path

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.sending.providers.contract import (
    Capabilities,
    Pricing,
    ProviderConfig,
    ReportsByWebhook,
    ReportsWhenAsked,
    SecondCopy,
)
from mensageria_pipeline.sending.providers.registry import PROVIDERS, create_provider
from mensageria_pipeline.settings import Settings

_SAMPLE = Settings(
    root=Path(), data_dir=Path(), api_provider_url="https://exemplo.com.br/", api_key="-", fcm_access_token="-",  # noqa: S106
    fcm_project_id="-", zenvia_token="-", zenvia_from="-", smtp_host="exemplo.com.br", smtp_from="a@exemplo.com.br",  # noqa: S106
)  # fmt: skip
"""Enough to make every adapter; nothing is connected."""
_SECOND_COPY = {
    SecondCopy.SEEN: "is seen",
    SecondCopy.IGNORED: "is ignored (idempotency key)",
    SecondCopy.REPLACED: "replaces the first (collapse key)",
}


def capability_table() -> str:
    """A Markdown table: 1 row per provider of this package."""
    heads = ["provider", "mode", "channels", "messages per request", "payload limit", "a second copy",
             "in doubt, by default", "own pace", "on their way at once", "receipts", "cost", "needs"]  # fmt: skip
    rows = [heads, ["---"] * len(heads)]
    for name, adapter in PROVIDERS.items():
        can = create_provider(name, ProviderConfig(_SAMPLE)).capabilities
        rows.append([f"`{name}`", *_row(can), _receipts(adapter), _cost(adapter), _needs(adapter.required_settings)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _row(can: Capabilities) -> list[str]:
    every = set(can.channels) == set(Channel)
    pace = can.pace.rate_per_s
    ramp = f", reached in {can.pace.ramp_up_s:.0f} s" if can.pace.ramp_up_s else ""
    return [
        can.mode.value,
        "any" if every else ", ".join(channel.value for channel in can.channels),
        str(can.batch_size),
        f"{can.max_payload_bytes:,} bytes" if can.max_payload_bytes else "–",
        "is nothing" if can.mode is Mode.SIMULATED else _SECOND_COPY[can.second_copy],
        can.on_unknown.value,
        f"{pace:,.0f}/s{ramp}" if pace else "–",
        str(can.max_in_flight) if can.max_in_flight else "512",
    ]


def _receipts(adapter: object) -> str:
    if isinstance(adapter, ReportsByWebhook):
        return "posted"
    if isinstance(adapter, ReportsWhenAsked):
        hours = adapter.ask_within.total_seconds() / 3600
        return f"asked for, {adapter.ask_after.total_seconds() / 60:.0f} min to {hours:.0f} h after"
    return "–"


def _cost(adapter: object) -> str:
    return "by parts" if isinstance(adapter, Pricing) else "–"


def _needs(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"
