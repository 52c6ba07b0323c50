"""The rows of all intakes, each judged by itself, in a scratch file: 1 row per row, in the order of arrival."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mensageria_pipeline.contracts.clean_text import has_edge_sql, key_sql, trim_sql, unmarked_sql
from mensageria_pipeline.contracts.columns import Role, Roles, recognize
from mensageria_pipeline.contracts.fate import Fate
from mensageria_pipeline.contracts.masking import mask
from mensageria_pipeline.contracts.partition import column_key
from mensageria_pipeline.contracts.raw_base import ROW_FIELDS, Intake, RowFault
from mensageria_pipeline.contracts.values import NULL_WORDS
from mensageria_pipeline.definition.model import CampaignDefinition
from mensageria_pipeline.errors import ContractError
from mensageria_pipeline.recipients.addressing import AcceptedKinds
from mensageria_pipeline.recipients.enrich import add_derived
from mensageria_pipeline.recipients.frames import constant
from mensageria_pipeline.recipients.lookups import Joined, load_lookups
from mensageria_pipeline.recipients.misplaced import Misplaced
from mensageria_pipeline.recipients.normalize import Demands, TextNeeds, normalize, trimmed
from mensageria_pipeline.recipients.rules import compile_rules, contract_of
from mensageria_pipeline.storage.dataset import ahead
from mensageria_pipeline.storage.duckdb import identifier, literal
from mensageria_pipeline.storage.layout import Layout

CHUNK_ROWS = 50_000
_LONG = 40
"""Longer cells are no word for nothing, whatever space is around it."""
_REPEATED = ("channel", "address_kind", "person_kind", "code", "column", "value_masked", "expected")
"""Columns with few values, which a dictionary makes small."""
_TEXTS = (*_REPEATED, "address", "known_as", "document", "origin", "correction", ROW_FIELDS)
SCHEMA = pa.schema(
    [
        pa.field("position", pa.int64()),
        pa.field("intake", pa.int32()),
        pa.field("row_number", pa.int64()),
        *(pa.field(name, pa.string()) for name in _TEXTS),
    ]
)


@dataclass
class Base:
    """One intake, and all that the campaign asks of its rows."""

    number: int
    intake: Intake
    definition: CampaignDefinition
    needs: TextNeeds
    accepted_kinds: AcceptedKinds

    @cached_property
    def roles(self) -> Roles:
        return recognize(self.intake.columns, self.definition.columns, self.definition.channel, self.intake.empty)

    def demands(self, joined: Sequence[Joined]) -> Demands:
        offered = (*self.intake.columns, *self.definition.columns_added(self.intake.columns))
        rules = compile_rules(self.definition.rules, offered)
        flags = {each.flag: each.key for each in joined if each.rejects}
        return Demands(
            self.roles,
            self.needs,
            rules,
            self.intake.surplus,
            flags,
            self.accepted_kinds,
        )


def write_row_checks(
    path: Path,
    layout: Layout,
    bases: Sequence[Base],
    connect: Callable[[], duckdb.DuckDBPyConnection],
    on_rows: Callable[[int], None],
) -> tuple[int, int]:
    """Judge every row of every base by itself and write it; the number of rows, and of those with unseen characters in
    what they name somebody by."""
    position = cleaned = 0
    misplaced = Misplaced()

    def tables() -> Iterator[pa.Table]:
        nonlocal position, cleaned
        for base in bases:
            with connect() as connection:
                joined = load_lookups(connection, layout, base.definition.enrich, base.intake.columns)
                demands = base.demands(joined)
                for rows in _chunks(connection, base, demands, joined):
                    table, cleaned_count = _judge(rows, base, demands, position, misplaced)
                    yield table
                    position, cleaned = position + rows.num_rows, cleaned + cleaned_count

    with pq.ParquetWriter(path, SCHEMA, compression="lz4", use_dictionary=list(_REPEATED)) as writer:
        for table in ahead(tables()):
            writer.write_table(table, row_group_size=CHUNK_ROWS)
            on_rows(table.num_rows)
    return position, cleaned


def _chunks(
    connection: duckdb.DuckDBPyConnection, base: Base, demands: Demands, joined: Sequence[Joined]
) -> Iterator[pa.Table]:
    """The rows of an intake with the columns that are looked at, and all cells as one JSON text."""
    headers = base.intake.columns
    keys: dict[str, str] = {}
    sources = {header: f"raw.{identifier(header)}" for header in headers}
    for each in joined:
        sources |= {column: f"{each.name}.{identifier(column)}" for column in each.columns}
        sources[each.flag] = f"{each.name}._key"
    for header in (*headers, *(column for each in joined for column in each.columns)):
        keys.setdefault(column_key(header) or header, header)
    pairs = ", ".join(f"{identifier(key)} := {_filled(sources[header])}" for key, header in keys.items())
    needed = [column for column in _needed(base, demands) if column in sources]
    shown = ", ".join(f"{sources[column]} AS {identifier(column)}" for column in needed)
    joins = " ".join(
        f"LEFT JOIN {each.name} ON {key_sql(f'raw.{identifier(each.key)}')} = {each.name}._key" for each in joined
    )
    order = "ORDER BY raw._row_number" if joined else ""  # a plain scan keeps the file's order
    query = (
        f"SELECT raw._row_number AS _row_number, to_json(struct_pack({pairs}))::VARCHAR AS {ROW_FIELDS}, {shown} "  # noqa: S608 - identifiers are quoted
        f"FROM read_parquet(?) AS raw {joins} {order}"
    )
    reader = connection.sql(query, params=[str(base.intake.path)]).to_arrow_reader(CHUNK_ROWS)
    for batch in reader:
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


def _filled(cell: str) -> str:
    """A cell as texts use it: trimmed, and null where it says that there is nothing. As `trimmed` does in pandas."""
    text = f"CASE WHEN {has_edge_sql(cell)} THEN {unmarked_sql(trim_sql(cell))} ELSE {cell} END"
    words = ", ".join(literal(word) for word in ("", *NULL_WORDS))
    return f"CASE WHEN length({cell}) > {_LONG} OR lower({text}) NOT IN ({words}) THEN {text} END"


def _needed(base: Base, demands: Demands) -> list[str]:
    return list(dict.fromkeys([*demands.columns(), *base.roles.headers.values()]))


def _judge(rows: pa.Table, base: Base, demands: Demands, position: int, misplaced: Misplaced) -> tuple[pa.Table, int]:
    cells = trimmed(rows.drop_columns(["_row_number", ROW_FIELDS]).to_pandas())
    wanted = [*demands.needs.columns, *(rule.column for rule in demands.rules)]
    derived = add_derived(cells, base.roles, wanted)
    judged = normalize(cells, demands)
    origin = base.roles.header(Role.ORIGIN)
    origins = cells[origin] if origin else constant("", cells.index)
    faulty = [(fault, _among(rows["_row_number"], numbers)) for fault, numbers in base.intake.faults.items()]
    for fault, concerned in (*faulty, *misplaced.uncorrected(rows, origins.tolist())):
        _mark_faulty(judged, fault, concerned)
        misplaced.remember(base.intake.content_hash, rows, fault, concerned)
    if base.intake.erased:
        _mark_erased(judged, rows["_row_number"], base.intake.erased)
    _check_contract(judged, cells, demands)
    columns = {name: judged[name] for name in _JUDGED} | {
        "origin": origins,
        "value_masked": _masked(judged["value"]),
        "correction": judged["suggestion"],
    }
    texts = {name: pa.array(column, pa.string(), from_pandas=True) for name, column in columns.items()}
    fields = rows[ROW_FIELDS]
    if derived:
        fields = pa.array(_with_derived(fields.to_pylist(), cells[derived]), pa.string())
    numbers = pa.array(np.arange(position, position + rows.num_rows))
    intake = pa.array(np.full(rows.num_rows, base.number, dtype=np.int32))
    filled = {"position": numbers, "intake": intake, "row_number": rows["_row_number"], ROW_FIELDS: fields, **texts}
    table = pa.table([filled[name] for name in SCHEMA.names], schema=SCHEMA)
    return table, int(judged["cleaned"].sum())


_JUDGED = ("channel", "address", "address_kind", "person_kind", "known_as", "document", "code", "column", "expected")
_OF_A_PERSON = ["address", "known_as", "document", "column", "value", "suggestion", "expected"]


def _mark_faulty(judged: pd.DataFrame, fault: RowFault, rows: "np.ndarray[Any, np.dtype[np.bool_]]") -> None:
    """Rows whose cells may be out of place: what stands under a header there says nothing of anybody."""
    judged.loc[rows, _OF_A_PERSON] = ""
    judged.loc[rows, "code"] = fault.value


def _mark_erased(judged: pd.DataFrame, numbers: pa.ChunkedArray, erased: frozenset[int]) -> None:
    """Rows whose cells were erased at a person's request: empty, and no fault of the list's."""
    is_erased = _among(numbers, erased)
    judged.loc[is_erased, ["channel", *_OF_A_PERSON]] = ""
    judged.loc[is_erased, "code"] = Fate.ERASED.value


def _among(numbers: pa.ChunkedArray, rows: frozenset[int]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    mask: np.ndarray[Any, np.dtype[np.bool_]] = pc.is_in(numbers, pa.array(sorted(rows), pa.int64())).to_numpy(
        zero_copy_only=False
    )
    return mask


def _masked(values: "pd.Series[str]") -> "pd.Series[str]":
    given = values != ""
    if not given.any():
        return constant("", values.index)
    return values.where(~given, pd.Series([mask(value) for value in values.tolist()], values.index, "str"))


def _with_derived(fields: list[str], derived: pd.DataFrame) -> list[str]:
    extra = zip(*(derived[name].tolist() for name in derived.columns), strict=True)
    names = list(derived.columns)

    def joined(text: str, values: tuple[str, ...]) -> str:
        more = json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
        return f"{text[:-1]}{',' if len(text) > 2 else ''}{more[1:]}"

    return [joined(text, values) for text, values in zip(fields, extra, strict=True)]


def _check_contract(judged: pd.DataFrame, cells: pd.DataFrame, demands: Demands) -> None:
    """Rows that break no rule fulfil the campaign's pandera schema. Foreign errors quote values: only rules cross."""
    if not demands.rules:
        return
    columns = list(dict.fromkeys(rule.column for rule in demands.rules))
    try:
        contract_of(demands.rules).validate(cells.loc[judged["code"] == "", columns], lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise ContractError(
            "contract_broken", table="rules", problems=", ".join(sorted(set(map(str, error.failure_cases["check"]))))
        ) from None
