"""How a rule rejects rows of a frame: code, column and masked value."""

import pandas as pd

from mensageria_pipeline.contracts.columns import Role, Roles
from mensageria_pipeline.recipients.frames import constant


def reject(
    judged: pd.DataFrame,
    broken: "pd.Series[bool]",
    code: str,
    column: str | None = None,
    value: "pd.Series[str] | None" = None,
    expected: str = "",
) -> None:
    """Give `code` to the rows of `broken` that have broken no earlier rule."""
    first = broken & (judged["code"] == "")
    if not first.any():
        return
    judged.loc[first, "code"] = code
    if column is not None:
        judged.loc[first, "column"] = column
    if value is not None:
        judged.loc[first, "value"] = value[first]
    if expected:
        judged.loc[first, "expected"] = expected


def column_of(cells: pd.DataFrame, roles: Roles, role: Role) -> "pd.Series[str]":
    header = roles.header(role)
    return cells[header] if header else constant("", cells.index)
