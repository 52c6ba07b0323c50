"""Whom a row is about: an id, a CPF or a CNPJ."""

import pandas as pd

from mensageria_pipeline.contracts.columns import Role, Roles
from mensageria_pipeline.contracts.reason_codes import ReasonCode
from mensageria_pipeline.contracts.recipients import PersonKind
from mensageria_pipeline.recipients.frames import constant
from mensageria_pipeline.recipients.identities import (
    have_lost_digits,
    ids_of,
    is_cnpj,
    is_cpf,
    is_error,
    restored_cnpj,
    restored_cpf,
)
from mensageria_pipeline.recipients.rejections import column_of, reject


def persons(cells: pd.DataFrame, roles: Roles, judged: pd.DataFrame) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """What each row's person is known by (id, else CPF, else CNPJ, else the address), and as; empty for the address.

    An identifier that lost its digits, or whose check digits are wrong, is nobody's: its row is rejected.
    """
    raw, kind = column_of(cells, roles, Role.ID), constant(PersonKind.ADDRESS.value, cells.index)
    reject(judged, have_lost_digits(raw), ReasonCode.ID_LOST_DIGITS, roles.header(Role.ID), raw)
    reject(judged, is_error(raw), ReasonCode.ERROR_KEY, roles.header(Role.ID), raw)
    known_as = ids = ids_of(raw)
    kind = kind.mask(ids != "", PersonKind.ID.value)
    for role, restored, is_valid, other in (
        (Role.CPF, restored_cpf, is_cpf, is_cnpj),
        (Role.CNPJ, restored_cnpj, is_cnpj, is_cnpj),
    ):
        header = roles.header(role)
        if header is None:
            continue
        used = (known_as == "") & (cells[header] != "")
        reject(judged, is_error(cells[header]), ReasonCode.ERROR_KEY, header, cells[header])
        values = restored(cells[header].where(used, ""))
        wrong = used & ~(is_valid(values) | other(values))
        reject(
            judged,
            wrong,
            ReasonCode.INVALID_CPF if role is Role.CPF else ReasonCode.INVALID_CNPJ,
            header,
            cells[header],
        )
        known_as = known_as.where(~used, values)
        kind = kind.mask(used, PersonKind.CPF.value if role is Role.CPF else PersonKind.CNPJ.value)
    return kind, known_as


def documents(cells: pd.DataFrame, roles: Roles) -> "pd.Series[str]":
    """The CPF and the CNPJ of each row, also of those known by an id; two are separated by a space."""
    found = constant("", cells.index)
    for role, restored in ((Role.CPF, restored_cpf), (Role.CNPJ, restored_cnpj)):
        header = roles.header(role)
        if header is not None:
            bare = restored(cells[header]).str.replace(r"\s", "", regex=True)
            found = (found + " " + bare).str.strip()
    return found
