"""Addresses wherever an opt-out list has them: several in a cell, words beside them, the area code in a column of its
own, or under a header that nobody mapped.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mensageria_pipeline.contracts.columns import Role
from mensageria_pipeline.recipients.frames import constant

_BEFORE = r"""[^\s@,;/|<>()\[\]"':][^\s@,;/|<>()\[\]":]*"""
"""O'Neil has an apostrophe; whoever quotes an address begins with one."""
_E_MAILS = re.compile(_BEFORE + r"""@[^\s@,;/|<>()\[\]"':]+\.[^\s@,;/|<>()\[\]"':.]+""")
_BRAZILIAN = re.compile(r"(?<!\d)(?:\+?55[\s.\-]?)?\(?0?\d{2}\)?[\s.\-]?9?[\s.\-]?\d{4}[\s.\-]?\d{4}(?!\d)")
_PHONES = re.compile(r"\+?\(?\d[\d\s().\-]{8,}\d")
_CPFS = re.compile(r"(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)")
_PLAIN = {
    Role.EMAIL: _E_MAILS.pattern,
    Role.PHONE: r"[+(]?\d(?:[().\- ]*\d){7,13}[ )]*",
    Role.CPF: r"[\dA-Za-z.\-/]*",
}
_FOUND: Mapping[Role, Sequence[re.Pattern[str]]] = {
    Role.EMAIL: (_E_MAILS,),
    Role.PHONE: (_BRAZILIAN, _PHONES),
    Role.CPF: (_CPFS,),
}
_WITHOUT_AREA = r"9?\d{4}[\s.\-]?\d{4}"
_AREA_CODE = r"\(?0?\d{2}\)?"
_PERSONAL = r"@|^\+?[(]?\d[\s().\-/]*(?:\d[\s().\-/]*){8,}\d$"
"""Cells that may hold an address or a document, whatever their column is called."""
_DATE = r"^\d{4}-\d\d-\d\d|^\d\d/\d\d/\d{4}"


def spread(cells: pd.DataFrame, roles: MutableMapping[Role, list[str]]) -> pd.DataFrame:
    """The cells with one address in each; further ones are in columns that are added to `roles`."""
    for role in _FOUND:
        for header in list(roles.get(role, ())):
            is_odd = (cells[header] != "") & ~cells[header].str.fullmatch(_PLAIN[role])
            if is_odd.any():
                cells = _apart(cells, header, is_odd, _FOUND[role], roles[role])
    return cells


def _apart(
    cells: pd.DataFrame, header: str, is_odd: "pd.Series[bool]", patterns: Sequence[re.Pattern[str]], headers: list[str]
) -> pd.DataFrame:
    """The first address of each odd cell in its place, the others in columns of their own.

    A cell in which none is found stays as it is: it may be read all the same.
    """
    whole = cells.loc[is_odd, header].tolist()
    found = [next(filter(None, (pattern.findall(text) for pattern in patterns)), [text]) for text in whole]
    columns = {header: cells[header].copy()}
    for number in range(1, max(map(len, found))):
        columns[f"{header} · {number + 1}"] = constant("", cells.index).copy()
    for number, column in enumerate(columns.values()):
        column[is_odd] = [each[number] if number < len(each) else "" for each in found]
    headers += [name for name in columns if name != header]
    return cells.assign(**columns)


def with_area_codes(cells: pd.DataFrame, phones: Mapping[str, str]) -> pd.DataFrame:
    """The cells with the area code before phones that lack it. `phones`: column of phones → that of their area code."""
    changed = {}
    for header, area in phones.items():
        number, code = (cells[name].str.replace(r"\.0+$", "", regex=True) for name in (header, area))
        lacks = number.str.fullmatch(_WITHOUT_AREA) & code.str.fullmatch(_AREA_CODE)
        changed[header] = number.mask(lacks, code + number)
    return cells.assign(**changed)


def add_strays(cells: pd.DataFrame, roles: MutableMapping[Role, list[str]], others: Sequence[str]) -> pd.DataFrame:
    """The cells, of other columns only what may be an address or a document; those are added to `roles`."""
    found = {}
    for header in others:
        is_personal = cells[header].str.contains(_PERSONAL, regex=True) & ~cells[header].str.match(_DATE)
        if is_personal.any():
            found[header] = cells[header].where(is_personal, "")
    for header, column in found.items():
        kinds = [Role.EMAIL] if column.str.contains("@", regex=False).any() else []
        kinds += [Role.PHONE, Role.CPF, Role.CNPJ] if (column.str.contains(r"^[^@]*\d", regex=True)).any() else []
        for role in kinds:
            roles.setdefault(role, []).append(header)
    return cells.assign(**found)


def has_strays(columns: Iterable[pa.Array]) -> bool:
    """Whether any cell may be somebody's address or document."""
    return any(
        pc.any(pc.and_not(pc.match_substring_regex(column, _PERSONAL), pc.match_substring_regex(column, _DATE))).as_py()
        for column in columns
    )
