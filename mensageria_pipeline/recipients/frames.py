"""What judging addresses gives: one frame, whatever the channel."""

import numpy as np
import pandas as pd
import pyarrow as pa

_SCHEME = r"(?i)^(?:tel|sms|callto|mailto):\s*"
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)


def without_scheme(raw: "pd.Series[str]") -> "pd.Series[str]":
    """Addresses copied from links (`tel:`, `mailto:`) without that word."""
    linked = raw.str.contains(":", regex=False)
    return raw.mask(linked, raw.str.replace(_SCHEME, "", regex=True)) if linked.any() else raw


def constant(value: str, index: pd.Index) -> "pd.Series[str]":
    """One text for every row, without an object for each."""
    repeated = pa.repeat(pa.scalar(value, pa.large_string()), len(index))
    return pd.Series(_TEXT.__from_arrow__(repeated), index=index)  # type: ignore[attr-defined]


def frame(index: pd.Index, **columns: "pd.Series[str] | str") -> pd.DataFrame:
    given = {"address": "", "kind": "", "code": "", "suggestion": ""} | columns
    filled = {name: constant(value, index) if isinstance(value, str) else value for name, value in given.items()}
    return pd.DataFrame(filled, index=index)
