"""Stage reports: the workbook and CSV files that people receive."""

from collections.abc import Iterator

import dagster as dg

from mensageria_pipeline.defs.common_specs import OWNERS, campaigns, describe, readable_errors
from mensageria_pipeline.defs.sending import problem_of_this_run
from mensageria_pipeline.services import control
from mensageria_pipeline.services.project import Project
from mensageria_pipeline.storage.layout import Asset
from mensageria_pipeline.texts import say


@dg.asset(
    key=Asset.CAMPAIGN_REPORT.value,
    deps=[Asset.CAMPAIGN_METRICS.value],
    group_name="reports",
    partitions_def=campaigns,
    owners=OWNERS,
    kinds={"excel", "csv"},
    description=describe("description_campaign_report"),
)
def campaign_report(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> Iterator[object]:
    with readable_errors():
        report = control.report(project, context.partition_key)
        yield dg.MaterializeResult(
            metadata={
                say("meta_workbook"): dg.MetadataValue.path(str(report.workbook)),
                say("meta_page"): dg.MetadataValue.path(str(report.page)),
                say("meta_charts"): dg.MetadataValue.path(str(report.figures)),
                say("meta_results_csv"): dg.MetadataValue.path(str(report.results_csv)),
                say("meta_non_recipients_csv"): dg.MetadataValue.path(str(report.non_recipients_csv)),
                say("meta_non_recipients"): report.non_recipients,
            }
        )
        if problem := problem_of_this_run(context, project):
            raise problem
