"""Columns that a base does not have, derived from name, phone and e-mail."""

from collections.abc import Callable, Sequence

import pandas as pd

from mensageria_pipeline.contracts.columns import DERIVED, Role, Roles
from mensageria_pipeline.contracts.values import first_name_of
from mensageria_pipeline.recipients.brazil import AREAS
from mensageria_pipeline.recipients.emails import without_names
from mensageria_pipeline.recipients.frames import constant
from mensageria_pipeline.recipients.phones import phone_e164


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
