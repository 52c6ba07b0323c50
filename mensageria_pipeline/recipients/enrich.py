"""Columns that a base does not have: joined from tables below data/lookup/, or derived from name, phone and e-mail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from mensageria_pipeline.contracts.clean_text import key_sql, trim_sql
from mensageria_pipeline.contracts.columns import DERIVED, Role, Roles
from mensageria_pipeline.contracts.masking import shown_headers
from mensageria_pipeline.contracts.partition import header_key
from mensageria_pipeline.contracts.values import first_name_of
from mensageria_pipeline.definition.rows import Lookup, Missing
from mensageria_pipeline.errors import DefinitionError, InputError
from mensageria_pipeline.recipients.brazil import AREAS
from mensageria_pipeline.recipients.emails import without_names
from mensageria_pipeline.recipients.frames import constant
from mensageria_pipeline.recipients.phones import phone_e164
from mensageria_pipeline.storage.duckdb import identifier, literal
from mensageria_pipeline.storage.files import pinned
from mensageria_pipeline.storage.layout import Layout


@dataclass(frozen=True, slots=True)
class Joined:
    """One lookup table, loaded: how it is joined to the rows of a base."""

    name: str
    key: str
    """The base's column."""
    columns: tuple[str, ...]
    flag: str
    """Column that is filled where the table knows the key."""
    rejects: bool


def load_lookups(
    connection: duckdb.DuckDBPyConnection, layout: Layout, lookups: Sequence[Lookup], headers: Sequence[str]
) -> list[Joined]:
    """Load each table once. Raises InputError for a table that cannot be read or has a key twice, DefinitionError
    for columns that are not there."""
    return [_load(connection, layout, lookup, headers, position) for position, lookup in enumerate(lookups)]


def _load(
    connection: duckdb.DuckDBPyConnection, layout: Layout, lookup: Lookup, headers: Sequence[str], position: int
) -> Joined:
    key = _found(lookup.key, headers, lookup.table, "enrich_key_missing")
    file = lookup.table.partition("/")[0]
    if not (layout.lookup_dir / file).is_file():
        raise InputError("lookup_file_missing", table=file, known=", ".join(_known(layout.lookup_dir)) or "—")
    with pinned(layout.lookup_dir / file, within=layout.lookup_dir) as opened:
        return _loaded(connection, opened, lookup, key, position)


def _loaded(connection: duckdb.DuckDBPyConnection, opened: Path, lookup: Lookup, key: str, position: int) -> Joined:
    source = _source(connection, opened, lookup, position)
    wanted = [_found(lookup.lookup_key or lookup.key, source.columns, lookup.table, "lookup_column_missing")]
    wanted += [_found(column, source.columns, lookup.table, "lookup_column_missing") for column in lookup.columns]
    texts = [f"{identifier(column)}::VARCHAR" for column in wanted]
    cells = [key_sql(texts[0]), *(trim_sql(f"nfc_normalize({text})") for text in texts[1:])]
    shown = ", ".join(
        f"{cell} AS {identifier(name)}" for cell, name in zip(cells, ["_key", *lookup.columns], strict=True)
    )
    name = f"lookup_{position}"
    try:
        source.filter(f"coalesce({cells[0]}, '') <> ''").project(shown).create(name)
    except duckdb.Error:
        raise InputError("lookup_unreadable", table=lookup.table) from None
    ((twice,),) = connection.execute(f"SELECT count(*) - count(DISTINCT _key) FROM {name}").fetchall()  # noqa: S608
    if twice:
        raise InputError("lookup_key_twice", table=lookup.table, key=wanted[0], count=twice)
    return Joined(name, key, lookup.columns, f"_known_{position}", lookup.missing is Missing.REJECT)


def _source(
    connection: duckdb.DuckDBPyConnection, path: Path, lookup: Lookup, position: int
) -> duckdb.DuckDBPyRelation:
    file, _, table = lookup.table.partition("/")
    suffix = Path(file).suffix
    try:
        if suffix == ".parquet":
            return connection.sql("SELECT * FROM read_parquet(?)", params=[str(path)])
        if suffix in {".csv", ".tsv", ".txt"}:
            return connection.sql("SELECT * FROM read_csv(?, header = true, all_varchar = true)", params=[str(path)])
        connection.execute(f"ATTACH {literal(path)} AS lookup_db_{position} (READ_ONLY)")
        return connection.sql(f"SELECT * FROM lookup_db_{position}.{identifier(table)}")  # noqa: S608 - quoted
    except duckdb.Error:
        raise InputError("lookup_unreadable", table=lookup.table) from None


def _known(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _found(name: str, columns: Sequence[str], table: str, problem: str) -> str:
    for column in columns:
        if header_key(column) == header_key(name):
            return column
    raise DefinitionError(problem, column=name, table=table, found=", ".join(shown_headers(columns)))


def add_derived(cells: pd.DataFrame, roles: Roles, wanted: Sequence[str]) -> list[str]:
    """Add the derived columns among `wanted` to `cells`, and return their names. Unknown values are empty."""
    names = [name for name in DERIVED if name in wanted and name not in cells.columns]
    if not names:
        return []
    empty = constant("", cells.index)

    def of(role: Role) -> "pd.Series[str]":
        header = roles.header(role) or roles.header(Role.ADDRESS)
        return cells[header] if header else empty

    name = roles.header(Role.NAME)
    if "primeiro_nome" in names:
        cells["primeiro_nome"] = _mapped(cells[name], first_name_of) if name else empty
    if "dominio_email" in names:
        text = without_names(of(Role.EMAIL)).str.lower()
        cells["dominio_email"] = text.str.rpartition("@")[2].where(text.str.contains("@", regex=False), "")
    if {"ddd", "uf", "fuso_horario"} & set(names):
        phones = phone_e164(of(Role.PHONE))
        area = phones.str.slice(3, 5).where(phones.str.startswith("+55"), "")
        values = {
            "ddd": area,
            "uf": _mapped(area, lambda code: AREAS[code].state if code in AREAS else ""),
            "fuso_horario": _mapped(area, lambda code: AREAS[code].timezone if code in AREAS else ""),
        }
        for column in values.keys() & set(names):
            cells[column] = values[column]
    return names


def _mapped(values: "pd.Series[str]", function: Callable[[str], str]) -> "pd.Series[str]":
    known = {value: function(value) for value in values.unique().tolist()}
    return values.map(known).astype("str")
