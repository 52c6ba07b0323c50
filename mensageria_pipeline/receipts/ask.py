"""Receipts that a provider does not post but gives when it is asked, such as Expo's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.queries import literal, open_duckdb, query
from mensageria_pipeline.contracts.receipts import Report
from mensageria_pipeline.errors import DefinitionError, SettingsError
from mensageria_pipeline.project import Project
from mensageria_pipeline.sending.ledger.receipts import StoredReport
from mensageria_pipeline.sending.providers.contract import ProviderConfig, ReportsWhenAsked
from mensageria_pipeline.sending.providers.registry import adapter_of, create_provider, known_providers


@dataclass(slots=True)
class AskReport:
    """What asking one provider came to."""

    provider: str
    asked: int = 0
    """Messages that were asked after."""
    answered: int = 0
    problem: str | None = None
    """Why it was given up until the next time, as a code."""


def ask_for_receipts(project: Project, now: datetime | None = None) -> list[AskReport]:
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
        if isinstance(adapter, ReportsWhenAsked):
            found[name] = _waiting(project, name, adapter, now or datetime.now(UTC))
    return {name: waiting for name, waiting in found.items() if waiting}


def _waiting(project: Project, name: str, adapter: ReportsWhenAsked, now: datetime) -> list[str]:
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


def _ask(project: Project, name: str, waiting: Sequence[str]) -> AskReport:
    report = AskReport(name)
    try:
        provider = create_provider(name, ProviderConfig(project.settings))
    except SettingsError as error:
        report.problem = error.key
        return report
    assert isinstance(provider, ReportsWhenAsked)  # noqa: S101 - its adapter is
    for start in range(0, len(waiting), provider.ask_together):
        some = waiting[start : start + provider.ask_together]
        request = provider.build_question(some)
        try:
            response = requests.post(
                request.url, data=request.body, headers=dict(request.headers), timeout=project.settings.timeout_s
            )
            reports = provider.read_reply(response.status_code, response.content)
        except requests.RequestException as error:  # its text quotes the URL
            report.problem = type(error).__name__
            break
        except ValueError:
            report.problem = f"http_{response.status_code}"
            break
        project.ledger.receipts.append(_stored(name, reports))
        report.asked += len(some)
        report.answered += len(reports)
    return report


def _stored(name: str, reports: Sequence[Report]) -> list[StoredReport]:
    return [
        StoredReport(
            name, report.event_id, report.delivery, report.code, message_id=report.message_id or "",
            provider_message_id=report.provider_message_id or "",
        )
        for report in reports
    ]  # fmt: skip
