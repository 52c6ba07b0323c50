"""The rows of lists that are about a person: by what they are known by, and by what links rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from mensageria_pipeline.contracts.clean_text import key_sql, key_text
from mensageria_pipeline.contracts.columns import ALIASES, Role
from mensageria_pipeline.contracts.partition import Partition, header_key
from mensageria_pipeline.contracts.raw_base import PROVENANCE_NAMES, Intake, list_intakes, origin_of
from mensageria_pipeline.definition.load import load_definition
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import DefinitionError
from mensageria_pipeline.privacy.result_views import create_view
from mensageria_pipeline.recipients.normalize import trimmed
from mensageria_pipeline.storage.duckdb import identifier, open_duckdb
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.layout import Asset, Layout
from mensageria_pipeline.suppressions.identity import Known, known_of, roles_of

_LOOSE_LENGTH = 8
"""Text this long is looked for in every cell; a shorter one only where ids and addresses stand."""
_EVERY_CELL = (Role.EMAIL, Role.PHONE, Role.TOKEN, Role.URL, Role.CPF)
"""Roles by whose rules each cell is read."""


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


def linked(layout: Layout, rows: Iterable[Row]) -> Iterator[Row]:
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
    short = [origin_of(*place) for place in places]
    with open_duckdb() as connection:
        for intake in intakes:
            origin = next((header for header in intake.columns if header_key(header) in ALIASES[Role.ORIGIN]), None)
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
        create_view(connection, layout, Asset.REJECTED_RECIPIENTS, partition)
        long = [f"{content_hash}:{number}" for content_hash, number in places]
        superseded = "SELECT intake, row_number FROM rejected_recipients WHERE list_contains(?, superseded_by)"
        found.update(connection.execute(superseded, [long]).fetchall())
    return found


def rows_about(
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
    connection: duckdb.DuckDBPyConnection,
    partition: str,
    intake: Intake,
    roles: Mapping[Role, Sequence[str]],
    wanted: Known,
    typed: str,
) -> Iterator[tuple[Row, bool]]:
    """The rows of an intake that name the person, and (False) those that only mention them.

    A loose look in DuckDB, then each cell by its rules.
    """
    candidates = _candidates(connection, intake, roles, wanted, typed)
    if not candidates.num_rows:
        return
    cells = trimmed(candidates.select(list(intake.columns)).to_pandas())
    every = {role: list(intake.columns) for role in _EVERY_CELL}
    anywhere, by_role = known_of(cells, every), known_of(cells, roles)
    ids = known_of(cells, {role: headers for role, headers in roles.items() if role is Role.ID})
    unmistakable = wanted.unmistakable
    for place, values in enumerate(candidates.to_pylist()):
        texts = [values[header] or "" for header in intake.columns]
        is_id = not set(wanted.people).isdisjoint(ids[place].people)
        is_them = is_id or wanted.is_same(by_role[place])
        if is_them or unmistakable.is_same(anywhere[place]) or unmistakable.is_mentioned(texts):
            yield _row(partition, intake, values, by_role[place]), is_them


def _row(partition: str, intake: Intake, values: Mapping[str, Any], known: Known) -> Row:
    cells = {header: values[header] for header in intake.columns}
    return Row(
        partition, intake.content_hash, intake.file_name, intake.received_at, values["_row_number"], cells, known
    )


def _candidates(
    connection: duckdb.DuckDBPyConnection,
    intake: Intake,
    roles: Mapping[Role, Sequence[str]],
    wanted: Known,
    typed: str,
) -> pa.Table:
    whole = {text.lower() for text in (key_text(typed), *wanted.people, *(address for _, address in wanted.addresses))}
    conditions, values = [], list[Any]()
    for header in (header for headers in roles.values() for header in headers):
        conditions.append(f"list_contains(?, {_as_id(header)})")
        values.append(sorted(whole))
    joined = f"concat_ws(chr(31), {', '.join(key_sql(identifier(header)) for header in intake.columns)})"
    for text in sorted(text for text in whole if len(text) >= _LOOSE_LENGTH or "@" in text):
        conditions.append(f"contains(lower({joined}), ?)")
        values.append(text)
        digits = "".join(letter for letter in text if letter.isdigit())
        if len(digits) >= _LOOSE_LENGTH:
            conditions.append(f"contains(regexp_replace({joined}, '[^0-9]', '', 'g'), ?)")
            values.append(digits[-_LOOSE_LENGTH:])
    shown = ", ".join(identifier(name) for name in (*PROVENANCE_NAMES, *intake.columns))
    where = " OR ".join(conditions) or "false"
    statement = f"SELECT {shown} FROM read_parquet(?, hive_partitioning = false) WHERE {where}"  # noqa: S608 - quoted
    # As it is opened once: another erasure may put a new file in its place between DuckDB's looks at it.
    with pinned(intake.path) as opened:
        return connection.sql(statement, params=[str(opened), *values]).to_arrow_table()


def _as_id(header: str) -> str:
    """A cell as ids are compared: see `trimmed` and `ids_of`, which look at what this finds once more."""
    return f"lower(regexp_replace({key_sql(identifier(header))}, '^([0-9]+)[.]0+$', '\\1'))"
