"""Decisions that people take over messages, written to the journal like every other: in doubt, failed, cancelled.

Each needs the campaign to be held, so that no sender works on the same messages.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from mensageria_pipeline.contracts.messages import Mode
from mensageria_pipeline.contracts.receipts import ARRIVED, ARRIVING, Delivery
from mensageria_pipeline.contracts.send_results import Outcome
from mensageria_pipeline.definition.model import OneMessagePer
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.campaign_lease import CampaignLease, take_shard
from mensageria_pipeline.ledger.journal import Event, Journal, Line, now_us
from mensageria_pipeline.ledger.journal_view import add_deliveries, connect, read_journal
from mensageria_pipeline.ledger.message_states import Standing
from mensageria_pipeline.sending.deliveries import NONE
from mensageria_pipeline.sending.remaining import find_remaining
from mensageria_pipeline.storage.duckdb import query

BY_A_PERSON = "by_operator"
"""The code of a decision that no provider gave."""
BY_RECEIPT = "by_receipt"
"""The code of a message that a report settled."""
BY_ANOTHER_ADDRESS = "other_address"
"""The code of a message whose person got one at another address."""
RETRIABLE = (Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANCELLED)
"""Final outcomes that another attempt may change. A dead address needs another address instead."""
_PACKAGE = "mensageria_pipeline.sending"
_LINES = 4_000


@dataclass(frozen=True, slots=True)
class Doubt:
    """An attempt that may have arrived."""

    message_id: str
    mode: Mode
    provider: str
    channel: str
    row_number: int
    attempt: int
    code: str | None
    attempted_at: datetime | None


def doubts(plan: Path, journal: Journal) -> list[Doubt]:
    """Every attempt of the plan that may have arrived, of messages that are not settled."""
    with connect(plan) as connection:
        read_journal(connection, journal, with_answers=True)
        rows = connection.sql(query(_PACKAGE, "in_doubt")).fetchall()
    return [Doubt(row[0], Mode(row[1]), *row[2:]) for row in rows]


def settle_doubts(
    ledger: Ledger, campaign_lease: CampaignLease, found: Iterable[Doubt], outcome: Outcome | None
) -> int:
    """Settle in-doubt messages as `outcome`, or, with None, let them be sent again; how many messages."""
    event = outcome.value if outcome else Event.RETRY.value
    found = list(found)
    append_lines(
        ledger,
        campaign_lease,
        (Line(d.message_id, d.mode.value, d.attempt, event, now_us(), BY_A_PERSON) for d in found),
    )
    return len({doubt.message_id for doubt in found})


def settle_reported(ledger: Ledger, campaign_lease: CampaignLease) -> list[str]:
    """Settle the messages of a campaign that its unshown reports speak of; which they were.

    A report that is not matched to its message yet speaks of nothing.
    """
    reported: dict[str, set[Delivery]] = defaultdict(set)
    for receipt in ledger.receipts.unshown(campaign_lease.lease.scope):
        if receipt.message_id and receipt.delivery and receipt.delivery is not Delivery.UNLISTED:
            reported[receipt.message_id].add(receipt.delivery)
    return settle_receipted(ledger, campaign_lease, reported, BY_RECEIPT) if reported else []


def settle_receipted(
    ledger: Ledger, campaign_lease: CampaignLease, reported: Mapping[str, Collection[Delivery]], code: str
) -> list[str]:
    """Settle as accepted those live messages, of any edition, that reports say were taken; which they were.

    `reported`: message → what is reported of it. In doubt, any report settles it. One that was to be tried again is
    settled where it may still arrive, one that ended without having arrived where it did arrive.
    """
    standings = ledger.journal(campaign_lease.lease.scope).standings(Mode.LIVE, list(reported))
    found = {name: standing for name, standing in standings.items() if _was_taken(standing, reported[name])}
    outcome = Outcome.ACCEPTED.value
    lines = (
        Line(name, Mode.LIVE.value, attempt, outcome, now_us(), code)
        for name, standing in found.items()
        for attempt in sorted(standing.open_attempts or {standing.attempts})
    )
    if found:
        append_lines(ledger, campaign_lease, lines)
    return list(found)


def _was_taken(standing: Standing, reports: Collection[Delivery]) -> bool:
    if standing.outcome is Outcome.ACCEPTED or not standing.attempts:
        return False
    if standing.outcome is Outcome.UNKNOWN:
        return True
    return any(each in (ARRIVING if standing.outcome is Outcome.PENDING else ARRIVED) for each in reports)


def failures(
    plan: Path, journal: Journal, outcomes: Iterable[Outcome], per: OneMessagePer
) -> list[tuple[str, Mode, Outcome]]:
    """The messages of the plan that ended in one of `outcomes` and may be tried again: id, mode and outcome.

    Where every person gets one message, only the last of theirs is, and only if no other may have reached them:
    a later list may have brought another address.
    """
    with connect(plan) as connection:
        add_deliveries(connection, NONE)
        read_journal(connection, journal, with_answers=True)
        found: list[tuple[str, Mode, Outcome]] = []
        for (mode,) in connection.execute("SELECT DISTINCT mode FROM plan").fetchall():
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE results AS {query(_PACKAGE, 'send_results')}", {"mode": mode}
            )
            rows = connection.execute(
                query(_PACKAGE, "failures"),
                {"outcomes": [outcome.value for outcome in outcomes], "is_per_person": per is OneMessagePer.PERSON},
            ).fetchall()
            found += [(message_id, Mode(mode), Outcome(outcome)) for message_id, outcome in rows]
    return found


def reopen(ledger: Ledger, campaign_lease: CampaignLease, messages: Iterable[tuple[str, Mode]]) -> None:
    """Let settled messages be tried again."""
    lines = [Line(name, mode.value, 0, Event.REOPENED.value, now_us(), BY_A_PERSON) for name, mode in messages]
    append_lines(ledger, campaign_lease, lines)


def cancel_remaining(ledger: Ledger, campaign_lease: CampaignLease, plan: Path) -> None:
    """Settle as cancelled all that is left of a plan. In-doubt ones stay in doubt."""
    chosen = find_remaining(plan, ledger.journal(campaign_lease.lease.scope)).pending_rows
    names = pq.read_table(plan, columns=["message_id", "mode"]).take(chosen)
    append_lines(
        ledger,
        campaign_lease,
        (
            Line(name, mode, 0, Outcome.CANCELLED.value, now_us(), BY_A_PERSON)
            for name, mode in zip(names["message_id"].to_pylist(), names["mode"].to_pylist(), strict=True)
        ),
    )


def cancel_overtaken(ledger: Ledger, campaign_lease: CampaignLease, plan: Path) -> int:
    """Settle as cancelled what would be a person's second message of a plan that has one for each; how many."""
    with connect(plan) as connection:
        read_journal(connection, ledger.journal(campaign_lease.lease.scope))
        found = connection.execute(query(_PACKAGE, "overtaken")).fetchall()
    outcome = Outcome.CANCELLED.value
    lines = [Line(name, mode, 0, outcome, now_us(), BY_ANOTHER_ADDRESS) for name, mode in found]
    if lines:
        append_lines(ledger, campaign_lease, lines)
    return len(lines)


def append_lines(ledger: Ledger, campaign_lease: CampaignLease, lines: Iterable[Line]) -> None:
    """Write lines under a lease of their own on the first shard."""
    lease = take_shard(ledger, campaign_lease, 0)
    campaign_lease.keeper.keep(lease)
    shard = ledger.journal(campaign_lease.lease.scope).shard(0, lease.token)
    try:
        for group in _groups(lines):
            shard.append(group)
    finally:
        shard.close()
        campaign_lease.keeper.drop(lease)


def _groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        group.append(line)
        if len(group) == _LINES:
            yield group
            group = []
    if group:
        yield group
