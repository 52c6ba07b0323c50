"""Receipts that a provider does not post but gives when it is asked, such as Expo's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from mensageria_pipeline.errors import DefinitionError, SettingsError
from mensageria_pipeline.providers.contract import PolledReceipts, ProviderConfig, Request
from mensageria_pipeline.providers.registry import adapter_of, create_provider, known_providers
from mensageria_pipeline.receipts.stored import stored_reports
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.duckdb import literal, open_duckdb, query
from mensageria_pipeline.storage.layout import Asset, Layout

_PIECE_BYTES = 65_536


@dataclass(slots=True)
class PollSummary:
    """What asking one provider came to."""

    provider: str
    asked: int = 0
    """Messages that were asked after."""
    answered: int = 0
    problem: str | None = None
    """Why it was given up until the next time, as a code."""


def ask_for_receipts(project: Project, now: datetime | None = None) -> list[PollSummary]:
    """Ask each provider that wants to be asked, and keep what it says. Never raises for a provider's fault."""
    return [_ask(project, name, waiting) for name, waiting in waiting_for_answer(project, now).items()]


def waiting_for_answer(project: Project, now: datetime | None = None) -> dict[str, list[str]]:
    """Provider → its ids of messages that it may know something of by now, and said nothing of yet."""
    found = {}
    for name in known_providers():
        try:
            adapter = adapter_of(name)
        except DefinitionError:  # of another package; a campaign that needs it says what is wrong
            continue
        if isinstance(adapter, PolledReceipts):
            found[name] = _waiting(project, name, adapter, now or datetime.now(UTC))
    return {name: waiting for name, waiting in found.items() if waiting}


def _waiting(project: Project, name: str, adapter: PolledReceipts, now: datetime) -> list[str]:
    layout, since = project.layout, now - adapter.ask_within
    answered = project.ledger.receipts.answered(name, since)
    accepted = _accepted(layout, name, since, now - adapter.ask_after)
    return [each for each in accepted if each not in answered]


def _accepted(layout: Layout, name: str, since: datetime, until: datetime) -> list[str]:
    paths = [
        path
        for path in sorted((layout.processed_dir / Asset.SEND_RESULTS).glob("campaign=*/[!.]*-live.parquet"))
        if path.stat().st_mtime >= since.timestamp()
    ]
    if not paths:
        return []
    with open_duckdb() as connection:
        listed = ", ".join(map(literal, paths))
        connection.execute(f"CREATE VIEW send_results AS FROM read_parquet([{listed}], union_by_name = true)")
        statement = query("mensageria_pipeline.receipts", "accepted")
        rows = connection.execute(statement, {"provider": name, "since": since, "until": until}).fetchall()
    return [row[0] for row in rows]


def _ask(project: Project, name: str, waiting: Sequence[str]) -> PollSummary:
    receipt = PollSummary(name)
    try:
        provider = create_provider(name, ProviderConfig(project.settings))
    except SettingsError as error:
        receipt.problem = error.key
        return receipt
    assert isinstance(provider, PolledReceipts)  # noqa: S101 - its adapter is
    for start in range(0, len(waiting), provider.ask_together):
        some = waiting[start : start + provider.ask_together]
        request = provider.build_question(some)
        try:
            status, body = _reply(request, project.settings.timeout_s, provider.capabilities.max_answer_bytes)
            receipts = provider.read_reply(status, body)
        except requests.RequestException as error:  # its text quotes the URL
            receipt.problem = type(error).__name__
            break
        except ValueError:
            receipt.problem = f"http_{status}"
            break
        project.ledger.receipts.append(stored_reports(project.ledger.key, name, provider, receipts))
        receipt.asked += len(some)
        receipt.answered += len(receipts)
    return receipt


def _reply(request: Request, timeout_s: float, most_bytes: int) -> tuple[int, bytes]:
    """Status and body; of a body that is larger than an answer can be, what it begins with."""
    headers, body = dict(request.headers), bytearray()
    with requests.post(request.url, data=request.body, headers=headers, timeout=timeout_s, stream=True) as response:
        for piece in response.iter_content(_PIECE_BYTES):
            body += piece
            if len(body) > most_bytes:
                break
        return response.status_code, bytes(body[:most_bytes])
