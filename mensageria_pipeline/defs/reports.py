"""Stage reports: the workbook and CSV files that people receive."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline import control
from mensageria_pipeline.contracts.layout import Asset
from mensageria_pipeline.defs.sending import problem_of_this_run
from mensageria_pipeline.defs.shell import OWNERS, campaigns, readable_errors
from mensageria_pipeline.project import Project


@dg.asset(
    key=Asset.CAMPAIGN_REPORT.value, deps=[Asset.CAMPAIGN_METRICS.value], group_name="reports",
    partitions_def=campaigns, owners=OWNERS, kinds={"excel", "csv"},
    description=(
        "**Relatório**: workbook, CSV, Parquet, page and charts with summary, results, failures, non-recipients and "
        "reasons, in data/reports/. Where sending left work undone, the run ends failed here, after everything "
        "is written."
    ),
)  # fmt: skip
def campaign_report(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        report = control.report(project, context.partition_key)
        yield dg.MaterializeResult(
            metadata={
                "planilha": dg.MetadataValue.path(str(report.workbook)),
                "página": dg.MetadataValue.path(str(report.page)),
                "gráficos": dg.MetadataValue.path(str(report.figures)),
                "resultados (CSV)": dg.MetadataValue.path(str(report.results_csv)),
                "não receberam (CSV)": dg.MetadataValue.path(str(report.non_recipients_csv)),
                "quem não recebeu": report.non_recipients,
            }
        )
        if problem := problem_of_this_run(context, project):
            raise problem
