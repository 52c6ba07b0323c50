"""The two files that validating writes, each held to its contract chunk by chunk."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.errors import SchemaErrors

from mensageria_pipeline.contracts.raw_base import ROW_FIELDS
from mensageria_pipeline.contracts.recipients import (
    RejectedRecipients,
    ValidatedRecipients,
    arrow_schema,
)
from mensageria_pipeline.errors import ContractError
from mensageria_pipeline.storage.dataset import DatasetWriter
from mensageria_pipeline.storage.layout import Asset

TABLES = ((Asset.VALIDATED_RECIPIENTS, ValidatedRecipients), (Asset.REJECTED_RECIPIENTS, RejectedRecipients))


def planned_rows(
    table: pa.Table,
    fated: pd.DataFrame,
    planned: "np.ndarray[Any, np.dtype[np.bool_]]",
    files: Mapping[int, tuple[str, str]],
) -> pa.Table:
    kept = table.filter(pa.array(planned))
    intakes = kept["intake"]
    filled = {
        "person": pc.if_else(pc.equal(kept["known_as"], ""), kept["address"], kept["known_as"]),
        "intake": pa.array([content_hash for content_hash, _ in files.values()]).take(intakes),
        "file_name": pa.array([name for _, name in files.values()]).take(intakes),
        "revision": pa.array(fated["revision"].to_numpy()[planned]),
        "fields": kept[ROW_FIELDS],
    }
    schema = arrow_schema(ValidatedRecipients)
    return pa.table([filled[name] if name in filled else kept[name] for name in schema.names], schema=schema)


def write_chunk(writer: DatasetWriter, asset: Asset, model: type[pandera.DataFrameModel], table: pa.Table) -> None:
    if table.num_rows:
        _check(model, table.to_pandas(), asset)
        writer.write(table)


def _check(model: type[pandera.DataFrameModel], frame: pd.DataFrame, asset: Asset) -> None:
    """Hold rows to their contract. Foreign errors quote values: only rules cross."""
    try:
        model.validate(frame, lazy=True)
    except SchemaErrors as error:
        broken = error.failure_cases[["column", "check"]].drop_duplicates()
        problems = "; ".join(f"{column}: {check}" for column, check in broken.itertuples(index=False))
        raise ContractError("contract_broken", table=asset.value, problems=problems) from None
