"""The relations of the warehouse over one campaign, from its Parquet as it is now: what reports and Dagster show.

The published warehouse may be older than a campaign's files. Whoever has just written them asks here the same
questions, and gets the figures that the next publication will have.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from mensageria_pipeline.analytics.relations import SOURCES, TABLES, statement_of
from mensageria_pipeline.analytics.warehouse import CONTRACTS
from mensageria_pipeline.storage.duckdb import literal, open_duckdb, query
from mensageria_pipeline.storage.layout import Layout

_PACKAGE = "mensageria_pipeline.analytics"


class CampaignRelations:
    """Every table of the warehouse, of one partition alone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, partition: str) -> None:
        self.connection, self.partition = connection, partition

    def ask(self, question: str, **parameters: object) -> list[dict[str, Any]]:
        """The answer to a question of sql/questions/ about this partition, a mapping per row."""
        statement = query(_PACKAGE, f"questions/{question}")
        answer = self.connection.sql(statement, params={"campaign": self.partition, **parameters})
        rows: list[dict[str, Any]] = answer.to_arrow_table().to_pylist()
        return rows


@contextmanager
def open_campaign(layout: Layout, partition: str) -> Iterator[CampaignRelations]:
    """The relations over what the partition's folders hold; an asset without files has no rows.

    Views `send_results`, `attempts`, `receipts`, `validated_recipients` and `rejected_recipients` give the rows.
    """
    with open_duckdb() as connection:
        for asset, schema in CONTRACTS.items():
            connection.register(f"no_{asset}", schema.empty_table())
            files = sorted(layout.partition_dir(asset, partition).glob("[!.]*.parquet"))
            read = f"read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false, union_by_name = true)"
            rows = f"FROM no_{asset}" + (f" UNION ALL BY NAME FROM {read}" if files else "")
            columns = ", ".join(f'"{name}"' for name in schema.names)
            connection.execute(
                f"CREATE VIEW {asset} AS SELECT {literal(partition)} AS campaign, {columns} FROM ({rows})"  # noqa: S608
            )
        for kind, names in (("sources", SOURCES), ("tables", TABLES)):
            for name in names:
                connection.execute(f"CREATE VIEW {name} AS {statement_of(kind, name)}")
        yield CampaignRelations(connection, partition)
