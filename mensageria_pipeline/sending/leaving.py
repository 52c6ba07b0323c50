"""What a person's word would send: through whom, on which channel, how many messages, and for about how much."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import duckdb
import pyarrow as pa

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.contracts.messages import Message, Mode
from mensageria_pipeline.ledger.journal import Journal
from mensageria_pipeline.ledger.journal_view import connect, read_journal
from mensageria_pipeline.sending.request_preview import messages_at
from mensageria_pipeline.storage.duckdb import query
from mensageria_pipeline.texts import say
from mensageria_pipeline.texts.formats import enumeration, money

PriceOf = Callable[[Message, str], float | None]
"""What a message costs through a provider, in reais; None where nobody bills it."""
_PACKAGE = "mensageria_pipeline.sending"
_SAMPLE = 200
"""So many messages of each provider and channel are priced; the others are taken for as dear as they are on average."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Messages of one provider, channel and mode that would be sent. `cost`: in reais, None where nobody bills them."""

    provider: str
    channel: Channel
    mode: Mode
    messages: int
    cost: float | None = None


def leaving(
    plan: Path, journal: Journal, price_of: PriceOf | None = None, only: Collection[str] | None = None
) -> list[Leaving]:
    """What would be sent of what is left of a plan, or of `only` these messages of it; by provider, channel and mode.

    Without `price_of` nothing is priced. Raises LedgerError where the journal cannot be read.
    """
    with _chosen(plan, journal, only) as connection:
        rows = connection.execute(query(_PACKAGE, "leaving")).fetchall()
        found = [Leaving(row[0], Channel(row[1]), Mode(row[2]), row[3]) for row in rows]
        if price_of is None or not any(each.mode is Mode.LIVE for each in found):
            return found
        sample = connection.execute(query(_PACKAGE, "leaving_sample"), {"count": _SAMPLE}).fetchall()
    prices: dict[tuple[str, str], list[float]] = {}
    for message, provider in messages_at(plan, [row for (row,) in sample]):
        if (price := price_of(message, provider)) is not None:
            prices.setdefault((provider, message.channel), []).append(price)
    return [_priced(each, prices.get((each.provider, each.channel))) for each in found]


def _priced(each: Leaving, prices: list[float] | None) -> Leaving:
    if not prices or each.mode is not Mode.LIVE:
        return each
    return replace(each, cost=fmean(prices) * each.messages)


@contextmanager
def _chosen(plan: Path, journal: Journal, only: Collection[str] | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with `plan` and `chosen`: what is left of it, or the messages that were named."""
    with connect(plan) as connection:
        if only is None:
            read_journal(connection, journal, with_routes=True)
            connection.execute(f"CREATE TEMP TABLE chosen AS {query(_PACKAGE, 'remaining')}")
        else:
            connection.register("named", pa.table({"message_id": pa.array(only, pa.string())}))
            connection.execute(
                "CREATE TEMP TABLE chosen AS "
                "SELECT file_row_number AS plan_row FROM plan SEMI JOIN named USING (message_id)"
            )
        yield connection


def in_words(found: Iterable[Leaving]) -> str:
    """As a question says it: "1.240 mensagens reais por zenvia (SMS, cerca de R$ 111,60) e 3 …"."""
    return enumeration([_phrase(each) for each in found]) or say("leaving_nothing")


def _phrase(each: Leaving) -> str:
    channel = say(f"channel_{each.channel.value}")
    details = channel if each.cost is None else f"{channel}, {say('leaving_cost', cost=money(each.cost))}"
    return say(f"leaving_{each.mode.value}", count=each.messages, provider=each.provider, details=details)
