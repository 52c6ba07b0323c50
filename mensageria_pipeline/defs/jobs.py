"""The one job: a campaign's partition from file to report, in one process."""

import dagster as dg

from mensageria_pipeline.defs.common_specs import describe
from mensageria_pipeline.storage.layout import Asset

JOB = "campaign"

# In one process: 0.1 s a step instead of 3–7 s, and no step survives a killed run to send on its own.
campaign_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(Asset.SUPPRESSIONS.value, Asset.RECEIPTS.value),
    executor_def=dg.in_process_executor,
    description=describe("description_campaign_job"),
)


def keys(assets: tuple[Asset, ...]) -> list[dg.AssetKey]:
    return [dg.AssetKey(asset.value) for asset in assets]
