"""Stage analytics: send_results become metrics in data/warehouse.duckdb."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from mensageria_pipeline.analytics.relations import SHOWN_METRICS, relation
from mensageria_pipeline.analytics.warehouse import open_warehouse, publish
from mensageria_pipeline.defs.common_specs import OWNERS, campaigns, describe, readable_errors
from mensageria_pipeline.defs.metadata import counts_chart, lineage, markdown_table
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say

_ASSET = Asset.CAMPAIGN_METRICS.value
_SOURCES = {
    "accepted": ["outcome"],
    "attempts": ["attempts"],
    "throttled": ["throttled"],
    "latency_avg_ms": ["latency_ms"],
    "first_send_at": ["first_attempt_at"],
    "last_send_at": ["decided_at"],
}


def _outcomes(rows: list[tuple[Any, ...]]) -> str:
    """What became of the messages of these campaigns, as bars."""
    columns = ["campaign", *SHOWN_METRICS]
    names = {
        "accepted": "outcome_accepted",
        "total_failed": "label_failed",
        "unknown": "outcome_unknown",
        "pending": "outcome_pending",
    }
    counts = {say(text): sum(row[columns.index(name)] for row in rows) for name, text in names.items()}
    return counts_chart(counts, say("meta_outcome"))


@dg.asset(
    key=_ASSET,
    deps=[Asset.SEND_RESULTS.value, Asset.REJECTED_RECIPIENTS.value],
    group_name="analytics",
    partitions_def=campaigns,
    owners=OWNERS,
    kinds={"duckdb", "sql"},
    description=describe("description_campaign_metrics"),
)
def campaign_metrics(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        publish(project.layout, context.partition_keys)
        source = relation("campaign_metrics")
        with open_warehouse(project.layout) as warehouse:
            types = dict(row[:2] for row in warehouse.execute("DESCRIBE campaign_metrics").fetchall())
            shown = warehouse.execute(
                f"SELECT campaign, {', '.join(SHOWN_METRICS)} FROM campaign_metrics "  # noqa: S608 - columns of ours
                "WHERE list_contains(?, campaign) LIMIT 50",
                [list(context.partition_keys)],
            ).fetchall()
        rounded = [[round(cell, 1) if isinstance(cell, float) else cell for cell in row] for row in shown]
        yield dg.MaterializeResult(
            metadata={
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(name, types[name], text) for name, text in source.columns.items()]
                ),
                "dagster/column_lineage": lineage(Asset.SEND_RESULTS, _SOURCES),
                "dagster/table_name": "warehouse.main.campaign_metrics",
                "dagster/storage_kind": "duckdb",
                "dagster/partition_row_count": len(shown),
                say("meta_database"): dg.MetadataValue.path(str(project.layout.warehouse)),
                say("meta_outcomes"): dg.MetadataValue.md(_outcomes(shown)),
                say("meta_metrics"): dg.MetadataValue.md(markdown_table(["campaign", *SHOWN_METRICS], rounded)),
            }
        )
