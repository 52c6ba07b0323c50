"""Everything that is held of a person, for the person: cells, messages, sends and suppressions, unmasked."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from mensageria_pipeline.contracts.receipts import without_incredible
from mensageria_pipeline.privacy.find import Found
from mensageria_pipeline.privacy.person_rows import Row
from mensageria_pipeline.storage.duckdb import literal, open_duckdb
from mensageria_pipeline.storage.layout import Asset, Layout

_HELD = (
    Asset.VALIDATED_RECIPIENTS,
    Asset.REJECTED_RECIPIENTS,
    Asset.MESSAGES,
    Asset.SEND_RESULTS,
    Asset.ATTEMPTS,
    Asset.RECEIPTS,
)


def access_export(layout: Layout, found: Found) -> dict[str, Any]:
    """By campaign, each row's own cells and all that was made of it; and what suppression lists say."""
    campaigns: dict[str, Any] = {}
    for row in found.rows:
        campaigns.setdefault(row.partition, {"rows": []})["rows"].append(
            {"file": row.file_name, "received_at": row.received_at, "row": row.row_number, "cells": dict(row.cells)}
        )
    for partition, held in campaigns.items():
        held.update(_made_of(layout, partition, [row for row in found.rows if row.partition == partition]))
    mentions = [{"campaign": row.partition, "file": row.file_name, "row": row.row_number} for row in found.mentions]
    return {
        "campaigns": campaigns,
        "suppressions": list(_suppressions(found)),
        "mentioned_in_rows_of_others": mentions,
    }


def _made_of(layout: Layout, partition: str, rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """Asset → what a partition's asset has of some rows of its lists; assets without files are left out."""
    made: dict[str, list[dict[str, Any]]] = {}
    sought = pa.table(  # noqa: F841 - DuckDB reads it
        {"intake": [row.intake for row in rows], "row_number": [row.row_number for row in rows]}
    )
    with open_duckdb() as connection:
        for asset in _HELD:
            paths = sorted(layout.partition_dir(asset, partition).glob("[!.]*.parquet"))
            if not paths:
                continue
            source = f"read_parquet([{', '.join(map(literal, paths))}], hive_partitioning = false)"
            if asset in {Asset.ATTEMPTS, Asset.RECEIPTS}:
                of_messages = f"FROM {source} AS tried SEMI JOIN send_results USING (message_id)"
                chosen = f"SELECT DISTINCT tried.* {of_messages}"
            else:
                chosen = f"SELECT * FROM {source} SEMI JOIN sought USING (intake, row_number)"  # noqa: S608
            found = connection.sql(chosen).to_arrow_table()
            connection.register(asset.value, found)
            made[asset.value] = without_incredible(found, "happened_at", "delivery_at").to_pylist()
    return made


def _suppressions(found: Found) -> Iterator[dict[str, Any]]:
    """What was ever said of the person on suppression lists."""
    for each in found.opt_outs:
        yield {
            "known_as": found.names[each.subject_key],
            "channel": each.channel,
            "campaign": each.campaign,
            "event": each.event.value,
            "reason": each.reason,
            "source": each.source,
            "at": each.at,
        }
