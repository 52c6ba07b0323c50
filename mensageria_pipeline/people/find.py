"""Where a person is: every row of every campaign that names them, and what became of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from mensageria_pipeline.contracts.campaign import CampaignDefinition, load_definition
from mensageria_pipeline.contracts.columns import ALIASES, Channel, Role
from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.messages import SCHEMA as MESSAGES
from mensageria_pipeline.contracts.names import Partition, squeezed
from mensageria_pipeline.contracts.queries import identifier, literal, open_duckdb, query
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, Intake, list_intakes
from mensageria_pipeline.contracts.recipients import RejectedRecipients, ValidatedRecipients, arrow_schema
from mensageria_pipeline.contracts.send_results import SEND_RESULTS
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.people.identity import Keys, Known, is_document, known_as, known_of, roles_of
from mensageria_pipeline.recipients.normalize import trimmed
from mensageria_pipeline.sending.ledger import Ledger
from mensageria_pipeline.sending.ledger.suppressions import OptOutRecord

_PACKAGE = "mensageria_pipeline.people"
_LOOSE_LENGTH = 8
"""Text this long is looked for in every cell; a shorter one only where ids and addresses stand."""
_EVERY_CELL = (Role.EMAIL, Role.PHONE, Role.TOKEN, Role.URL, Role.CPF)
"""Roles by whose rules each cell is read."""
_EMPTY: Mapping[Asset, pa.Schema] = {
    Asset.VALIDATED_RECIPIENTS: arrow_schema(ValidatedRecipients),
    Asset.REJECTED_RECIPIENTS: arrow_schema(RejectedRecipients),
    Asset.MESSAGES: MESSAGES,
    Asset.SEND_RESULTS: SEND_RESULTS,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one intake that names the person. Its cells are personal: out of `repr`."""

    partition: str
    intake: str
    file_name: str
    received_at: datetime
    row_number: int
    cells: Mapping[str, str | None]
    known: Known

    @property
    def place(self) -> tuple[str, str, int]:
        return self.partition, self.intake, self.row_number

    def __repr__(self) -> str:
        return f"Row({self.partition}, {self.intake[:12]}, {self.row_number})"


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
    looked = list(_rows(layout, wanted, partitions, on_partition, text))
    found = {row.place: row for row, is_them in looked if is_them}
    mentions = {row.place: row for row, is_them in looked if not is_them}
    documents = {name for row in found.values() for name in row.known.people if is_document(name)}
    addresses = {each for row in found.values() for each in row.known.unmistakable.addresses}
    more = Known(tuple(documents - set(wanted.people)), tuple(addresses - set(wanted.addresses)))
    if more.is_anybody:
        for row, _ in _rows(layout, more, partitions, lambda _done: None):
            is_them = not documents.isdisjoint(row.known.people)
            (found if is_them else mentions).setdefault(row.place, row)
    for row in list(_linked(layout, found.values())):
        found.setdefault(row.place, row)
    rows = sorted(found.values(), key=lambda row: (row.received_at, row.partition, row.row_number))
    others = [row for place, row in sorted(mentions.items()) if place not in found]
    names = dict(_names(ledger.key, [wanted, *(row.known for row in rows)]))
    return Found(wanted, rows, others, list(_happenings(layout, rows)), ledger.suppressions.history(list(names)), names)


def _linked(layout: Layout, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that `rows` correct (linha_original), and those that correct them, as often as it happened."""
    by_partition: dict[str, list[Row]] = {}
    for row in rows:
        by_partition.setdefault(row.partition, []).append(row)
    for partition, known in by_partition.items():
        intakes = list_intakes(layout, partition)
        mapping = _definition(layout, partition).columns
        places, seen = {row.place[1:] for row in known}, set[tuple[str, int]]()
        while new := places - seen:
            seen |= new
            places |= _neighbours(layout, partition, intakes, new)
        for intake in intakes:
            numbers = [number for content_hash, number in places if content_hash == intake.content_hash]
            if numbers:
                with open_duckdb() as connection:
                    source = connection.sql(
                        "FROM read_parquet(?, hive_partitioning = false) WHERE list_contains(?, _row_number)",
                        params=[str(intake.path), numbers],
                    )
                    table = source.to_arrow_table()
                cells = trimmed(table.select(list(intake.columns)).to_pandas())
                known_there = known_of(cells, roles_of(intake.columns, mapping))
                for values, who in zip(table.to_pylist(), known_there, strict=True):
                    yield _row(partition, intake, values, who)


def _neighbours(
    layout: Layout, partition: str, intakes: Sequence[Intake], places: set[tuple[str, int]]
) -> set[tuple[str, int]]:
    """One step along corrections, both ways; by their names, and by what superseded what."""
    found: set[tuple[str, int]] = set()
    hashes = {intake.content_hash[:12]: intake.content_hash for intake in intakes}
    short = [f"{content_hash[:12]}:{number}" for content_hash, number in places]
    with open_duckdb() as connection:
        for intake in intakes:
            origin = next((header for header in intake.columns if squeezed(header) in ALIASES[Role.ORIGIN]), None)
            if origin is None:
                continue
            mine = [number for content_hash, number in places if content_hash == intake.content_hash]
            rows = connection.execute(
                f"SELECT _row_number, trim({identifier(origin)}) FROM read_parquet(?, hive_partitioning = false) "  # noqa: S608
                f"WHERE list_contains(?, trim({identifier(origin)})) OR list_contains(?, _row_number)",
                [str(intake.path), short, mine],
            ).fetchall()
            for number, name in rows:
                found.add((intake.content_hash, number))
                content_hash, _, row_number = (name or "").partition(":")
                if content_hash in hashes and row_number.isdigit():
                    found.add((hashes[content_hash], int(row_number)))
        _create_view(connection, layout, Asset.REJECTED_RECIPIENTS, partition)
        long = [f"{content_hash}:{number}" for content_hash, number in places]
        superseded = "SELECT intake, row_number FROM rejected_recipients WHERE list_contains(?, superseded_by)"
        found.update(connection.execute(superseded, [long]).fetchall())
    return found


def _names(key: bytes, known: Sequence[Known]) -> Iterator[tuple[str, str]]:
    keys = Keys(key)
    for each in known:
        for role, address in each.addresses:
            for subject_key, _, _ in keys.of(Known((), ((role, address),)), list(Channel)):
                yield subject_key, address
        for person in each.people:
            for subject_key, _, _ in keys.of(Known((person,), ()), list(Channel)):
                yield subject_key, person


def _rows(
    layout: Layout, wanted: Known, partitions: Sequence[str], on_partition: Callable[[int], None], typed: str = ""
) -> Iterator[tuple[Row, bool]]:
    for done, partition in enumerate(partitions, start=1):
        mapping = _definition(layout, partition).columns
        for intake in list_intakes(layout, partition):
            with open_duckdb() as connection:
                yield from _rows_of(connection, partition, intake, roles_of(intake.columns, mapping), wanted, typed)
        on_partition(done)


def _definition(layout: Layout, partition: str) -> CampaignDefinition:
    try:
        return load_definition(layout, Partition.parse(partition).campaign)
    except DefinitionError:
        return CampaignDefinition()


def _rows_of(
    connection: duckdb.DuckDBPyConnection, partition: str, intake: Intake, roles: Mapping[Role, Sequence[str]],
    wanted: Known, typed: str,
) -> Iterator[tuple[Row, bool]]:  # fmt: skip
    """The rows of an intake that name the person, and (False) those that only mention them.

    A loose look in DuckDB, then each cell by its rules.
    """
    candidates = _candidates(connection, intake, roles, wanted, typed)
    if not candidates.num_rows:
        return
    cells = trimmed(candidates.select(list(intake.columns)).to_pandas())
    every = {role: list(intake.columns) for role in _EVERY_CELL}
    anywhere, by_role = known_of(cells, every), known_of(cells, roles)
    unmistakable = wanted.unmistakable
    for place, values in enumerate(candidates.to_pylist()):
        texts = [values[header] or "" for header in intake.columns]
        is_id = any((values[header] or "").strip() in wanted.people for header in roles.get(Role.ID, ()))
        is_them = is_id or wanted.is_same(by_role[place])
        if is_them or unmistakable.is_same(anywhere[place]) or unmistakable.is_mentioned(texts):
            yield _row(partition, intake, values, by_role[place]), is_them


def _row(partition: str, intake: Intake, values: Mapping[str, Any], known: Known) -> Row:
    cells = {header: values[header] for header in intake.columns}
    return Row(
        partition, intake.content_hash, intake.file_name, intake.received_at, values["_row_number"], cells, known
    )  # fmt: skip


def _candidates(
    connection: duckdb.DuckDBPyConnection, intake: Intake, roles: Mapping[Role, Sequence[str]], wanted: Known,
    typed: str,
) -> pa.Table:  # fmt: skip
    whole = {text.lower() for text in (typed.strip(), *wanted.people, *(address for _, address in wanted.addresses))}
    conditions, values = [], list[Any]()
    for header in (header for headers in roles.values() for header in headers):
        conditions.append(f"list_contains(?, lower(trim({identifier(header)})))")
        values.append(sorted(whole))
    joined = f"concat_ws(chr(31), {', '.join(identifier(header) for header in intake.columns)})"
    for text in sorted(text for text in whole if len(text) >= _LOOSE_LENGTH):
        conditions.append(f"contains(lower({joined}), ?)")
        values.append(text)
        digits = "".join(letter for letter in text if letter.isdigit())
        if len(digits) >= _LOOSE_LENGTH:
            conditions.append(f"contains(regexp_replace({joined}, '[^0-9]', '', 'g'), ?)")
            values.append(digits[-_LOOSE_LENGTH:])
    shown = ", ".join(identifier(name) for name in (*PROVENANCE_NAMES, *intake.columns))
    where = " OR ".join(conditions) or "false"
    statement = f"SELECT {shown} FROM read_parquet(?, hive_partitioning = false) WHERE {where}"  # noqa: S608 - quoted
    return connection.sql(statement, params=[str(intake.path), *values]).to_arrow_table()


def _happenings(layout: Layout, rows: Sequence[Row]) -> Iterator[Happening]:
    by_partition: dict[str, list[Row]] = {}
    for row in rows:
        by_partition.setdefault(row.partition, []).append(row)
    for partition, found in by_partition.items():
        with open_duckdb() as connection:
            sought = pa.table(  # noqa: F841 - DuckDB reads it
                {"intake": [row.intake for row in found], "row_number": [row.row_number for row in found],
                 "file_name": [row.file_name for row in found], "received_at": [row.received_at for row in found]}
            )  # fmt: skip
            for asset in _EMPTY:
                _create_view(connection, layout, asset, partition)
            for values in connection.execute(query(_PACKAGE, "happenings")).fetchall():
                yield Happening(partition, *values)


def _create_view(connection: duckdb.DuckDBPyConnection, layout: Layout, asset: Asset, partition: str) -> None:
    """The asset's rows of a partition; those of the empty file where it has none yet."""
    folder = layout.partition_dir(asset, partition)
    paths = sorted(folder.glob("[!.]*.parquet"))
    if paths:
        listed = ", ".join(literal(path) for path in paths)
        source = f"read_parquet([{listed}], hive_partitioning = false)"
    else:
        empty = _EMPTY[asset].empty_table()  # noqa: F841 - DuckDB reads it
        connection.execute(f"CREATE TABLE {asset.value}_empty AS FROM empty")
        source = f"{asset.value}_empty"
    connection.execute(f"CREATE VIEW {asset.value} AS SELECT * FROM {source}")  # noqa: S608
