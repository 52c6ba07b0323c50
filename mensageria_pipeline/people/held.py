"""Everything that is held of a person, for the person: cells, messages, sends and suppressions, unmasked."""

from typing import Any

import pyarrow as pa

from mensageria_pipeline.contracts.layout import Asset, Layout
from mensageria_pipeline.contracts.queries import literal, open_duckdb
from mensageria_pipeline.people.find import Found

_HELD = (Asset.VALIDATED_RECIPIENTS, Asset.REJECTED_RECIPIENTS, Asset.MESSAGES, Asset.SEND_RESULTS, Asset.ATTEMPTS,
         Asset.RECEIPTS)  # fmt: skip


def held_of(layout: Layout, found: Found) -> dict[str, Any]:
    """By campaign, each row's own cells and all that was made of it; and what suppression lists say."""
    campaigns: dict[str, Any] = {}
    for row in found.rows:
        campaigns.setdefault(row.partition, {"rows": []})["rows"].append(
            {"file": row.file_name, "received_at": row.received_at, "row": row.row_number, "cells": dict(row.cells)}
        )
    for partition, held in campaigns.items():
        sought = pa.table(  # noqa: F841 - DuckDB reads it
            {"intake": [row.intake for row in found.rows if row.partition == partition],
             "row_number": [row.row_number for row in found.rows if row.partition == partition]}
        )  # fmt: skip
        with open_duckdb() as connection:
            for asset in _HELD:
                paths = sorted(layout.partition_dir(asset, partition).glob("[!.]*.parquet"))
                if not paths:
                    continue
                source = f"read_parquet([{', '.join(map(literal, paths))}], hive_partitioning = false)"
                if asset in {Asset.ATTEMPTS, Asset.RECEIPTS}:
                    rows_sent = f"FROM {source} AS tried SEMI JOIN send_results USING (message_id)"
                    chosen = f"SELECT DISTINCT tried.* {rows_sent}"
                else:
                    chosen = f"SELECT * FROM {source} SEMI JOIN sought USING (intake, row_number)"  # noqa: S608
                rows = connection.sql(chosen).to_arrow_table()
                connection.register(asset.value, rows)
                held[asset.value] = rows.to_pylist()
    return {
        "campaigns": campaigns,
        "suppressions": [
            {"known_as": found.names[each.subject_key], "channel": each.channel, "campaign": each.campaign,
             "event": each.event.value, "reason": each.reason, "source": each.source, "at": each.at}
            for each in found.opt_outs
        ],
        "mentioned_in_rows_of_others": [
            {"campaign": row.partition, "file": row.file_name, "row": row.row_number} for row in found.mentions
        ],
    }  # fmt: skip
