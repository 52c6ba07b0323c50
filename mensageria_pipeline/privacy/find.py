"""Where a person is: every row of every campaign that names them, and what became of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from mensageria_pipeline.contracts.columns import Channel
from mensageria_pipeline.ledger import Ledger
from mensageria_pipeline.ledger.suppressions import OptOutRecord
from mensageria_pipeline.privacy.person_rows import Row, linked, rows_about
from mensageria_pipeline.privacy.result_views import VIEWED, create_view
from mensageria_pipeline.storage.duckdb import open_duckdb, query
from mensageria_pipeline.storage.layout import Layout
from mensageria_pipeline.suppressions.identity import Keys, Known, is_document, known_as

_PACKAGE = "mensageria_pipeline.privacy"


@dataclass(frozen=True, slots=True)
class Happening:
    """What became of a row: its fate, and its message where it has one."""

    partition: str
    file_name: str
    row_number: int
    received_at: datetime
    fate: str
    """Empty while the row has not been judged."""
    code: str
    reason: str
    reason_en: str
    channel: str
    message_id: str
    mode: str
    provider: str
    outcome: str
    """Empty where there is no message, or nothing was sent yet."""
    outcome_code: str
    attempts: int
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """All that is held of a person."""

    wanted: Known
    rows: Sequence[Row]
    mentions: Sequence[Row]
    """Rows of others that have the person in a remark, in another role, or under an address of theirs."""
    happenings: Sequence[Happening]
    opt_outs: Sequence[OptOutRecord]
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Key of a suppression → what it is of, as the person is known."""


def find_person(
    layout: Layout,
    ledger: Ledger,
    text: str,
    partitions: Sequence[str],
    on_partition: Callable[[int], None] = lambda _done: None,
) -> Found:
    """Look for a person by id, CPF, CNPJ, e-mail, phone or token, in every row of every campaign.

    A row is theirs where a column that people are known by says so. Theirs too are rows with a CPF or CNPJ of a row
    that was found, and the rows that a found row corrects or is corrected by. Rows that have the person elsewhere (a
    remark, the seller's e-mail), or an address of a row that was found, are mentions: somebody has to look at them.
    """
    wanted = known_as(text)
    looked = list(rows_about(layout, wanted, partitions, on_partition, text))
    found = {row.place: row for row, is_them in looked if is_them}
    mentions = {row.place: row for row, is_them in looked if not is_them}
    documents = {name for row in found.values() for name in row.known.people if is_document(name)}
    addresses = {each for row in found.values() for each in row.known.unmistakable.addresses}
    more = Known(tuple(documents - set(wanted.people)), tuple(addresses - set(wanted.addresses)))
    if more.is_anybody:
        for row, _ in rows_about(layout, more, partitions, lambda _done: None):
            is_them = not documents.isdisjoint(row.known.people)
            (found if is_them else mentions).setdefault(row.place, row)
    for row in list(linked(layout, found.values())):
        found.setdefault(row.place, row)
    rows = sorted(found.values(), key=lambda row: (row.received_at, row.partition, row.row_number))
    others = [row for place, row in sorted(mentions.items()) if place not in found]
    names = dict(_names(ledger.key, [wanted, *(row.known for row in rows)]))
    return Found(wanted, rows, others, list(_happenings(layout, rows)), ledger.suppressions.history(list(names)), names)


def _names(key: bytes, known: Sequence[Known]) -> Iterator[tuple[str, str]]:
    keys = Keys(key)
    for each in known:
        for role, address in each.addresses:
            for subject_key, _, _ in keys.of(Known((), ((role, address),)), list(Channel)):
                yield subject_key, address
        for person in each.people:
            for subject_key, _, _ in keys.of(Known((person,), ()), list(Channel)):
                yield subject_key, person


def _happenings(layout: Layout, rows: Sequence[Row]) -> Iterator[Happening]:
    by_partition: dict[str, list[Row]] = {}
    for row in rows:
        by_partition.setdefault(row.partition, []).append(row)
    for partition, found in by_partition.items():
        with open_duckdb() as connection:
            sought = pa.table(  # noqa: F841 - DuckDB reads it
                {
                    "intake": [row.intake for row in found],
                    "row_number": [row.row_number for row in found],
                    "file_name": [row.file_name for row in found],
                    "received_at": [row.received_at for row in found],
                }
            )
            for asset in VIEWED:
                create_view(connection, layout, asset, partition)
            for values in connection.execute(query(_PACKAGE, "happenings")).fetchall():
                yield Happening(partition, *values)
